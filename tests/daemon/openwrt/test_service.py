"""The daemon on OpenWrt: a real link and real routes, and an ubusd and netifd of the
tests."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from pywg_embedded import crypto
from pywg_embedded.core.config import InterfaceChange, PeerChange
from pywg_embedded.core.device import Device
from pywg_embedded.core.errors import ConfigError, LimitError
from pywg_embedded.daemon import clock
from pywg_embedded.daemon.interface import Interface
from pywg_embedded.daemon.log import Log
from pywg_embedded.daemon.netlink.host_routes import HostRoutes
from pywg_embedded.daemon.netlink.routes import PROTOCOL
from pywg_embedded.daemon.openwrt.restart_backoff import RestartBackoff
from pywg_embedded.daemon.openwrt.service import OpenwrtService
from pywg_embedded.daemon.openwrt.uci_config import UciConfig
from pywg_embedded.daemon.tasks import Tasks
from pywg_embedded.daemon.timestamps import Timestamps
from pywg_embedded.dataplane import reference
from pywg_embedded.dataplane import tun as tuntap
from pywg_embedded.dataplane.limits import Limits
from pywg_embedded.openwrt.netifd import MAX_ROUTES
from pywg_embedded.openwrt.ubus import UbusClient
from pywg_embedded.openwrt.uci_store import NetworkFile
from tests.lab.host import Host
from tests.lab.topology import Lab
from tests.lab.ubusd import Ubusd, path_for
from tests.lab.wait import becomes
from tests.lab.wireguard import new_key, public_key_of

NAME = "wg0"
PEER = "192.0.2.9"
EVERYTHING = ("option allowed_ips '0.0.0.0/0 ::/0'", "option route_allowed_ips '1'")
SECRETS = ("private_key", "preshared_key")


class Router:
    """A host with two uplinks, eth1 (metric 10) and eth2 (metric 20), and a netifd."""

    def __init__(self, lab: Lab, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.host = lab.host("router")
        self.up = {"eth1": True, "eth2": True}
        # The method that netifd does not answer.
        self.unanswered = ""
        for index, device in enumerate(self.up, 1):
            self.host.wire(device, lab.host(f"isp{index}"), "eth0")
            self.host.add_address(device, f"10.77.{index}.2/24")
        self.folder = folder
        monkeypatch.setenv("UCI_CONFIG_DIR", str(folder))
        self.private_key, self.peer_key = new_key(), public_key_of(new_key())
        self.interface_options: list[str] = []
        self.peer_options = [f"option endpoint_host '{PEER}'", *EVERYTHING]
        self.preshared_key = new_key()
        self.ubusd = lab.enter_context(Ubusd(path_for(folder)))
        self.ubusd.objects["network.interface"] = self._netifd
        lab.enter_context(self.host.entered())
        self.limits = Limits(peers=4, allowed_ips=8)
        self.logged: list[str] = []
        self.backoff = RestartBackoff(NAME, str(folder / "run"))
        self.backoff.record_start()

    def start(self) -> OpenwrtService:
        self.write()
        self.tun = tuntap.create(NAME)
        log = Log(NAME, "error", lambda _, text: self.logged.append(text))
        limits = self.limits
        self.plane = reference.Plane(self.tun.descriptor, limits, clock.boottime)
        self.timestamps = Timestamps("", clock.SystemClock(), log)
        device = Device(crypto, self.plane, self.timestamps, limits.peers)
        self.interface = Interface(device, self.plane, limits, log)
        self.tasks = Tasks(log)
        self.service = OpenwrtService(
            self.interface,
            self.tun,
            log,
            self.backoff,
            self.tasks,
            HostRoutes(self.tun, log, str(self.folder / "run")),
            self._connect,
        )
        self.uci_config = UciConfig(
            NetworkFile(), NAME, self.interface, self.service.netifd, log
        )
        self.service.start(self.uci_config)
        self.host.up(NAME)
        self.interface.set_up(True)
        self.tick(routes_changed=True)
        return self.service

    def tick(self, routes_changed: bool = False) -> None:
        """Run a tick of the service, and wait for the answers to its calls."""
        self.service.tick(routes_changed)
        self.service.ubus.wait()

    def _connect(self) -> UbusClient:
        return UbusClient([str(self.ubusd.path)])

    def write(self) -> None:
        """Write the UCI configuration."""
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

    def notifications(self, action: int = 0) -> list[dict[str, Any]]:
        """Return the notifications that netifd received with this action."""
        calls = [arguments for _, method, arguments in self.ubusd.calls
                 if method == "notify_proto"]  # fmt: skip
        return [arguments for arguments in calls if arguments["action"] == action]

    def query(self, method: str, **arguments: str) -> dict[str, Any]:
        """Call a method of the daemon's ubus object and return its reply."""
        status, reply = self.call(method, arguments)
        assert status == 0
        return reply

    def call(
        self, method: str, arguments: dict[str, Any]
    ) -> tuple[int, dict[str, Any]]:
        """Call a method and return the ubus status and the reply."""
        path = f"pywg.{NAME}"
        assert becomes(lambda: path in self.ubusd.offered)
        self.ubusd.send_call(path, method, arguments)
        self.plane.watch(self.service.ubus.descriptor())
        while not any(event[1:] for event in self.plane.wait(5_000)):
            pass
        self.service.ubus.handle_messages()
        return self.ubusd.answer_of(path)

    def states(self) -> list[str]:
        """Return the states of the peers."""
        return [peer["state"] for peer in self.query("status")["peers"]]

    def route(self) -> str:
        """Return the kernel's route to the peer."""
        return self.host.run("ip", "route", "get", PEER).stdout.split(" uid ")[0]

    def _netifd(self, method: str, arguments: dict[str, Any]) -> dict[str, Any] | None:
        if method == self.unanswered:
            return None
        if method != "dump":
            return {}
        return {
            "interface": [
                {
                    "interface": f"wan{index}",
                    "up": self.up[device],
                    "l3_device": device,
                    "metric": 10 * index,
                    "ipv4-address": [{"address": f"10.77.{index}.2", "mask": 24}],
                    "route": [
                        {"target": "0.0.0.0", "mask": 0,
                         "nexthop": f"10.77.{index}.1", "source": "0.0.0.0/0"},
                    ],
                }
                for index, device in enumerate(self.up, 1)
            ]
        }  # fmt: skip

    def add_routes_into_tunnel(self) -> None:
        """Add the announced routes, as netifd does."""
        for route in self.notifications()[-1]["routes"]:
            target = f"{route['target']}/{route['netmask']}"
            self.host.add_route(target, device=NAME)
        self.tick(routes_changed=True)


