"""The interface: changes, port and fwmark, sources, link state, reachability."""

import contextlib
import errno
import os
import socket
from collections.abc import Iterator

import pytest

from pywg_embedded import crypto
from pywg_embedded.control.keys import clamp, to_base64
from pywg_embedded.core.config import PeerChange
from pywg_embedded.core.endpoint import Endpoint
from pywg_embedded.core.errors import ConfigError
from pywg_embedded.daemon import clock
from pywg_embedded.daemon.interface import Interface
from pywg_embedded.daemon.log import Log
from pywg_embedded.dataplane import events
from tests.control.support import change, key, peer_change, plain

A, B, C, D = 1, 2, 3, 4
PRIVATE = key(77)
ENDPOINT = (b"\x7f\0\0\1", 9, 0)
NET, HOST = "10.0.0.0/8", "10.0.0.1/32"
SECOND = 1_000_000_000
YEAR = 365 * 86_400 * SECOND
needs_root = pytest.mark.skipif(os.geteuid() != 0, reason="needs root")


@pytest.fixture
def running(interface: Interface) -> Interface:
    """An interface that is up, with two peers of three and two allowed IPs of four."""
    a = peer_change(A, NET, preshared_key=key(9), endpoint=ENDPOINT)
    b = peer_change(B, HOST, persistent_keepalive=25)
    interface.configure(change(a, b, private_key=PRIVATE))
    interface.set_up(True)
    return interface


def owned(interface: Interface) -> dict[bytes, list[tuple[bytes, int]]]:
    return {p.public_key: p.allowed_ips for p in interface.status().peers}


def taken_port() -> socket.socket:
    sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    sock.bind(("0.0.0.0", 0))
    return sock


def can_be_bound(port: int) -> bool:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        try:
            sock.bind(("0.0.0.0", port))
        except OSError:
            return False
    return True


def free_port() -> int:
    with taken_port() as sock:
        port: int = sock.getsockname()[1]
    return port


# Status


def test_status_returns_what_was_configured(running: Interface) -> None:
    status = running.status()
    assert (status.private_key, status.fwmark) == (clamp(PRIVATE), 0)
    a, b = status.peers
    assert (a.preshared_key, a.endpoint) == (key(9), ENDPOINT)
    assert (a.persistent_keepalive, b.persistent_keepalive) == (0, 25)
    assert (a.allowed_ips, b.allowed_ips) == (
        [(b"\x0a\0\0\0", 8)],
        [(b"\x0a\0\0\1", 32)],
    )
    assert (a.last_handshake, b.endpoint) == ((0, 0), None)


def test_handshake_bytes_are_counted(running: Interface) -> None:
    (first, _) = running.device.peers
    running.handle((events.HANDSHAKE_NEEDED, first.id))
    assert running.status().peers[0].tx_bytes > 0


