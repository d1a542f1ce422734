"""Messages for netifd, and next hops from its dump."""

from typing import Any

import pytest

from pywg_embedded.control.address import parse_ip
from pywg_embedded.openwrt.netifd import (
    NextHop,
    block_restart,
    find_next_hop,
    notify_error,
    update_link,
    uplink_devices,
)

from .samples import interface_text, peer_text, read_well

ROUTED = "option route_allowed_ips '1'"


def test_update_has_addresses_routes_and_prefixes() -> None:
    interface = read_well(
        interface_text(
            "option addresses '10.0.0.1/24 fd00::1/64 10.1.0.1'",
            "list ip6prefix '2001:db8::/48'",
            "option metric '7'",
            "option ip4table 'vpn'",
        ),
        peer_text(1, ROUTED, "option allowed_ips '10.0.1.0/24 fd01::/64'"),
        peer_text(2, "option allowed_ips '10.0.2.0/24'"),
        peer_text(3, ROUTED, "option allowed_ips '0.0.0.0/0'"),
    )
    assert update_link(interface, "tun7", 51820) == {
        "action": 0,
        "interface": "wg0",
        "ifname": "tun7",
        "link-up": True,
        "keep": False,
        "address-external": False,
        "ipaddr": [
            {"ipaddr": "10.0.0.1", "mask": "24"},
            {"ipaddr": "10.1.0.1", "mask": "32"},
        ],
        "ip6addr": [{"ipaddr": "fd00::1", "mask": "64"}],
        "routes": [
            {"target": "10.0.1.0", "netmask": "24"},
            {"target": "0.0.0.0", "netmask": "0"},
        ],
        "routes6": [{"target": "fd01::", "netmask": "64"}],
        "ip6prefix": ["2001:db8::/48"],
        "data": {"firewall": []},
    }


HALVES = [
    {"target": "0.0.0.0", "netmask": "1"},
    {"target": "128.0.0.0", "netmask": "1"},
]
HALVES_6 = [{"target": "::", "netmask": "1"}, {"target": "8000::", "netmask": "1"}]
WHOLE = [{"target": "0.0.0.0", "netmask": "0"}]
WHOLE_6 = [{"target": "::", "netmask": "0"}]
# Options of the interface, IPv4 routes, IPv6 routes.
DEFAULTS: tuple[tuple[str, object, object], ...] = (
    ("", HALVES, HALVES_6),
    ("option metric '0'", HALVES, HALVES_6),
    ("option metric '20'", WHOLE, WHOLE_6),
    ("option ip4table '7'", WHOLE, HALVES_6),
    ("option ip6table '7'", HALVES, WHOLE_6),
)


@pytest.mark.parametrize(
    "option, routes, routes_6",
    DEFAULTS,
    ids=["default", "metric-0", "metric", "ip4table", "ip6table"],
)
def test_4597_default_route_is_split_unless_it_has_a_metric_or_table(
    option: str, routes: object, routes_6: object
) -> None:
    """https://github.com/openwrt/packages/issues/4597"""
    everything = "option allowed_ips '0.0.0.0/0 ::/0'"
    peer = peer_text(1, ROUTED, everything)
    message = update_link(read_well(interface_text(option), peer), "wg0", 51820)
    assert (message["routes"], message["routes6"]) == (routes, routes_6)


def test_port_is_opened_on_the_uplinks() -> None:
    message = update_link(read_well(interface_text()), "wg0", 51820, ["eth1", "wwan0"])
    rule = {
        "type": "rule",
        "src": "*",
        "proto": "udp",
        "dest_port": "51820",
        "target": "ACCEPT",
    }
    assert message["data"] == {
        "firewall": [{**rule, "device": "eth1"}, {**rule, "device": "wwan0"}]
    }


def test_8984_update_changes_when_only_peers_change() -> None:
    """https://github.com/openwrt/luci/issues/8984"""
    before = peer_text(1, ROUTED, "option allowed_ips '10.0.1.0/24'")
    after = peer_text(2, ROUTED, "option allowed_ips '10.0.2.0/24'")
    routes = [
        update_link(read_well(interface_text(), peer), "wg0", 1)["routes"]
        for peer in (before, after)
    ]
    assert routes == [
        [{"target": "10.0.1.0", "netmask": "24"}],
        [{"target": "10.0.2.0", "netmask": "24"}],
    ]


def test_error_and_block_messages_have_the_interface() -> None:
    assert notify_error("wg0", "CONFIGURATION", "no such key") == {
        "action": 3,
        "interface": "wg0",
        "error": ["CONFIGURATION", "no such key"],
    }
    assert block_restart("wg0") == {"action": 4, "interface": "wg0"}


