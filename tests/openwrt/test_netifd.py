"""What netifd is told."""

from pywg_embedded.openwrt.netifd import update_link

from .samples import interface_text, peer_text, read_well

ROUTED = "option route_allowed_ips '1'"


def test_addresses_routes_and_prefixes_are_announced() -> None:
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


def test_the_port_is_opened_where_the_world_is() -> None:
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


def test_8984_a_change_of_peers_alone_is_a_new_announcement() -> None:
    """https://github.com/openwrt/luci/issues/8984"""
    before = peer_text(1, ROUTED, "option allowed_ips '10.0.1.0/24'")
    after = peer_text(2, ROUTED, "option allowed_ips '10.0.2.0/24'")
    told = [
        update_link(read_well(interface_text(), peer), "wg0", 1)["routes"]
        for peer in (before, after)
    ]
    assert told == [
        [{"target": "10.0.1.0", "netmask": "24"}],
        [{"target": "10.0.2.0", "netmask": "24"}],
    ]