class Clocks:
    """Both clocks of the daemon."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.uptime, self.wall = 5_000, 1_700_000_000 * SECOND
        monkeypatch.setattr(clock, "boottime", lambda: self.uptime)
        monkeypatch.setattr(clock, "wall", lambda: self.wall)

    def advance(self, milliseconds: int, drift: int = 0) -> None:
        """Advance both clocks; the wall clock gains ``drift`` nanoseconds."""
        self.uptime += milliseconds
        self.wall += milliseconds * 1_000_000 + drift


@pytest.fixture
def clocks(monkeypatch: pytest.MonkeyPatch) -> Clocks:
    return Clocks(monkeypatch)


def test_handshake_time_is_constant_while_the_clocks_drift(
    clocks: Clocks, running: Interface
) -> None:
    (first, _) = running.device.peers
    running.handle((events.KEY_CONFIRMED, first.id))
    reported = running.status().peers[0].last_handshake
    assert reported == divmod(clocks.wall, SECOND)
    for drift in (-1, 1, -900_000, 1_700_000, SECOND // 2):
        clocks.advance(777, drift)
        assert running.status().peers[0].last_handshake == reported, drift


def test_handshake_time_moves_when_the_wall_clock_is_set(
    clocks: Clocks, running: Interface
) -> None:
    (first, _) = running.device.peers
    running.handle((events.KEY_CONFIRMED, first.id))
    then = clocks.wall
    for step in (YEAR, -2 * YEAR, 3 * SECOND):
        running.status()
        clocks.advance(1_000, step)
        then += step
        assert running.status().peers[0].last_handshake == divmod(then, SECOND), step


def test_handshake_time_is_never_negative(clocks: Clocks, running: Interface) -> None:
    (first, _) = running.device.peers
    running.handle((events.KEY_CONFIRMED, first.id))
    clocks.advance(60_000)
    clocks.wall = 3 * SECOND
    assert running.status().peers[0].last_handshake == (0, 0)


# Full tables, and rejected changes


# The peers of the change besides the two that run, those left out, and the numbers of
# allowed IPs left out; there is room for three peers and four allowed IPs.
FULL = [
    pytest.param([peer_change(C)], [], {}, id="peers-N"),
    pytest.param([peer_change(C), peer_change(D)], [D], {}, id="peers-N+1"),
    pytest.param([peer_change(C, "192.0.2.0/32", "192.0.2.1")], [], {}, id="ips-N"),
    pytest.param(
        [peer_change(C, *(f"192.0.2.{n}/32" for n in range(3)))],
        [],
        {C: 1},
        id="ips-N+1",
    ),
]


@pytest.mark.parametrize(("peers", "left_out", "allowed_ips"), FULL)
def test_surplus_is_left_out_and_the_rest_applied_when_a_table_is_full(
    running: Interface,
    peers: list[PeerChange],
    left_out: list[int],
    allowed_ips: dict[int, int],
) -> None:
    wanted = change(peer_change(A, persistent_keepalive=9), *peers)
    wanted.listen_port, wanted.private_key = free_port(), key(78)
    surplus = running.configure(wanted)
    assert surplus.peers == [key(peer) for peer in left_out]
    status = running.status()
    assert status.listen_port == wanted.listen_port
    assert status.private_key == clamp(key(78))
    assert status.peers_left_out == surplus.peers
    found = {peer.public_key: peer for peer in status.peers}
    assert set(found) == {key(peer) for peer in (A, B, C)}
    assert found[key(A)].persistent_keepalive == 9
    assert (found[key(A)].preshared_key, found[key(A)].endpoint) == (key(9), ENDPOINT)
    missing = {p.public_key: p.allowed_ips_left_out for p in found.values()}
    assert {k: n for k, n in missing.items() if n} == {
        key(peer): count for peer, count in allowed_ips.items()
    }


def test_peer_is_no_longer_left_out_when_a_later_change_has_room(
    running: Interface,
) -> None:
    running.configure(change(peer_change(C), peer_change(D), peer_change(5)))
    assert running.status().peers_left_out == [key(D), key(5)]
    running.configure(change(peer_change(A, remove=True), peer_change(D)))
    assert running.status().peers_left_out == [key(5)]
    running.configure(change(peer_change(5, remove=True)))
    assert running.status().peers_left_out == []


def test_record_of_peers_left_out_is_bounded(running: Interface) -> None:
    for key_byte in range(10, 40):
        running.configure(change(peer_change(C), peer_change(key_byte)))
    assert running.status().peers_left_out == [key(n) for n in (37, 38, 39)]


@pytest.mark.parametrize("up", [True, False], ids=["up", "down"])
def test_change_is_rejected_as_a_whole_when_the_port_is_in_use(
    running: Interface, up: bool
) -> None:
    running.set_up(up)
    before = plain(running.status())
    with taken_port() as taken:
        wanted = change(peer_change(C, NET), private_key=key(78))
        wanted.listen_port = taken.getsockname()[1]
        with pytest.raises(ConfigError) as rejection:
            running.configure(wanted)
    assert rejection.value.errno == errno.EADDRINUSE == 98
    assert str(wanted.listen_port) in str(rejection.value)
    assert plain(running.status()) == before
    assert can_be_bound(before["listen_port"]) != up


@contextlib.contextmanager
def outer_sockets(interface: Interface) -> Iterator[list[socket.socket]]:
    """Yield duplicates of the sockets of this process with the interface's port."""
    found = []
    with contextlib.ExitStack() as stack:
        for entry in os.listdir("/proc/self/fd"):
            try:
                sock = stack.enter_context(socket.socket(fileno=os.dup(int(entry))))
            except OSError:
                continue  # not a socket
            inet = sock.family in (socket.AF_INET, socket.AF_INET6)
            if inet and sock.getsockname()[1] == interface.status().listen_port:
                found.append(sock)
        yield found


def marks(interface: Interface) -> set[int]:
    with outer_sockets(interface) as found:
        return {s.getsockopt(socket.SOL_SOCKET, socket.SO_MARK) for s in found}


@needs_root
def test_fwmark_is_restored_when_the_port_is_in_use(running: Interface) -> None:
    running.configure(change(fwmark=5))
    with taken_port() as taken, pytest.raises(ConfigError):
        running.configure(change(fwmark=6, listen_port=taken.getsockname()[1]))
    assert running.status().fwmark == 5
    assert marks(running) == {5}


