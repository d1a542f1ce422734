"""The periodic tasks of the main loop."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from pywg_embedded.core.drop_reasons import TEXTS
from pywg_embedded.core.endpoint import Endpoint
from pywg_embedded.daemon import uapi_socket
from pywg_embedded.daemon.interface import Interface
from pywg_embedded.daemon.log import Log
from pywg_embedded.daemon.loop import Loop
from pywg_embedded.daemon.netlink.link_monitor import LinkMonitor
from pywg_embedded.daemon.uapi_socket import UapiServer
from pywg_embedded.dataplane import tun
from pywg_embedded.dataplane.limits import Limits
from tests.control.support import change, peer_change
from tests.lab.host import Host

from .conftest import MakeInterface

PEERS, AT_ONCE = 150, 64
LOOPBACK, NOWHERE = b"\x7f\0\0\1", 9999


@pytest.fixture
def interface(make_interface: MakeInterface) -> Interface:
    """An interface whose peers have endpoints on a missing network interface."""
    interface = make_interface(Limits(peers=PEERS))
    interface.configure(change(*(peer_change(n + 1) for n in range(PEERS))))
    for peer in interface.device.peers:
        endpoint = Endpoint(LOOPBACK, 9, 0, LOOPBACK, NOWHERE)
        interface.plane.set_endpoint(peer.id, endpoint)
    return interface


@pytest.fixture
def links(host: Host) -> Iterator[LinkMonitor]:
    with host.entered():
        device = tun.create("tun0")
        yield LinkMonitor(device)
    device.close()


@pytest.fixture
def loop(
    interface: Interface,
    links: LinkMonitor,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[Loop]:
    monkeypatch.setattr(uapi_socket, "DIRECTORY", str(tmp_path))
    server = UapiServer("tun0", None, Limits())
    loop = Loop(interface, links, server, Log("tun0", "silent"))
    yield loop
    loop.close()


def test_tick_checks_a_bounded_number_of_sources(
    loop: Loop, interface: Interface, links: LinkMonitor
) -> None:
    links.routes_changed = True
    left: list[int] = []
    while interface.peers_with_source() and len(left) < PEERS:
        loop._tick()
        left.append(len(interface.peers_with_source()))
    assert left == [PEERS - AT_ONCE, PEERS - 2 * AT_ONCE, 0]


def test_sources_are_checked_only_when_routes_have_changed(
    loop: Loop, interface: Interface, links: LinkMonitor
) -> None:
    links.routes_changed = False
    for _ in range(3):
        loop._tick()
    assert len(interface.peers_with_source()) == PEERS


# The log level, and what two ticks write to the log.
LOGGED = (
    ("error", ""),
    (
        "verbose",
        f"tun0: dropped 2: {TEXTS['replayed']}\ntun0: dropped 3: {TEXTS['replayed']}\n",
    ),
)


@pytest.mark.parametrize(("level", "logged"), LOGGED)
def test_drops_are_collected_only_when_they_are_logged(
    level: str,
    logged: str,
    loop: Loop,
    interface: Interface,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    counts = [2, 5]
    monkeypatch.setattr(interface, "drops", lambda: {"replayed": counts.pop(0)})
    loop._log = Log("tun0", level)
    loop._tick()
    loop._tick()
    assert capsys.readouterr().err == logged
    assert len(counts) == (0 if logged else 2)
