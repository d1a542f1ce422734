"""The daemon as a part of OpenWrt: a real link and real routes, a small ubusd."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from pywg_embedded import crypto
from pywg_embedded.core.device import Device
from pywg_embedded.core.errors import ConfigError
from pywg_embedded.daemon import clock
from pywg_embedded.daemon.interface import Interface
from pywg_embedded.daemon.log import Log
from pywg_embedded.daemon.openwrt.restart_backoff import RestartBackoff
from pywg_embedded.daemon.openwrt.service import OpenwrtService
from pywg_embedded.daemon.openwrt.uci_config import UciConfig
from pywg_embedded.dataplane import reference
from pywg_embedded.dataplane import tun as tuntap
from pywg_embedded.dataplane.limits import Limits
from pywg_embedded.openwrt.ubus import UbusClient
from tests.lab.host import Host
from tests.lab.topology import Lab
from tests.lab.ubusd import Ubusd, path_for
from tests.lab.wait import becomes
from tests.lab.wireguard import new_key, public_key_of

NAME = "wg0"
PEER = "192.0.2.9"
EVERYTHING = ("option allowed_ips '0.0.0.0/0 ::/0'", "option route_allowed_ips '1'")
SECRETS = ("private_key", "preshared_key")


class World:
    """A host between two uplinks, eth1 (metric 10) and eth2 (metric 20), and what a
    netifd would say and be told there."""

    def __init__(self, lab: Lab, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.host = lab.host("router")
        self.up = {"eth1": True, "eth2": True}
        for number, device in enumerate(self.up, 1):
            other = lab.host(f"isp{number}")
            self.host.wire(device, other, "eth0")
            self.host.add_address(device, f"10.77.{number}.2/24")
        self.folder = folder
        monkeypatch.setenv("UCI_CONFIG_DIR", str(folder))
        self.private_key, self.peer_key = new_key(), public_key_of(new_key())
        self.interface_options: list[str] = []
        self.peer_options = [f"option endpoint_host '{PEER}'", *EVERYTHING]
        self.preshared_key = new_key()
        self.ubusd = lab.enter_context(Ubusd(path_for(folder)))
        self.ubusd.objects["network.interface"] = self._netifd
        lab.enter_context(self.host.entered())
        self.said: list[str] = []
        self.backoff = RestartBackoff(NAME, str(folder / "run"))
        self.backoff.record_start()

    def start(self) -> OpenwrtService:
        self.write()
        tun = tuntap.create(NAME)
        log = Log(NAME, "error", lambda _, text: self.said.append(text))
        limits = Limits(peers=4, allowed_ips=8)
        self.plane = reference.Plane(tun.descriptor, limits, clock.boottime)
        device = Device(crypto, self.plane, clock.wall, limits.peers)
        self.interface = Interface(device, self.plane, limits, log)
        self.service = OpenwrtService(
            self.interface, tun, log, self.backoff, self._connect
        )
        self.uci_config = UciConfig(NAME, self.interface, self.service.netifd, log)
        self.service.start(self.uci_config)
        self.host.up(NAME)
        self.interface.set_up(True)
        self.service.tick(routes_changed=True)
        return self.service

    def _connect(self) -> UbusClient:
        return UbusClient([str(self.ubusd.path)])

    def write(self) -> None:
        """Put the configuration where the daemon looks for it."""
        lines = [
            f"config interface '{NAME}'",
            "option proto 'pywg'",
            f"option private_key '{self.private_key}'",
            *self.interface_options,
            f"config pywg_{NAME}",
            f"option public_key '{self.peer_key}'",
            f"option preshared_key '{self.preshared_key}'",
            *self.peer_options,
        ]
        (self.folder / "network").write_text("\n".join(lines) + "\n")

    def told(self, action: int = 0) -> list[dict[str, Any]]:
        """What netifd was told, by kind."""
        calls = [arguments for _, method, arguments in self.ubusd.calls
                 if method == "notify_proto"]  # fmt: skip
        return [arguments for arguments in calls if arguments["action"] == action]

    def ask(self, method: str, **arguments: str) -> dict[str, Any]:
        """What our object on ubus answers."""
        status, answer = self.call(method, arguments)
        assert status == 0
        return answer

    def call(
        self, method: str, arguments: dict[str, Any]
    ) -> tuple[int, dict[str, Any]]:
        """Call it, whatever it answers: the status comes first."""
        path = f"pywg.{NAME}"
        assert becomes(lambda: path in self.ubusd.offered)
        self.ubusd.poke(path, method, arguments)
        self.plane.watch(self.service.ubus.descriptor())
        while not any(event[1:] for event in self.plane.wait(5_000)):
            pass
        self.service.ubus.handle_messages()
        return self.ubusd.answer_of(path)

    def states(self) -> list[str]:
        """Of the peers."""
        return [peer["state"] for peer in self.ask("status")["peers"]]

    def way(self) -> str:
        """How the kernel gets to the peer."""
        return self.host.run("ip", "route", "get", PEER).stdout.split(" uid ")[0]

    def _netifd(self, method: str, arguments: dict[str, Any]) -> dict[str, Any]:
        if method != "dump":
            return {}
        return {
            "interface": [
                {
                    "interface": f"wan{number}",
                    "up": self.up[device],
                    "l3_device": device,
                    "metric": 10 * number,
                    "ipv4-address": [{"address": f"10.77.{number}.2", "mask": 24}],
                    "route": [
                        {"target": "0.0.0.0", "mask": 0,
                         "nexthop": f"10.77.{number}.1", "uci_config": "0.0.0.0/0"},
                    ],
                }
                for number, device in enumerate(self.up, 1)
            ]
        }  # fmt: skip

    def swallow_everything(self) -> None:
        """Do with our routes what netifd does."""
        for route in self.told()[-1]["routes"]:
            target = f"{route['target']}/{route['netmask']}"
            self.host.add_route(target, device=NAME)
        self.service.tick(routes_changed=True)


@pytest.fixture
def world(lab: Lab, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    yield World(lab, tmp_path, monkeypatch)


def test_netifd_is_told_what_is_configured(world: World) -> None:
    world.interface_options = ["option addresses '10.9.0.1/24'"]
    world.start()
    last = world.told()[-1]
    assert last["interface"] == last["ifname"] == NAME
    assert last["ipaddr"] == [{"ipaddr": "10.9.0.1", "mask": "24"}]
    rules = last["data"]["firewall"]
    assert [rule["device"] for rule in rules] == ["eth1", "eth2"]
    assert {rule["dest_port"] for rule in rules} == {str(world.interface.port())}


def test_netifd_is_told_once_and_again_when_it_is_different(world: World) -> None:
    service = world.start()
    before = len(world.told())
    for _ in range(3):
        service.tick(routes_changed=True)
    assert len(world.told()) == before
    world.up["eth1"] = False
    service.tick(routes_changed=True)
    rules = world.told()[-1]["data"]["firewall"]
    assert [rule["device"] for rule in rules] == ["eth2"]


def test_8984_a_change_of_peers_is_announced_on_reload(world: World) -> None:
    """https://github.com/openwrt/luci/issues/8984"""
    world.start()
    world.peer_options[1] = "option allowed_ips '10.1.0.0/16'"
    world.write()
    assert world.ask("reload") == {}
    world.service.tick(routes_changed=False)
    assert world.told()[-1]["routes"] == [{"target": "10.1.0.0", "netmask": "16"}]