def uplink(name: str, device: str, subnet: int, metric: int = 0) -> dict[str, Any]:
    """An interface with default routes in the output of ``dump``."""
    zero = {"source": "0.0.0.0/0"}
    return {
        "interface": name,
        "up": True,
        "l3_device": device,
        "metric": metric,
        "ipv4-address": [{"address": f"10.77.{subnet}.2", "mask": 24}],
        "ipv6-address": [{"address": f"fd77:{subnet}::2", "mask": 64}],
        "route": [
            {"target": "0.0.0.0", "mask": 0, "nexthop": f"10.77.{subnet}.1", **zero},
            {"target": "::", "mask": 0, "nexthop": f"fd77:{subnet}::1", **zero},
        ],
    }


def dump_of_two_uplinks() -> dict[str, Any]:
    """A LAN, two uplinks, and our interface with default routes."""
    lan = {
        "interface": "lan",
        "up": True,
        "l3_device": "br-lan",
        "ipv4-address": [{"address": "192.168.1.1", "mask": 24}],
    }
    ours = uplink("wg0", "wg0", 9)
    return {
        "interface": [
            lan, ours, uplink("wwan", "wwan0", 2, 20), uplink("wan", "eth1", 1, 10),
        ],
    }  # fmt: skip


def change(dump: dict[str, Any], name: str, **values: object) -> dict[str, Any]:
    """Change values of an interface in a dump, and return the dump."""
    for interface in dump["interface"]:
        if interface["interface"] == name:
            interface.update(values)
    return dump


FAR, FAR_6 = parse_ip("192.0.2.9"), parse_ip("2001:db8::9")


def test_uplink_devices_have_default_routes() -> None:
    assert uplink_devices(dump_of_two_uplinks(), "wg0") == ["wwan0", "eth1"]
    assert uplink_devices(dump_of_two_uplinks(), "wg0", only="wan") == ["eth1"]
    assert uplink_devices(change(dump_of_two_uplinks(), "wan", up=False), "wg0") == [
        "wwan0"
    ]
    assert uplink_devices({}, "wg0") == []


NEXT_HOP_IDS = (
    "ipv4", "ipv6", "uplink-down", "tunlink", "on-link", "on-link-uplink",
    "metric-changed",
)  # fmt: skip
# Dump, destination, tunlink, device, gateway.
NEXT_HOPS: tuple[tuple[dict[str, Any], str, str | None, str, str], ...] = (
    (dump_of_two_uplinks(), "192.0.2.9", None, "eth1", "10.77.1.1"),
    (dump_of_two_uplinks(), "2001:db8::9", None, "eth1", "fd77:1::1"),
    (
        change(dump_of_two_uplinks(), "wan", up=False),
        "192.0.2.9",
        None,
        "wwan0",
        "10.77.2.1",
    ),
    (dump_of_two_uplinks(), "192.0.2.9", "wwan", "wwan0", "10.77.2.1"),
    (dump_of_two_uplinks(), "192.168.1.7", None, "br-lan", ""),
    (dump_of_two_uplinks(), "10.77.2.1", None, "wwan0", ""),
    (
        change(dump_of_two_uplinks(), "wan", metric=30),
        "192.0.2.9",
        None,
        "wwan0",
        "10.77.2.1",
    ),
)


@pytest.mark.parametrize(
    "dump, address, only, device, gateway", NEXT_HOPS, ids=NEXT_HOP_IDS
)
def test_22905_next_hop_is_that_of_the_best_uplink(
    dump: dict[str, Any], address: str, only: str | None, device: str, gateway: str
) -> None:
    """https://github.com/openwrt/openwrt/issues/22905"""
    found = find_next_hop(dump, "wg0", parse_ip(address), only)
    assert found == NextHop(device, parse_ip(gateway) if gateway else b"")


def test_next_hop_is_none_when_all_uplinks_are_down() -> None:
    dump = change(change(dump_of_two_uplinks(), "wan", up=False), "wwan", up=False)
    assert find_next_hop(dump, "wg0", FAR) is None
    assert find_next_hop(dump_of_two_uplinks(), "wg0", FAR, only="nothing") is None
    assert find_next_hop({}, "wg0", FAR_6) is None


def test_routes_of_other_tables_are_ignored() -> None:
    dump = dump_of_two_uplinks()
    for interface in dump["interface"]:
        for route in interface.get("route", ()):
            route["table"] = 7
    assert find_next_hop(dump, "wg0", FAR) is None
