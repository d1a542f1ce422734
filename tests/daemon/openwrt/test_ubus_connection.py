"""The connection to ubusd, beside a small one of ours."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from pywg_embedded.daemon import clock
from pywg_embedded.daemon.interface import Interface
from pywg_embedded.daemon.log import Log
from pywg_embedded.daemon.openwrt.ubus_connection import UbusConnection
from pywg_embedded.openwrt.ubus import Method, UbusClient
from tests.lab.ubusd import Ubusd, path_for
from tests.lab.wait import becomes


class World:
    """A bus, and where its ubusd is or is not."""

    def __init__(self, interface: Interface, path: Path) -> None:
        self.path = path
        self.said: list[str] = []
        self.plane = interface.plane
        log = Log("wg0", "error", lambda _, text: self.said.append(text))
        self.bus = UbusConnection(interface.plane, log, lambda: UbusClient([str(path)]))

    def connected(self) -> bool:
        self.bus.tick()
        return self.bus.descriptor() >= 0


@pytest.fixture
def world(interface: Interface, tmp_path: Path) -> Iterator[World]:
    world = World(interface, path_for(tmp_path))
    yield world
    world.bus.close()


def test_without_ubusd_what_is_asked_is_none_and_said_once(world: World) -> None:
    for _ in range(3):
        world.bus.tick()
        assert world.bus.call("network", "dump", {}) is None
        world.bus.send_event("pywg", {})
    text = f"ubusd is not running: no socket at {world.path}"
    assert world.said == [f"wg0: no connection to ubus: {text}"]


def test_an_answer_comes_back(world: World) -> None:
    with Ubusd(world.path) as ubusd:
        ubusd.objects["network"] = lambda *_: {"x": 1}
        assert world.connected()
        assert world.bus.call("network", "dump", {}) == {"x": 1}


def test_a_refused_call_leaves_the_connection(world: World) -> None:
    with Ubusd(world.path):
        assert world.connected()
        for _ in range(3):
            assert world.bus.call("nowhere", "x", {}) is None
        assert world.connected()
    assert world.said == ["wg0: ubus: nowhere: not found"]


def test_what_is_offered_is_offered_again_to_a_ubusd_that_came_back(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = [1_000]
    monkeypatch.setattr(clock, "boottime", lambda: now[0])
    with Ubusd(world.path) as ubusd:
        assert world.connected()
        world.bus.publish("pywg.wg0", {"status": Method(dict)})
        assert becomes(lambda: "pywg.wg0" in ubusd.offered)
    world.bus.handle_messages()
    assert not world.connected()
    with Ubusd(world.path) as ubusd:
        assert not world.connected()  # not so soon
        now[0] += 1_000
        assert world.connected()
        assert becomes(lambda: "pywg.wg0" in ubusd.offered)
    assert world.bus.connections == 2


def test_calls_to_us_wake_the_plane(world: World) -> None:
    with Ubusd(world.path) as ubusd:
        assert world.connected()
        world.bus.publish("pywg.wg0", {"status": Method(lambda: {"up": True})})
        world.plane.wait(0)
        descriptor = world.bus.descriptor()
        assert not world.plane.wait(0)
        ubusd.poke("pywg.wg0", "status")
        assert [event[1] for event in world.plane.wait(60_000)] == [descriptor]
        world.bus.handle_messages()
        assert ubusd.answer_of("pywg.wg0") == (0, {"up": True})