def test_22905_the_way_to_a_peer_follows_the_uplinks(world: World) -> None:
    """https://github.com/openwrt/openwrt/issues/22905"""
    service = world.start()
    world.swallow_everything()
    assert "via 10.77.1.1 dev eth1" in world.way()
    world.up["eth1"] = False
    world.host.down("eth1")
    service.tick(routes_changed=True)
    assert "via 10.77.2.1 dev eth2" in world.way()
    world.up["eth1"] = True
    world.host.up("eth1")
    service.tick(routes_changed=True)
    assert "via 10.77.1.1 dev eth1" in world.way()


def test_11086_without_an_uplink_the_link_stays(world: World) -> None:
    """https://github.com/openwrt/openwrt/issues/11086"""
    service = world.start()
    world.swallow_everything()
    for device in world.up:
        world.up[device] = False
        world.host.down(device)
    service.tick(routes_changed=True)
    assert world.told()[-1]["link-up"]
    assert world.host.has_link(NAME)
    assert not world.told(action=3)


def test_12800_a_way_that_is_not_needed_is_not_made(world: World) -> None:
    """https://github.com/openwrt/packages/issues/12800"""
    world.host.add_default_route("10.77.2.1")
    service = world.start()
    service.tick(routes_changed=True)
    assert "via 10.77.2.1 dev eth2" in world.way()
    assert PEER not in world.host.run("ip", "route", "show").stdout


def test_nohostroute_leaves_the_ways_alone(world: World) -> None:
    world.interface_options = ["option nohostroute '1'"]
    world.start()
    world.swallow_everything()
    assert f"dev {NAME}" in world.way()


def test_tunlink_names_the_uplink(world: World) -> None:
    world.interface_options = ["option tunlink 'wan2'"]
    world.start()
    assert "via 10.77.2.1 dev eth2" in world.way()
    rules = world.told()[-1]["data"]["firewall"]
    assert [rule["device"] for rule in rules] == ["eth2"]


def test_no_way_is_left_behind(world: World) -> None:
    service = world.start()
    world.swallow_everything()
    service.close()
    assert f"dev {NAME}" in world.way()


def test_5447_the_mtu_is_what_fits(world: World) -> None:
    """https://github.com/openwrt/luci/pull/5447"""
    world.host.run("ip", "link", "set", "eth1", "mtu", "1492")
    world.start()
    world.swallow_everything()
    shown = world.host.run("ip", "link", "show", NAME).stdout
    assert " mtu 1432 " in shown