@pytest.fixture
def router(
    lab: Lab, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Router]:
    yield Router(lab, tmp_path, monkeypatch)


def test_netifd_is_notified_of_the_configuration(router: Router) -> None:
    router.interface_options = ["option addresses '10.9.0.1/24'"]
    router.start()
    last = router.notifications()[-1]
    assert last["interface"] == last["ifname"] == NAME
    assert last["ipaddr"] == [{"ipaddr": "10.9.0.1", "mask": "24"}]
    rules = last["data"]["firewall"]
    assert [rule["device"] for rule in rules] == ["eth1", "eth2"]
    assert {rule["dest_port"] for rule in rules} == {str(router.interface.port())}


def test_netifd_is_notified_again_only_when_something_changes(router: Router) -> None:
    router.start()
    before = len(router.notifications())
    for _ in range(3):
        router.tick(routes_changed=True)
    assert len(router.notifications()) == before
    router.up["eth1"] = False
    router.tick(routes_changed=True)
    rules = router.notifications()[-1]["data"]["firewall"]
    assert [rule["device"] for rule in rules] == ["eth2"]


def opened_on(router: Router) -> list[str]:
    """Return the devices on which netifd opens the port."""
    rules = router.notifications()[-1]["data"]["firewall"]
    return [rule["device"] for rule in rules]