@needs_root
@pytest.mark.parametrize("fwmark", [1, 2**31, 2**32 - 1, 0])
def test_fwmark_is_set_for_any_32_bit_value(running: Interface, fwmark: int) -> None:
    running.configure(change(fwmark=1))
    running.configure(change(fwmark=fwmark))
    assert running.status().fwmark == fwmark


@needs_root
def test_fwmark_is_kept_when_a_change_does_not_name_it(running: Interface) -> None:
    with outer_sockets(running) as found:
        for sock in found:
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_MARK, 9)
    running.configure(change(peer_change(C), private_key=key(78)))
    assert marks(running) == {9}


# Source addresses

LOOPBACK = b"\x7f\0\0\1"
LO, NOWHERE = socket.if_nametoindex("lo"), 9999
PINNED = Endpoint(*ENDPOINT, LOOPBACK, LO)


def sources(interface: Interface) -> list[bytes]:
    """Return the source addresses of the endpoints of all peers."""
    endpoints = [interface.plane.facts(p.id).endpoint for p in interface.device.peers]
    return [endpoint.source if endpoint else b"" for endpoint in endpoints]


def pin(interface: Interface) -> None:
    for peer in interface.device.peers:
        interface.plane.set_endpoint(peer.id, PINNED)


@needs_root
def test_sources_are_cleared_when_the_fwmark_changes(
    running: Interface,
) -> None:
    pin(running)
    running.configure(change(peer_change(C), fwmark=0))
    assert sources(running) == [LOOPBACK, LOOPBACK, b""]
    running.configure(change(fwmark=5))
    assert sources(running) == [b""] * 3


def test_sources_are_cleared_when_the_listen_port_changes(running: Interface) -> None:
    pin(running)
    running.configure(change(listen_port=running.port()))
    assert sources(running) == [LOOPBACK] * 2
    running.configure(change(listen_port=free_port()))
    assert sources(running) == [b""] * 2


@pytest.mark.parametrize(
    "endpoint", [ENDPOINT, (b"\x7f\0\0\2", 9, 0)], ids=["same", "new"]
)
def test_source_is_cleared_when_the_endpoint_is_set(
    running: Interface, endpoint: tuple[bytes, int, int]
) -> None:
    pin(running)
    running.configure(change(peer_change(A, endpoint=endpoint)))
    assert sources(running) == [b"", LOOPBACK]


