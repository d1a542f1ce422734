"""The connection to ubusd, with the ubusd of the tests."""

from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from pywg_embedded.daemon import clock
from pywg_embedded.daemon.interface import Interface
from pywg_embedded.daemon.log import Log
from pywg_embedded.daemon.openwrt.ubus_connection import UbusConnection
from pywg_embedded.openwrt.ubus import Method, UbusClient
from tests.lab.ubusd import HELLO, Ubusd, path_for
from tests.lab.wait import becomes


class Setup:
    """A connection, and the path of its ubusd."""

    def __init__(self, interface: Interface, path: Path) -> None:
        self.path = path
        self.logged: list[str] = []
        self.plane = interface.plane
        log = Log("wg0", "warning", lambda _, text: self.logged.append(text))
        self.connection = UbusConnection(
            interface.plane, log, lambda: UbusClient([str(path)])
        )

    def connected(self) -> bool:
        self.connection.tick()
        self.connection.wait()
        return self.connection.descriptor() >= 0

    def call(self, path: str, method: str) -> Any:
        """Call a method and return its reply, None if it fails."""
        replies: list[Any] = []
        self.connection.call(path, method, {}, replies.append)
        self.connection.wait()
        (reply,) = replies
        return reply


@pytest.fixture
def setup(interface: Interface, tmp_path: Path) -> Iterator[Setup]:
    setup = Setup(interface, path_for(tmp_path))
    yield setup
    setup.connection.close()


def test_calls_return_none_and_log_once_without_ubusd(setup: Setup) -> None:
    for _ in range(3):
        setup.connection.tick()
        assert setup.call("network", "dump") is None
        setup.connection.send_event("pywg", {})
    text = f"ubusd is not running: no socket at {setup.path}"
    assert setup.logged == [f"wg0: cannot connect to ubus: {text}; will retry"]


def test_call_returns_the_reply(setup: Setup) -> None:
    with Ubusd(setup.path) as ubusd:
        ubusd.objects["network"] = lambda *_: {"x": 1}
        assert setup.connected()
        assert setup.call("network", "dump") == {"x": 1}


def test_connection_is_kept_when_a_call_is_rejected(setup: Setup) -> None:
    with Ubusd(setup.path):
        assert setup.connected()
        for _ in range(3):
            assert setup.call("nowhere", "x") is None
        assert setup.connected()
    assert setup.logged == ["wg0: ubus: nowhere: not found"]


def test_objects_are_added_again_after_reconnection(
    setup: Setup, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = [1_000]
    monkeypatch.setattr(clock, "boottime", lambda: now[0])
    with Ubusd(setup.path) as ubusd:
        assert setup.connected()
        setup.connection.publish("pywg.wg0", {"status": Method(dict)})
        assert becomes(lambda: "pywg.wg0" in ubusd.offered)
    setup.connection.handle_messages()
    assert not setup.connected()
    with Ubusd(setup.path) as ubusd:
        assert not setup.connected()  # before the delay
        now[0] += 1_000
        assert setup.connected()
        assert becomes(lambda: "pywg.wg0" in ubusd.offered)
    assert setup.connection.connections == 2


def test_delay_doubles_up_to_its_limit_while_there_is_no_ubusd(
    interface: Interface, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = [1_000]
    monkeypatch.setattr(clock, "boottime", lambda: now[0])
    attempts: list[int] = []

    def connect() -> UbusClient:
        attempts.append(now[0])
        raise FileNotFoundError("ubusd is not running")

    connection = UbusConnection(interface.plane, Log("wg0", "silent"), connect)
    for _ in range(150):
        connection.tick()
        now[0] += 1_000
    delays = [later - earlier for earlier, later in pairwise(attempts)]
    assert delays == [1_000, 2_000, 4_000, 8_000, 16_000, 30_000, 30_000, 30_000]


def test_delay_starts_again_when_ubusd_has_answered(
    setup: Setup, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = [1_000]
    monkeypatch.setattr(clock, "boottime", lambda: now[0])
    for _ in range(6):
        assert not setup.connected()
        now[0] += 30_000
    with Ubusd(setup.path) as ubusd:
        ubusd.objects["network"] = lambda *_: {"x": 1}
        assert setup.connected()
        assert setup.call("network", "dump") == {"x": 1}
    setup.connection.handle_messages()
    now[0] += 30_000
    assert not setup.connected()
    with Ubusd(setup.path):
        now[0] += 1_000
        assert setup.connected()


def test_plane_is_woken_when_a_method_is_called(setup: Setup) -> None:
    with Ubusd(setup.path) as ubusd:
        assert setup.connected()
        setup.connection.publish("pywg.wg0", {"status": Method(lambda: {"up": True})})
        setup.connection.wait()
        descriptor = setup.connection.descriptor()
        assert not setup.plane.wait(0)
        ubusd.send_call("pywg.wg0", "status")
        assert [event[1] for event in setup.plane.wait(60_000)] == [descriptor]
        setup.connection.handle_messages()
        assert ubusd.answer_of("pywg.wg0") == (0, {"up": True})


def test_connections_are_attempted_less_often_while_ubusd_does_not_answer(
    setup: Setup, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = [1_000]
    monkeypatch.setattr(clock, "boottime", lambda: now[0])
    monkeypatch.setattr(
        setup.connection,
        "_connect",
        lambda: UbusClient([str(setup.path)], lambda: now[0] / 1_000),
    )
    attempts = []
    with Ubusd(setup.path) as ubusd:
        ubusd.hold(HELLO)
        for second in range(100):
            before = setup.connection.descriptor()
            setup.connection.tick()
            setup.connection.handle_messages()
            replies: list[object] = []
            setup.connection.call("network", "dump", {}, replies.append)
            assert replies == [None]
            if before < 0 <= setup.connection.descriptor():
                attempts.append(second)
            now[0] += 1_000
        assert attempts == [0, 4, 8, 12, 20, 36, 66, 96]
        assert setup.connection.connections == 0
        ubusd.release()
    assert setup.logged == [
        "wg0: ubus connection lost: ubusd does not answer; will retry"
    ]


def test_calls_are_answered_when_the_connection_is_lost(setup: Setup) -> None:
    replies: list[object] = []
    with Ubusd(setup.path) as ubusd:
        assert setup.connected()
        ubusd.hold(4)
        setup.connection.call("network", "dump", {}, replies.append)
        assert replies == []
    setup.connection.wait()
    assert replies == [None]
    setup.connection.call("network", "dump", {}, replies.append)
    assert replies == [None, None]
