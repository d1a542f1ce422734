"""Messages for netifd."""

import pytest

from pywg_embedded.openwrt.blobmsg import pack_table
from pywg_embedded.openwrt.netifd import (
    MAX_ROUTES,
    block_restart,
    further_routes,
    notify_error,
    update_link,
)
from pywg_embedded.openwrt.uci_network import InterfaceConfig, PeerConfig

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


@pytest.mark.parametrize("beyond", [-1, 0, 1], ids=["N-1", "N", "N+1"])
def test_message_has_routes_as_far_as_there_is_room(beyond: int) -> None:
    interface, peer = InterfaceConfig("wg0"), PeerConfig()
    peer.route_allowed_ips = True
    count = MAX_ROUTES + beyond
    prefixes = [(bytes([253] * 12) + n.to_bytes(4, "big"), 128) for n in range(count)]
    peer.allowed_ips = tuple(prefixes)
    interface.peers = [peer]
    message = update_link(interface, "wg0", 1)
    assert len(message["routes6"]) == min(count, MAX_ROUTES)
    assert further_routes(interface) == tuple(prefixes[MAX_ROUTES:])
    assert len(pack_table(message)) < 1 << 20