@pytest.mark.parametrize("interface_index", [LO, NOWHERE], ids=["fits", "does-not"])
def test_source_of_a_handshake_message_fits_the_route(
    running: Interface, interface_index: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    sent: list[Endpoint] = []
    monkeypatch.setattr(
        running.plane, "send_datagram", lambda _, endpoint: sent.append(endpoint)
    )
    for peer in running.device.peers:
        pinned = Endpoint(*ENDPOINT, LOOPBACK, interface_index)
        running.plane.set_endpoint(peer.id, pinned)
    running.rekey([peer.public_key for peer in running.device.peers])
    assert sent
    expected = LOOPBACK if interface_index == LO else b""
    assert {endpoint.source for endpoint in sent} == {expected}


# Applied changes


def test_full_table_accepts_entries_when_the_change_frees_others(
    running: Interface,
) -> None:
    running.configure(change(peer_change(C, "192.0.2.1/32", "192.0.2.2/32")))
    removal = peer_change(B, remove=True)
    running.configure(change(peer_change(D, "192.0.2.3/32"), removal))
    assert set(owned(running)) == {key(A), key(C), key(D)}


def test_sections_of_the_same_peer_are_merged(running: Interface) -> None:
    first = peer_change(C, "192.0.2.1/32", persistent_keepalive=3)
    second = peer_change(C, "192.0.2.2/32", persistent_keepalive=4)
    running.configure(change(first, second))
    assert len(running.status().peers) == 3
    assert len(owned(running)[key(C)]) == 2
    assert running.status().peers[2].persistent_keepalive == 4


def test_allowed_ip_moves_to_the_last_peer_that_names_it(running: Interface) -> None:
    running.configure(change(peer_change(B, NET), peer_change(C, NET)))
    assert owned(running) == {
        key(A): [],
        key(B): [(b"\x0a\0\0\1", 32)],
        key(C): [(b"\x0a\0\0\0", 8)],
    }


def test_peer_with_own_public_key_is_ignored_and_logged(
    running: Interface,
) -> None:
    said: list[str] = []
    running._log = Log("test", "warning", lambda _, text: said.append(text))
    own = PeerChange(running.device.status(0)["public_key"])
    running.configure(change(own))
    assert set(owned(running)) == {key(A), key(B)}
    assert said == [
        f"test: ignoring peer {to_base64(own.public_key)}: "
        "it has the public key of this interface"
    ]


def test_allowed_ips_of_own_public_key_are_removed_from_other_peers(
    running: Interface,
) -> None:
    # All machines of a mesh have the same list of peers; a prefix moves from A to us.
    own = crypto.public_key(PRIVATE)
    ours, a = PeerChange(own), peer_change(A)
    ours.allowed_ips = {(b"\x0a\0\0\0", 8): True}
    a.replace_allowed_ips = True
    running.configure(change(a, ours))
    assert owned(running)[key(A)] == []
    private = key(78)
    ours = PeerChange(crypto.public_key(private))
    ours.allowed_ips = {(b"\x0a\0\0\1", 32): True}
    b = peer_change(B)
    running.configure(change(b, ours, private_key=private, replace_peers=True))
    assert owned(running) == {key(B): []}


def test_peer_with_own_public_key_does_not_count_against_the_limit(
    running: Interface,
) -> None:
    ours = PeerChange(crypto.public_key(PRIVATE))
    running.configure(change(peer_change(C), ours))
    assert len(owned(running)) == 3


# The link


def test_port_is_closed_when_the_interface_is_down(interface: Interface) -> None:
    port = free_port()
    interface.configure(change(listen_port=port))
    assert interface.status().listen_port == port
    assert can_be_bound(port)
    interface.set_up(True)
    assert not can_be_bound(port)
    interface.set_up(False)
    assert can_be_bound(port)


def test_random_port_is_kept_when_the_link_goes_down_and_up(
    interface: Interface,
) -> None:
    interface.set_up(True)
    port = interface.status().listen_port
    interface.set_up(False)
    interface.set_up(True)
    assert interface.status().listen_port == port > 0


def test_error_is_raised_when_the_port_was_taken_while_down(
    interface: Interface,
) -> None:
    with taken_port() as taken:
        port = taken.getsockname()[1]
        taken.close()
        interface.configure(change(listen_port=port))
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as taken:
            taken.bind(("0.0.0.0", port))
            with pytest.raises(OSError, match="in use"):
                interface.set_up(True)
    interface.set_up(True)
    assert not can_be_bound(port)


# Close


def test_secrets_are_overwritten_when_the_interface_closes(running: Interface) -> None:
    peers = list(running.device.peers)
    running.close()
    assert not any(any(peer.preshared_key) for peer in peers)
    assert not any(any(peer.static_static or b"") for peer in peers)
    assert not any(running.device.status(0)["private_key"])


# Reachability


def test_unknown_peer_is_unreachable(interface: Interface) -> None:
    reachability = interface.reachability(key(D))
    assert reachability.is_unreachable(clock.boottime())
    assert (reachability.handshake_at, reachability.endpoint) == (0, None)
    assert not reachability.unresponsive


def test_peer_is_unresponsive_when_initiations_are_unanswered(
    running: Interface, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = clock.boottime()
    monkeypatch.setattr(clock, "boottime", lambda: now)
    a = running.device.peers.with_key(key(A))
    assert a is not None
    running.device.handshake_needed(a.id, now)
    seen = []
    for _ in range(40):
        seen.append(running.reachability(key(A)).unresponsive)
        now += 1_000
        running.handle_timer()
    assert running.reachability(key(A)).endpoint == ENDPOINT
    assert not any(seen[:15])
    assert all(seen[20:])


def test_peer_is_not_unresponsive_when_the_handshake_was_given_up(
    running: Interface, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = clock.boottime()
    monkeypatch.setattr(clock, "boottime", lambda: now)
    a = running.device.peers.with_key(key(A))
    assert a is not None
    running.device.handshake_needed(a.id, now)
    for _ in range(120):
        now += 1_000
        running.handle_timer()
    assert not running.reachability(key(A)).unresponsive


def test_endpoint_is_set_for_one_peer_only(running: Interface) -> None:
    elsewhere = (b"\x7f\0\0\2", 8, 0)
    running.set_endpoint(key(A), elsewhere)
    running.set_endpoint(key(D), elsewhere)
    endpoints = {peer.public_key: peer.endpoint for peer in running.status().peers}
    assert endpoints == {key(A): elsewhere, key(B): None}
