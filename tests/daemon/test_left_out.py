"""Boundaries of the tables through the control socket, on both data planes."""

import socket
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from pywg_embedded import crypto
from pywg_embedded.control import uapi
from pywg_embedded.control.keys import to_base64
from pywg_embedded.core.config import InterfaceChange
from pywg_embedded.core.device import Device
from pywg_embedded.core.tai64n import TimestampGenerator
from pywg_embedded.daemon import clock
from pywg_embedded.daemon.interface import Interface
from pywg_embedded.daemon.left_out import NAMED_PEERS
from pywg_embedded.daemon.log import Log
from pywg_embedded.daemon.uapi_socket import respond
from pywg_embedded.dataplane import native, reference
from pywg_embedded.dataplane.limits import Limits
from tests.control.support import change, key, peer_change
from tests.lab.host import Host
from tests.lab.wireguard import PYWG, unique_name

from .pywgd import foreground

LIMITS = Limits(peers=4, allowed_ips=6)
DONE, FULL = "errno=0\n\n", "errno=-28\n\n"

PLANES: dict[str, Callable[[int], Any]] = {
    "python": lambda tun: reference.Plane(tun, LIMITS, clock.boottime),
    "libpywg": lambda tun: native.Plane(tun, LIMITS),
}


class Rig:
    """An interface, and what it has logged."""

    def __init__(self, plane: Any) -> None:
        self.logged: list[str] = []
        log = Log("test", "error", lambda _, text: self.logged.append(text))
        device = Device(crypto, plane, TimestampGenerator(clock.wall), LIMITS.peers)
        self.interface = Interface(device, plane, LIMITS, log)

    def request(self, wanted: InterfaceChange) -> str:
        """Send a change as text, and return the answer."""
        reader = uapi.Reader(LIMITS.peers, LIMITS.allowed_ips)
        (request,) = reader.feed("".join(uapi.format_change(wanted)).encode())
        return b"".join(respond(self.interface, request)).decode()

    def counts(self) -> tuple[int, int]:
        status = self.interface.status()
        return len(status.peers), sum(len(peer.allowed_ips) for peer in status.peers)


@pytest.fixture(params=PLANES)
def rig(request: pytest.FixtureRequest) -> Iterator[Rig]:
    tun = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    rig = Rig(PLANES[request.param](tun[0].fileno()))
    yield rig
    rig.interface.close()
    for end in tun:
        end.close()


def configuration(peers: int, allowed_ips: int, **values: Any) -> InterfaceChange:
    """Return a change with peers, the first of which has all the allowed IPs."""
    first = peer_change(1, *(f"10.0.0.{n}/32" for n in range(allowed_ips)))
    rest = [peer_change(n) for n in range(2, peers + 1)]
    return change(first, *rest, listen_port=0, **values)


PEERS, ALLOWED_IPS = LIMITS.peers, LIMITS.allowed_ips
# Peers and allowed IPs of the request, those that are configured, the number of errors
# logged.
BOUNDARIES = [
    pytest.param(PEERS - 1, ALLOWED_IPS - 1, PEERS - 1, ALLOWED_IPS - 1, 0, id="N-1"),
    pytest.param(PEERS, ALLOWED_IPS, PEERS, ALLOWED_IPS, 0, id="N"),
    pytest.param(PEERS + 1, ALLOWED_IPS, PEERS, ALLOWED_IPS, 1, id="peers-N+1"),
    pytest.param(PEERS, ALLOWED_IPS + 1, PEERS, ALLOWED_IPS, 1, id="ips-N+1"),
    pytest.param(PEERS + 1, ALLOWED_IPS + 1, PEERS, ALLOWED_IPS, 2, id="both-N+1"),
    pytest.param(2 * PEERS, 2 * ALLOWED_IPS, PEERS, ALLOWED_IPS, 5, id="2N"),
]
# Is everything replaced?
WAYS = {"setconf": True, "set": False}


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize(
    ("peers", "allowed_ips", "peers_found", "ips_found", "errors"), BOUNDARIES
)
def test_surplus_of_a_request_is_left_out_and_logged(
    rig: Rig,
    way: str,
    peers: int,
    allowed_ips: int,
    peers_found: int,
    ips_found: int,
    errors: int,
) -> None:
    wanted = configuration(peers, allowed_ips, replace_peers=WAYS[way])
    answer = rig.request(wanted)
    assert rig.counts() == (peers_found, ips_found)
    assert len(rig.logged) == errors
    assert answer == (FULL if errors and not WAYS[way] else DONE)
    status = rig.interface.status()
    assert len(status.peers_left_out) == peers - peers_found
    (first,) = (peer for peer in status.peers if peer.public_key == key(1))
    assert first.allowed_ips_left_out == allowed_ips - ips_found
    for line in rig.logged:
        assert "too many" in line and "(limit " in line and "--max-" in line