@pytest.fixture
def now(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Replace the boot time by the only item of the list, in milliseconds."""
    now = [clock.boottime()]
    monkeypatch.setattr(clock, "boottime", lambda: now[0])
    return now


@pytest.mark.parametrize("method", ["dump", "notify_proto"])
def test_route_change_is_handled_when_netifd_does_not_answer_at_first(
    router: Router, now: list[int], method: str
) -> None:
    router.start()
    router.add_routes_into_tunnel()
    router.unanswered = method
    router.up["eth1"] = False
    router.host.down("eth1")
    router.tick(routes_changed=True)
    for _ in range(3):
        now[0] += 60_000
        router.tick()
    router.unanswered = ""
    router.ubusd.calls.clear()
    now[0] += 60_000
    router.tick()
    assert opened_on(router) == ["eth2"]
    assert "via 10.77.2.1 dev eth2" in router.route()
    calls = len(router.ubusd.calls)
    router.tick()
    assert len(router.ubusd.calls) == calls


def test_route_change_is_handled_when_it_happens_before_the_answer(
    router: Router,
) -> None:
    router.start()
    answer = router.ubusd.objects["network.interface"]

    def answer_late(method: str, arguments: dict[str, Any]) -> dict[str, Any] | None:
        reply = answer(method, arguments)
        if method == "dump":
            router.up["eth1"] = False
        return reply

    router.ubusd.objects["network.interface"] = answer_late
    router.tick(routes_changed=True)
    assert opened_on(router) == ["eth1", "eth2"]
    router.tick(routes_changed=True)
    assert opened_on(router) == ["eth2"]


def test_netifd_is_asked_less_often_while_it_does_not_answer(
    router: Router, now: list[int]
) -> None:
    router.start()
    router.unanswered = "dump"
    asked = []
    for second in range(100):
        before = len(router.ubusd.calls)
        router.tick(routes_changed=not second)
        if len(router.ubusd.calls) != before:
            asked.append(second)
        now[0] += 1_000
    assert asked == [0, 1, 3, 7, 15, 31, 61, 91]


def test_netifd_is_notified_when_its_dump_is_malformed(router: Router) -> None:
    answer = router.ubusd.objects["network.interface"]

    def answer_badly(method: str, arguments: dict[str, Any]) -> dict[str, Any] | None:
        reply = answer(method, arguments)
        if reply and method == "dump":
            wan1 = reply["interface"][0]
            wan1["route"].append({"target": "192.0.2.0", "mask": "24"})
            reply["interface"] += [7, {}, {**wan1, "l3_device": "a/\0" * 9}]
        return reply

    router.ubusd.objects["network.interface"] = answer_badly
    router.start()
    assert opened_on(router) == ["eth1", "eth2"]
    assert router.query("status")["up"]


def test_8984_netifd_is_notified_when_a_reload_changes_peers(router: Router) -> None:
    """https://github.com/openwrt/luci/issues/8984"""
    router.start()
    router.peer_options[1] = "option allowed_ips '10.1.0.0/16'"
    router.write()
    assert router.query("reload") == {}
    router.tick()
    assert router.notifications()[-1]["routes"] == [
        {"target": "10.1.0.0", "netmask": "16"}
    ]


def test_22905_host_route_changes_when_the_uplink_changes(router: Router) -> None:
    """https://github.com/openwrt/openwrt/issues/22905"""
    router.start()
    router.add_routes_into_tunnel()
    assert "via 10.77.1.1 dev eth1" in router.route()
    router.up["eth1"] = False
    router.host.down("eth1")
    router.tick(routes_changed=True)
    assert "via 10.77.2.1 dev eth2" in router.route()
    router.up["eth1"] = True
    router.host.up("eth1")
    router.tick(routes_changed=True)
    assert "via 10.77.1.1 dev eth1" in router.route()


def test_11086_link_stays_up_when_there_is_no_uplink(router: Router) -> None:
    """https://github.com/openwrt/openwrt/issues/11086"""
    router.start()
    router.add_routes_into_tunnel()
    for device in router.up:
        router.up[device] = False
        router.host.down(device)
    router.tick(routes_changed=True)
    assert router.notifications()[-1]["link-up"]
    assert router.host.has_link(NAME)
    assert not router.notifications(action=3)


def test_12800_host_route_is_not_added_when_it_is_not_needed(router: Router) -> None:
    """https://github.com/openwrt/packages/issues/12800"""
    router.host.add_default_route("10.77.2.1")
    router.start()
    router.tick(routes_changed=True)
    assert "via 10.77.2.1 dev eth2" in router.route()
    assert PEER not in router.host.run("ip", "route", "show").stdout


def test_no_host_route_is_added_when_nohostroute_is_set(router: Router) -> None:
    router.interface_options = ["option nohostroute '1'"]
    router.start()
    router.add_routes_into_tunnel()
    assert f"dev {NAME}" in router.route()


def test_host_route_uses_the_uplink_of_tunlink(router: Router) -> None:
    router.interface_options = ["option tunlink 'wan2'"]
    router.start()
    assert "via 10.77.2.1 dev eth2" in router.route()
    rules = router.notifications()[-1]["data"]["firewall"]
    assert [rule["device"] for rule in rules] == ["eth2"]


def test_host_routes_are_removed_when_the_daemon_ends(router: Router) -> None:
    service = router.start()
    router.add_routes_into_tunnel()
    service.close()
    assert f"dev {NAME}" in router.route()


def test_5447_mtu_fits_the_path_to_the_endpoint(router: Router) -> None:
    """https://github.com/openwrt/luci/pull/5447"""
    router.host.run("ip", "link", "set", "eth1", "mtu", "1492")
    router.start()
    router.add_routes_into_tunnel()
    shown = router.host.run("ip", "link", "show", NAME).stdout
    assert " mtu 1432 " in shown


def test_configured_mtu_is_used(router: Router) -> None:
    router.interface_options = ["option mtu '1300'"]
    router.start()
    assert " mtu 1300 " in router.host.run("ip", "link", "show", NAME).stdout


def test_link_has_no_automatic_link_local_address(router: Router) -> None:
    router.start()
    shown = router.host.run("ip", "-6", "address", "show", "dev", NAME).stdout
    assert "fe80" not in shown


def test_restart_is_blocked_when_the_configuration_is_invalid(router: Router) -> None:
    router.interface_options = ["option fwmark 'x'"]
    with pytest.raises(ConfigError):
        router.start()
    error = router.notifications(action=3)[-1]["error"]
    assert error[0] == "CONFIGURATION"
    assert "network.wg0.fwmark: invalid number 'x'" in error[1]
    assert router.notifications(action=4) == [{"action": 4, "interface": NAME}]
    assert (router.folder / "run/wg0.blocked").exists()


def test_restart_is_blocked_when_a_table_is_full(
    router: Router, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Another start would end the same way.
    def load(uci_config: UciConfig) -> None:
        raise LimitError("too many peers: 65 (limit 64); raise option max_peers")

    monkeypatch.setattr(UciConfig, "load", load)
    with pytest.raises(LimitError):
        router.start()
    assert router.notifications(action=3)[-1]["error"][0] == "CONFIGURATION"
    assert router.notifications(action=4) == [{"action": 4, "interface": NAME}]
    assert (router.folder / "run/wg0.blocked").exists()


def test_error_is_reported_without_a_block_when_the_port_is_in_use(
    router: Router,
) -> None:
    with Host.socket(router.host, 2, 2) as taken:
        taken.bind(("0.0.0.0", 51820))
        router.interface_options = ["option listen_port '51820'"]
        with pytest.raises(ConfigError):
            router.start()
    assert router.notifications(action=3)[-1]["error"][0] == "START"
    assert not router.notifications(action=4)


def test_configuration_is_kept_and_error_reported_when_a_reload_is_rejected(
    router: Router,
) -> None:
    router.start()
    router.interface_options = ["option mtu '12'"]
    router.write()
    router.query("reload")
    for _ in range(3):
        router.tick()
    errors = router.notifications(action=3)
    assert [message["error"][0] for message in errors] == ["CONFIGURATION"]
    assert not router.notifications(action=4)


def test_error_is_dropped_when_a_reload_succeeds_and_reported_when_it_returns(
    router: Router,
) -> None:
    router.start()
    for reports, mtu in enumerate(("12", "1400", "12"), 1):
        router.interface_options = [f"option mtu '{mtu}'"]
        router.write()
        router.query("reload")
        for _ in range(2):
            router.tick()
        assert bool(router.uci_config.reload_error) == (mtu == "12")
        assert len(router.notifications(action=3)) == (reports + 1) // 2


def test_status_reports_interface_and_peers(router: Router) -> None:
    router.peer_options.append("option description 'the office'")
    router.start()
    status = router.query("status")
    assert status["up"] is True
    assert status["public_key"] == public_key_of(router.private_key)
    assert status["listen_port"] == router.interface.port()
    (peer,) = status["peers"]
    assert peer["public_key"] == router.peer_key
    assert peer["description"] == "the office"
    assert peer["endpoint"] == f"{PEER}:51820"
    assert peer["allowed_ips"] == ["0.0.0.0/0", "::/0"]
    assert peer["has_preshared_key"] is True
    assert peer["handshake_age"] is None
    assert (peer["rx_bytes"], peer["tx_bytes"]) == (0, 0)
    assert peer["state"] == "idle"


def test_replies_contain_no_secret(router: Router) -> None:
    router.peer_options.append(f"option private_key '{new_key()}'")
    router.start()
    for method in ("status", "history", "resolve", "rekey", "retry", "reload"):
        answer = json.dumps(router.query(method))
        assert router.private_key not in answer
        assert router.preshared_key not in answer
        assert not any(f'"{name}"' in answer for name in SECRETS)


def test_status_names_a_peer_that_is_left_out(router: Router) -> None:
    router.peer_options.append("option endpoint_port 'x'")
    router.start()
    status = router.query("status")
    assert status["peers"] == []
    assert "network.@pywg_wg0[0].endpoint_port" in status["complaints"][0]


def test_status_names_what_the_tables_have_no_room_for(router: Router) -> None:
    new = [public_key_of(new_key()) for _ in range(4)]
    for public_key in new:
        router.peer_options.append(f"config pywg_{NAME}")
        router.peer_options.append(f"option public_key {public_key}")
    ips = " ".join(f"10.8.0.{n}" for n in range(9))
    router.peer_options.append(f"option allowed_ips '{ips}'")
    router.start()
    status = router.query("status")
    # Four peers fit, and eight allowed IPs.
    assert status["used"] == {"peers": 4, "allowed_ips": 2}
    assert status["left_out"] == {"peers": 1, "allowed_ips": 0}
    (complaint,) = status["complaints"]
    place = f"network.@pywg_{NAME}[4]"
    assert complaint.startswith(f"peer left out: {place}: too many peers: 5 (limit 4)")
    # Peers of a request have no section.
    change = InterfaceChange()
    change.peers = [PeerChange(bytes([n]) * 32) for n in (1, 2)]
    router.interface.configure(change)
    status = router.query("status")
    assert len(status["complaints"]) == 3
    assert "left out: too many peers (limit 4)" in status["complaints"][-1]


def has_further_routes(router: Router, expected: set[str]) -> bool:
    """Run a tick, and return whether these are the routes the daemon has added."""
    router.tick()
    shown = router.host.run("ip", "-j", "route", "show", "proto", str(PROTOCOL))
    routes = json.loads(shown.stdout or "[]")
    return {route["dst"] for route in routes if route["dev"] == NAME} == expected


def test_routes_are_added_by_the_daemon_when_netifd_has_no_room(router: Router) -> None:
    count = MAX_ROUTES + 700
    networks = [f"10.{n >> 8}.{n & 255}.0/24" for n in range(count)]
    router.limits = Limits(peers=4, allowed_ips=count + 8)
    router.peer_options += ["option nohostroute 1", "option route_allowed_ips 1"]
    router.peer_options.remove(EVERYTHING[0])
    router.peer_options += [f"list allowed_ips '{network}'" for network in networks]
    router.start()
    (sent,) = router.notifications()[-1:]
    routes = [f"{route['target']}/{route['netmask']}" for route in sent["routes"]]
    assert routes == networks[:MAX_ROUTES]
    assert becomes(lambda: has_further_routes(router, set(networks[MAX_ROUTES:])))
    # Fewer than before.
    del router.peer_options[-650:]
    router.write()
    router.query("reload")
    expected = set(networks[MAX_ROUTES : count - 650])
    assert becomes(lambda: has_further_routes(router, expected))
    # The kernel removes the routes of a link that is set down.
    router.host.run("ip", "link", "set", NAME, "down")
    router.interface.set_up(False)
    assert has_further_routes(router, set())
    router.host.up(NAME)
    router.interface.set_up(True)
    assert becomes(lambda: has_further_routes(router, expected))


def test_events_are_sent_when_the_state_changes(router: Router) -> None:
    service = router.start()
    service.close()
    assert becomes(lambda: len(router.ubusd.events) == 2)
    assert router.ubusd.events == [
        ("pywg", {"action": "up", "interface": NAME}),
        ("pywg", {"action": "down", "interface": NAME}),
    ]


def test_rekey_starts_handshakes_with_all_peers(router: Router) -> None:
    router.start()
    router.query("rekey")
    (peer,) = router.query("status")["peers"]
    assert peer["state"] == "calling"
    assert PEER in peer["reason"]


def test_rekey_starts_one_handshake_when_a_peer_is_given(router: Router) -> None:
    second_key = public_key_of(new_key())
    router.peer_options += [
        f"config pywg_{NAME}",
        f"option public_key '{second_key}'",
        f"option endpoint_host '{PEER}'",
    ]
    router.start()
    router.query("rekey", peer=second_key)
    assert router.states() == ["idle", "calling"]
    router.query("rekey")
    assert router.states() == ["calling", "calling"]


# Invalid values of the argument "peer", and the ubus status of the reply.
INVALID_PEERS = ((new_key(), 4), ("wg0", 2), ("é" * 44, 2), (7, 2))


@pytest.mark.parametrize("method", ["rekey", "resolve"])
def test_rekey_is_rejected_when_the_peer_is_unknown(
    router: Router, method: str
) -> None:
    router.start()
    for peer, status in INVALID_PEERS:
        assert router.call(method, {"peer": peer}) == (status, {})
    assert router.states() == ["idle"]


def test_start_counts_as_successful_after_a_minute(
    router: Router, monkeypatch: pytest.MonkeyPatch
) -> None:
    router.start()
    record = router.folder / "run/wg0.attempts"
    router.tick()
    assert record.exists()
    now = clock.boottime()
    monkeypatch.setattr(clock, "boottime", lambda: now + 61_000)
    router.tick()
    assert not record.exists()