def test_a_configured_mtu_stays(world: World) -> None:
    world.interface_options = ["option mtu '1300'"]
    world.start()
    assert " mtu 1300 " in world.host.run("ip", "link", "show", NAME).stdout


def test_no_link_local_address_appears_by_itself(world: World) -> None:
    world.start()
    shown = world.host.run("ip", "-6", "address", "show", "dev", NAME).stdout
    assert "fe80" not in shown


def test_a_wrong_configuration_is_told_and_not_tried_again(world: World) -> None:
    world.interface_options = ["option mtu '12'"]
    with pytest.raises(ConfigError):
        world.start()
    error = world.told(action=3)[-1]["error"]
    assert error[0] == "CONFIGURATION"
    assert "network.wg0.mtu: MTU too small: 12 (minimum 68)" in error[1]
    assert world.told(action=4) == [{"action": 4, "interface": NAME}]
    assert (world.folder / "run/wg0.blocked").exists()


def test_a_port_in_use_is_told_and_tried_again(world: World) -> None:
    with Host.socket(world.host, 2, 2) as taken:
        taken.bind(("0.0.0.0", 51820))
        world.interface_options = ["option listen_port '51820'"]
        with pytest.raises(ConfigError):
            world.start()
    assert world.told(action=3)[-1]["error"][0] == "START"
    assert not world.told(action=4)


def test_a_refused_change_is_told_and_changes_nothing(world: World) -> None:
    service = world.start()
    world.interface_options = ["option mtu '12'"]
    world.write()
    world.ask("reload")
    for _ in range(3):
        service.tick(routes_changed=False)
    assert [one["error"][0] for one in world.told(action=3)] == ["CONFIGURATION"]
    assert not world.told(action=4)


def test_status_says_what_there_is(world: World) -> None:
    world.peer_options.append("option description 'the office'")
    world.start()
    status = world.ask("status")
    assert status["up"] is True
    assert status["public_key"] == public_key_of(world.private_key)
    assert status["listen_port"] == world.interface.port()
    (peer,) = status["peers"]
    assert peer["public_key"] == world.peer_key
    assert peer["description"] == "the office"
    assert peer["endpoint"] == f"{PEER}:51820"
    assert peer["allowed_ips"] == ["0.0.0.0/0", "::/0"]
    assert peer["has_preshared_key"] is True
    assert peer["handshake_age"] is None
    assert (peer["rx_bytes"], peer["tx_bytes"]) == (0, 0)
    assert peer["state"] == "idle"


def test_no_answer_has_a_secret(world: World) -> None:
    world.peer_options.append(f"option private_key '{new_key()}'")
    world.start()
    for method in ("status", "history", "resolve", "rekey", "retry", "reload"):
        answer = json.dumps(world.ask(method))
        assert world.private_key not in answer
        assert world.preshared_key not in answer
        assert not any(f'"{name}"' in answer for name in SECRETS)


def test_a_peer_that_is_left_out_is_named(world: World) -> None:
    world.peer_options.append("option endpoint_port 'x'")
    world.start()
    status = world.ask("status")
    assert status["peers"] == []
    assert "network.@pywg_wg0[0].endpoint_port" in status["complaints"][0]


def test_what_happens_is_sent_as_events(world: World) -> None:
    service = world.start()
    service.close()
    assert becomes(lambda: len(world.ubusd.events) == 2)
    assert world.ubusd.events == [
        ("pywg", {"action": "up", "interface": NAME}),
        ("pywg", {"action": "down", "interface": NAME}),
    ]


def test_rekey_calls_everybody_at_once(world: World) -> None:
    world.start()
    world.ask("rekey")
    (peer,) = world.ask("status")["peers"]
    assert peer["state"] == "calling"
    assert PEER in peer["reason"]


def test_rekey_calls_one_peer_where_one_is_named(world: World) -> None:
    other = public_key_of(new_key())
    world.peer_options += [
        f"config pywg_{NAME}",
        f"option public_key '{other}'",
        f"option endpoint_host '{PEER}'",
    ]
    world.start()
    world.ask("rekey", peer=other)
    assert world.states() == ["idle", "calling"]
    world.ask("rekey")
    assert world.states() == ["calling", "calling"]


# What a caller may take for a peer, and what ubus has as the answer.
NO_PEERS = ((new_key(), 4), ("wg0", 2), ("é" * 44, 2), (7, 2))


@pytest.mark.parametrize("method", ["rekey", "resolve"])
def test_what_is_no_peer_is_refused(world: World, method: str) -> None:
    world.start()
    for peer, status in NO_PEERS:
        assert world.call(method, {"peer": peer}) == (status, {})
    assert world.states() == ["idle"]


def test_whoever_ran_long_enough_was_not_started_in_vain(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    service = world.start()
    record = world.folder / "run/wg0.attempts"
    service.tick(routes_changed=False)
    assert record.exists()
    now = clock.boottime()
    monkeypatch.setattr(clock, "boottime", lambda: now + 61_000)
    service.tick(routes_changed=False)
    assert not record.exists()
