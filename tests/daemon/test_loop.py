"""The periodic tasks of the main loop, and its control connections."""

import contextlib
import os
import resource
import socket
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from pywg_embedded.core.drop_reasons import TEXTS
from pywg_embedded.core.endpoint import Endpoint
from pywg_embedded.daemon import clock, uapi_socket
from pywg_embedded.daemon.interface import Interface
from pywg_embedded.daemon.log import Log
from pywg_embedded.daemon.loop import Loop
from pywg_embedded.daemon.netlink.link_monitor import LinkMonitor
from pywg_embedded.daemon.timestamps import Timestamps
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
    log = Log("tun0", "silent")
    timestamps = Timestamps("", clock.SystemClock(), log)
    loop = Loop(interface, links, server, log, timestamps)
    yield loop
    loop.close()


def test_silent_peers_are_retried_when_the_clock_has_become_right(
    loop: Loop, interface: Interface, monkeypatch: pytest.MonkeyPatch
) -> None:
    retried: list[list[bytes]] = []
    became_right = [False, True, False]
    monkeypatch.setattr(loop._timestamps, "tick", lambda: became_right.pop(0))
    monkeypatch.setattr(interface, "unreachable_peers", lambda: [b"silent"])
    monkeypatch.setattr(interface, "rekey", retried.append)
    counts = []
    for _ in range(3):
        loop._tick()
        counts.append(len(retried))
    assert counts == [0, 1, 1]
    assert retried == [[b"silent"]]


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


# Control connections

MAX_CONNECTIONS = 16
GET, DONE = b"get=1\n\n", b"errno=0\n\n"
Connect = Callable[[], socket.socket]


class Clock:
    """The time in milliseconds, which only the test advances."""

    now = 1_000_000


@pytest.fixture
def time(monkeypatch: pytest.MonkeyPatch) -> type[Clock]:
    monkeypatch.setattr(Clock, "now", Clock.now)
    monkeypatch.setattr(clock, "boottime", lambda: Clock.now)
    return Clock


@pytest.fixture
def connect(time: type[Clock], loop: Loop, tmp_path: Path) -> Iterator[Connect]:
    """Return a function that connects a client to a loop whose clock stands still."""
    loop._resume_accepting()
    poll(loop)
    with contextlib.ExitStack() as clients:

        def make() -> socket.socket:
            client = clients.enter_context(socket.socket(socket.AF_UNIX))
            client.setblocking(False)
            client.connect(str(tmp_path / "tun0.sock"))
            return client

        yield make


def poll(loop: Loop) -> None:
    """Handle all events, which must come to an end."""
    for _ in range(100):
        events = loop._plane.wait(0)
        if not events:
            return
        for event in events:
            loop._handle(event)
    pytest.fail("the loop spins")


def answer(loop: Loop, client: socket.socket) -> bytes:
    """Return the end of the answer to a request, empty without an answer."""
    with contextlib.suppress(BrokenPipeError):
        client.send(GET)
    poll(loop)
    with contextlib.suppress(BlockingIOError, ConnectionResetError):
        return client.recv(65_536)[-len(DONE) :]
    return b"waiting"


@contextlib.contextmanager
def no_free_descriptor() -> Iterator[None]:
    before = resource.getrlimit(resource.RLIMIT_NOFILE)
    lowest_free = os.dup(0)
    os.close(lowest_free)
    resource.setrlimit(resource.RLIMIT_NOFILE, (lowest_free, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, before)


def test_longest_idle_connection_is_closed_when_its_place_is_needed(
    loop: Loop, connect: Connect, time: type[Clock]
) -> None:
    clients = []
    for _ in range(MAX_CONNECTIONS):
        clients.append(connect())
        poll(loop)
        time.now += 100
    assert answer(loop, clients[0]) == DONE
    time.now += 1_000
    newcomers = [connect() for _ in range(3)]
    assert [answer(loop, client) for client in newcomers] == 3 * [DONE]
    assert [answer(loop, client) for client in clients[:6]] == [
        DONE,
        *3 * [b""],
        *2 * [DONE],
    ]


def test_new_connection_waits_when_no_connection_is_idle(
    loop: Loop, connect: Connect
) -> None:
    clients = [connect() for _ in range(MAX_CONNECTIONS)]
    poll(loop)
    clients += [connect(), connect()]
    assert answer(loop, clients[-1]) == b"waiting"
    assert answer(loop, clients[0]) == DONE
    for client in clients[:2]:
        client.close()
    poll(loop)
    assert clients[-1].recv(65_536).endswith(DONE)
    assert answer(loop, clients[-2]) == DONE


def test_idle_connection_is_closed_after_a_time(
    loop: Loop, connect: Connect, time: type[Clock]
) -> None:
    silent, active = connect(), connect()
    poll(loop)
    time.now += 59_000
    assert answer(loop, active) == DONE
    loop._tick()
    assert answer(loop, silent) == DONE
    time.now += 1_000
    assert answer(loop, active) == DONE
    time.now += 59_000
    loop._tick()
    assert answer(loop, silent) == b""
    assert answer(loop, active) == DONE


def test_client_that_never_reads_is_disconnected_after_a_time(
    loop: Loop, interface: Interface, connect: Connect, time: type[Clock]
) -> None:
    deaf = connect()
    with contextlib.suppress(BlockingIOError):
        while True:
            deaf.send(GET)
            poll(loop)
    time.now += 60_000
    loop._tick()
    poll(loop)
    assert loop._server.idle_connections(0) == []


@pytest.mark.parametrize("resumed_by", ["a closed connection", "the tick"])
def test_listener_is_not_polled_when_descriptors_are_used_up(
    loop: Loop,
    connect: Connect,
    capsys: pytest.CaptureFixture[str],
    resumed_by: str,
) -> None:
    loop._log = Log("tun0", "warning")
    first, second = connect(), None
    poll(loop)
    second = connect()
    with no_free_descriptor():
        assert answer(loop, second) == b"waiting"
        for _ in range(3):
            loop._resume_accepting()
            poll(loop)
        if resumed_by == "a closed connection":
            first.shutdown(socket.SHUT_RDWR)
            poll(loop)
            assert second.recv(65_536).endswith(DONE)
    loop._tick()
    if resumed_by == "the tick":
        poll(loop)
        assert second.recv(65_536).endswith(DONE)
    assert capsys.readouterr().err == (
        "tun0: cannot accept a connection on the control socket: "
        "Too many open files; will retry\n"
    )


def test_idle_connection_is_closed_when_its_descriptor_is_needed(
    loop: Loop, connect: Connect, time: type[Clock]
) -> None:
    idle = connect()
    poll(loop)
    time.now += 1_000
    client = connect()
    with no_free_descriptor():
        assert answer(loop, client) == DONE
    assert answer(loop, idle) == b""