def test_replacement_of_any_size_fills_the_tables(rig: Rig) -> None:
    wanted = configuration(9 * PEERS, 9 * ALLOWED_IPS, replace_peers=True)
    assert rig.request(wanted) == DONE
    assert rig.counts() == (PEERS, ALLOWED_IPS)
    assert any("not read" in line for line in rig.logged)


def test_sync_beyond_the_tables_removes_what_it_names(rig: Rig) -> None:
    rig.request(configuration(PEERS, 0))
    wanted = change(peer_change(9), peer_change(8), peer_change(1, remove=True))
    assert rig.request(wanted) == FULL
    status = rig.interface.status()
    found = {peer.public_key for peer in status.peers}
    assert key(1) not in found and key(9) in found and len(found) == PEERS
    assert status.peers_left_out == [key(8)]


def test_sessions_continue_when_a_change_is_beyond_the_tables(rig: Rig) -> None:
    rig.request(configuration(PEERS, 0))
    before = {peer.public_key: peer.id for peer in rig.interface.device.peers}
    rig.request(configuration(PEERS + 1, ALLOWED_IPS + 1, replace_peers=True))
    after = {peer.public_key: peer.id for peer in rig.interface.device.peers}
    assert before == after


def test_log_names_the_first_peers_and_counts_the_rest() -> None:
    limits = Limits(peers=1, allowed_ips=1)
    tun = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    plane = reference.Plane(tun[0].fileno(), limits, clock.boottime)
    logged: list[str] = []
    log = Log("test", "error", lambda _, text: logged.append(text))
    device = Device(crypto, plane, TimestampGenerator(clock.wall), limits.peers)
    interface = Interface(device, plane, limits, log)
    wanted = configuration(NAMED_PEERS + 6, 0, replace_peers=True)
    interface.log_surplus(wanted, interface.configure(wanted))
    assert len(logged) == NAMED_PEERS + 1
    assert "5 more peers left out: too many peers: 22 (limit 1)" in logged[-1]
    interface.close()
    for end in tun:
        end.close()


# A program and its command for a whole configuration, its exit code and what it says
# when the tables are full.
TOOLS = [
    pytest.param(
        PYWG, "setconf", 0, "too many peers or allowed IPs", id="pywg-setconf"
    ),
    pytest.param(PYWG, "syncconf", 1, "No space left on device", id="pywg-syncconf"),
    pytest.param(PYWG, "addconf", 1, "No space left on device", id="pywg-addconf"),
    pytest.param("wg", "setconf", 0, "", id="wg-setconf"),
    pytest.param("wg", "syncconf", 1, "No space left on device", id="wg-syncconf"),
]


@pytest.mark.parametrize(("tool", "command", "code", "text"), TOOLS)
@pytest.mark.parametrize("beyond", [-1, 0, 1], ids=["N-1", "N", "N+1"])
def test_file_beyond_the_tables_is_applied_as_far_as_there_is_room(
    host: Host,
    tmp_path: Path,
    tool: str,
    command: str,
    code: int,
    text: str,
    beyond: int,
) -> None:
    name = unique_name()
    ips = ", ".join(f"10.0.0.{n}" for n in range(ALLOWED_IPS + beyond))
    peers = [f"[Peer]\nPublicKey = {to_base64(key(1))}\nAllowedIPs = {ips}\n"]
    peers += [
        f"[Peer]\nPublicKey = {to_base64(key(n))}\n"
        for n in range(2, PEERS + beyond + 1)
    ]
    file = tmp_path / "file.conf"
    file.write_text("".join(peers))
    sizes = f"--max-peers={PEERS}", f"--max-allowed-ips={ALLOWED_IPS}"
    is_full = beyond > 0
    with foreground(host, name, *sizes):
        # Else wg(8) replaces all peers, with syncconf as well.
        host.run("wg", "set", name, "peer", to_base64(key(1)))
        done = host.run(tool, command, name, str(file), check=False)
        assert done.returncode == (code if is_full else 0)
        assert text in done.stderr if is_full else not done.stderr
        shown = host.run("wg", "show", name, "allowed-ips").stdout
        assert len(shown.splitlines()) == min(PEERS, PEERS + beyond)
        assert shown.count("/32") == min(ALLOWED_IPS, ALLOWED_IPS + beyond)
        pretty = host.run(PYWG, "show", name).stdout
        surplus = f"peer left out: {to_base64(key(PEERS + 1))} (limit {PEERS})"
        assert (surplus in pretty) == is_full
        assert ("allowed ips left out: 1" in pretty) == is_full
        limits = host.run(PYWG, "limits", name).stdout
        tail = ", 1 left out" if is_full else ""
        assert f"peers: {min(PEERS, PEERS + beyond)} of {PEERS}{tail}\n" in limits
