"""``pywgd --netifd`` with a ubusd or netifd that does not answer: packets go on.

The daemon would wait for a day; nothing but the test ends the silence.
"""

import contextlib
import functools
import select
import signal
import socket
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.lab.netifd_router import NetifdRouter
from tests.lab.topology import Lab
from tests.lab.ubusd import ACCEPTING, HELLO, INVOKE, LOOKUP, READING
from tests.lab.wait import becomes


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
            # The first one is still accepted.
            assert becomes(lambda: ACCEPTING in router.ubusd.waiting)
    router.ubusd.disconnect()
    refused = "ubusd does not accept connections"
    assert becomes(lambda: refused in router.said()), router.said()


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
