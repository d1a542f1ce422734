"""Replies have the source address that the peer sent to, on hosts with several."""

import pytest

from tests.lab.host import Host
from tests.lab.topology import PREFIX_LENGTH, WIRE, Tunnel
from tests.lab.wait import becomes
from tests.lab.wireguard import PORT, at

ADDRESSES = {4: ("192.0.2.2", "192.0.2.66"), 6: ("2001:db8::2", "2001:db8::66")}


@pytest.fixture
def multihomed(pywgd_tunnel: Tunnel) -> Tunnel:
    """Give right a second outer address per IP version that survives the first one."""
    host = pywgd_tunnel.right.host
    host.sysctl("net.ipv4.conf.all.promote_secondaries", 1)
    for version, (_, second) in ADDRESSES.items():
        host.add_address(WIRE, f"{second}/{PREFIX_LENGTH[version]}")
    return pywgd_tunnel


def ping_address(tunnel: Tunnel, address: str) -> None:
    tunnel.connect()
    tunnel.left.set_peer(tunnel.right, "endpoint", at(address, PORT))
    assert tunnel.left.pings(tunnel.right)


@pytest.mark.parametrize("which", [0, 1], ids=["first", "second"])
@pytest.mark.parametrize("version", [4, 6], ids=["v4", "v6"])
def test_replies_have_the_source_that_the_peer_sent_to(
    multihomed: Tunnel, version: int, which: int
) -> None:
    address = ADDRESSES[version][which]
    ping_address(multihomed, address)
    assert multihomed.right.pings(multihomed.left)
    here = multihomed.left.show_peer("endpoints", multihomed.right)
    assert here == at(address, PORT)


@pytest.mark.parametrize("which", [0, 1], ids=["first", "second"])
@pytest.mark.parametrize("version", [4, 6], ids=["v4", "v6"])
def test_replies_have_another_source_when_the_address_is_deleted(
    multihomed: Tunnel, version: int, which: int
) -> None:
    lost, kept = ADDRESSES[version][which], ADDRESSES[version][1 - which]
    ping_address(multihomed, lost)
    multihomed.right.host.remove_address(WIRE, f"{lost}/{PREFIX_LENGTH[version]}")
    assert multihomed.right.pings(multihomed.left)
    left, right = multihomed.left, multihomed.right
    assert becomes(lambda: left.show_peer("endpoints", right) == at(kept, PORT))


@pytest.mark.parametrize("old, new", [(4, 6), (6, 4)], ids=["v4-to-v6", "v6-to-v4"])
def test_source_is_reset_when_the_ip_version_changes(
    multihomed: Tunnel, old: int, new: int
) -> None:
    ping_address(multihomed, ADDRESSES[old][1])
    left, right = multihomed.left, multihomed.right
    right.set_peer(left, "endpoint", left.endpoint(new))
    assert right.pings(left)
    here = [at(address, PORT) for address in ADDRESSES[new]]
    assert becomes(lambda: left.show_peer("endpoints", right) in here)


def test_22018_tunnel_address_is_not_the_source_when_the_uplink_has_none(
    pywgd_tunnel: Tunnel,
) -> None:
    """https://github.com/openwrt/openwrt/issues/22018"""
    left, right = pywgd_tunnel.left, pywgd_tunnel.right
    wire, lan, inside = "2001:db8::1/64", "2001:db8:1::1", "2001:db8::ffff"
    left.host.remove_address(WIRE, wire)
    left.host.add_route("2001:db8::/64", device=WIRE)
    left.host.add_address("lo", f"{lan}/128")
    # The address with the longest common prefix with the endpoint.
    left.host.add_address(left.name, f"{inside}/128")
    right.host.add_route(f"{lan}/128", via=link_local(left.host), device=WIRE)
    pywgd_tunnel.connect()
    left.set_peer(right, "endpoint", right.endpoint(6))
    assert left.pings(right)
    assert right.show_peer("endpoints", left) == at(lan, PORT)


def link_local(host: Host) -> str:
    shown = host.run("ip", "-6", "-o", "address", "show", WIRE, "scope", "link")
    return shown.stdout.split()[3].partition("/")[0]
