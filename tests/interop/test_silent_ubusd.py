"""``pywgd --netifd`` with a ubusd or netifd that does not answer: packets go on.

The daemon would wait for a day; nothing but the test ends the silence.
"""

import contextlib
import functools
import itertools
import select
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.daemon.pywgd import environment
from tests.lab.topology import INSIDE, OUTSIDE, WIRE, Lab
from tests.lab.ubusd import ACCEPTING, HELLO, INVOKE, LOOKUP, READING, Ubusd, path_for
from tests.lab.uci_router import UciRouter
from tests.lab.wait import becomes
from tests.lab.wireguard import PORT, WireGuard, answers

OFFICE_ADDRESS = "10.0.0.2"
UPLINK = {
    "interface": "wan",
    "up": True,
    "l3_device": WIRE,
    "ipv4-address": [{"address": OUTSIDE[0][4], "mask": 24}],
    "route": [{"target": "0.0.0.0", "mask": 0, "nexthop": OUTSIDE[1][4]}],
}


class NetifdRouter(UciRouter):
    """``pywgd --netifd`` with a ubusd and a netifd of the lab."""

    def __init__(self, lab: Lab, folder: Path) -> None:
        left, right = lab.wired_pair()
        super().__init__(left, folder)
        self.ubusd = lab.enter_context(Ubusd(path_for(folder)))
        self.ubusd.objects["network.interface"] = lambda method, _: (
            {"interface": [UPLINK]} if method == "dump" else {}
        )
        self.office = lab.enter_context(
            WireGuard(right, "pywgd", INSIDE[1], OUTSIDE[1])
        )
        self.office.set("peer", self.public_key, "allowed-ips", "10.0.0.1")
        self.peers.append(
            [
                f"option public_key '{self.office.public_key}'",
                f"option endpoint_host '{OUTSIDE[1][4]}'",
                f"option endpoint_port '{PORT}'",
                f"option allowed_ips '{OFFICE_ADDRESS}'",
            ]
        )
        self._routes = itertools.count(1)

    def start(self) -> "subprocess.Popen[str]":
        """Start the daemon, and configure the interface as netifd does."""
        self.write()
        folder = self.file.parent
        with self._log.open("a") as log:
            daemon = self.host.start(
                *(sys.executable, "-m", "tests.lab.netifd_daemon"),
                *(str(self.ubusd.path), str(folder / "run")),
                *("-f", "--netifd", "--state", str(folder), self.name),
                env=environment(UCI_CONFIG_DIR=str(folder), LOG_LEVEL="verbose"),
                stderr=log,
            )
        self.daemon = daemon
        assert becomes(lambda: answers(self.name) or daemon.poll() is not None)
        assert becomes(lambda: "notify_proto" in self.calls()), self.said()
        self.host.add_address(self.name, INSIDE[0][0])
        self.host.up(self.name)
        assert self.is_connected()
        assert self.object() in self.ubusd.offered
        return daemon

    def object(self) -> str:
        """Return the path of the daemon's object."""
        return f"pywg.{self.name}"

    def calls(self) -> list[str]:
        """Return the methods of netifd that were called."""
        return [method for _, method, _ in self.ubusd.calls]

    def is_connected(self) -> bool:
        """Return whether the office answers through the tunnel."""
        return self.host.reaches(OFFICE_ADDRESS)

    def change_routes(self) -> None:
        """Add a route, after which the daemon asks netifd for its interfaces."""
        self.host.add_route(f"198.51.100.{next(self._routes)}/32", device=WIRE)


def lookup(router: NetifdRouter) -> None:
    """Let ubusd not answer a request of its own."""
    router.ubusd.hold(LOOKUP)
    router.change_routes()
    assert becomes(lambda: LOOKUP in router.ubusd.waiting)


def call(router: NetifdRouter) -> None:
    """Let netifd not answer."""
    router.ubusd.hold(INVOKE)
    router.change_routes()
    assert becomes(lambda: INVOKE in router.ubusd.waiting)


def greeting(router: NetifdRouter) -> None:
    """Let ubusd accept a connection and say nothing."""
    router.ubusd.hold(HELLO)
    router.ubusd.disconnect()
    assert becomes(lambda: HELLO in router.ubusd.waiting)


def connection(router: NetifdRouter) -> None:
    """Let ubusd accept no connection, and fill its queue."""
    router.ubusd.hold(ACCEPTING)
    with contextlib.ExitStack() as clients, contextlib.suppress(BlockingIOError):
        while True:
            client = clients.enter_context(socket.socket(socket.AF_UNIX))
            client.setblocking(False)
            client.connect(str(router.ubusd.path))
    router.ubusd.disconnect()
    assert becomes(lambda: "ubusd does not accept connections" in router.said())


def reading(router: NetifdRouter) -> None:
    """Let ubusd not read, while others call the daemon until it cannot answer."""
    router.ubusd.hold(READING)
    call_status = functools.partial(router.ubusd.send_call, router.object(), "status")
    call_status()
    assert becomes(lambda: READING in router.ubusd.waiting)
    client = router.ubusd.socket_of(router.object())
    # A daemon that reads on makes it writable soon.
    while select.select([], [client], [], 2)[1]:
        call_status()


SILENCES = (lookup, call, greeting, connection, reading)


@pytest.fixture
def router(lab: Lab, tmp_path: Path) -> Iterator[NetifdRouter]:
    router = NetifdRouter(lab, tmp_path)
    yield router
    router.stop()


@pytest.mark.parametrize("silence", SILENCES)
def test_packets_are_forwarded_while_ubus_is_silent(
    router: NetifdRouter, silence: Callable[[NetifdRouter], None]
) -> None:
    daemon = router.start()
    silence(router)
    assert router.ubusd.held
    assert router.is_connected()
    assert router.show("listen-port")
    # Now the silence ends, and what was changed meanwhile is handled.
    if silence in (greeting, connection):
        router.ubusd.offered.clear()
    router.ubusd.release()
    router.ubusd.calls.clear()
    router.change_routes()
    assert becomes(lambda: "dump" in router.calls())
    assert becomes(lambda: router.object() in router.ubusd.offered)
    assert router.ubusd.call(router.object(), "status", {})[0] == 0
    daemon.send_signal(signal.SIGTERM)
    assert daemon.wait(60) == 0
