"""On a host with two addresses, replies leave from the one that was spoken to."""

import pytest

from tests.lab.host import Host
from tests.lab.topology import PREFIX_LENGTH, WIRE, Tunnel
from tests.lab.wait import becomes
from tests.lab.wireguard import PORT, at

ADDRESSES = {4: ("192.0.2.2", "192.0.2.66"), 6: ("2001:db8::2", "2001:db8::66")}


@pytest.fixture
def two_homed(our_tunnel: Tunnel) -> Tunnel:
    """Right has a second outside address a version; losing one spares the other."""
    host = our_tunnel.right.host
    host.sysctl("net.ipv4.conf.all.promote_secondaries", 1)
    for version, (_, second) in ADDRESSES.items():
        host.add_address(WIRE, f"{second}/{PREFIX_LENGTH[version]}")
    return our_tunnel


def speak_to(tunnel: Tunnel, address: str) -> None:
    tunnel.connect()
    tunnel.left.set_peer(tunnel.right, "endpoint", at(address, PORT))
    assert tunnel.left.pings(tunnel.right)


@pytest.mark.parametrize("which", [0, 1], ids=["first", "second"])
@pytest.mark.parametrize("version", [4, 6], ids=["v4", "v6"])
def test_replies_leave_from_the_address_spoken_to(
    two_homed: Tunnel, version: int, which: int
) -> None:
    address = ADDRESSES[version][which]
    speak_to(two_homed, address)
    assert two_homed.right.pings(two_homed.left)
    here = two_homed.left.show_peer("endpoints", two_homed.right)
    assert here == at(address, PORT)


@pytest.mark.parametrize("which", [0, 1], ids=["first", "second"])
@pytest.mark.parametrize("version", [4, 6], ids=["v4", "v6"])
def test_another_address_serves_when_that_one_is_deleted(
    two_homed: Tunnel, version: int, which: int
) -> None:
    lost, kept = ADDRESSES[version][which], ADDRESSES[version][1 - which]
    speak_to(two_homed, lost)
    two_homed.right.host.remove_address(WIRE, f"{lost}/{PREFIX_LENGTH[version]}")
    assert two_homed.right.pings(two_homed.left)
    left, right = two_homed.left, two_homed.right
    assert becomes(lambda: left.show_peer("endpoints", right) == at(kept, PORT))


@pytest.mark.parametrize("old, new", [(4, 6), (6, 4)], ids=["v4-to-v6", "v6-to-v4"])
def test_the_source_is_forgotten_when_the_ip_version_changes(
    two_homed: Tunnel, old: int, new: int
) -> None:
    speak_to(two_homed, ADDRESSES[old][1])
    left, right = two_homed.left, two_homed.right
    right.set_peer(left, "endpoint", left.endpoint(new))
    assert right.pings(left)
    here = [at(address, PORT) for address in ADDRESSES[new]]
    assert becomes(lambda: left.show_peer("endpoints", right) in here)


def test_22018_an_uplink_without_an_address_does_not_take_the_tunnels(
    our_tunnel: Tunnel,
) -> None:
    """https://github.com/openwrt/openwrt/issues/22018"""
    left, right = our_tunnel.left, our_tunnel.right
    wire, lan, inside = "2001:db8::1/64", "2001:db8:1::1", "2001:db8::ffff"
    left.host.remove_address(WIRE, wire)
    left.host.add_route("2001:db8::/64", device=WIRE)
    left.host.add_address("lo", f"{lan}/128")
    # The most like the endpoint's of them all.
    left.host.add_address(left.name, f"{inside}/128")
    right.host.add_route(f"{lan}/128", via=link_local(left.host), device=WIRE)
    our_tunnel.connect()
    left.set_peer(right, "endpoint", right.endpoint(6))
    assert left.pings(right)
    assert right.show_peer("endpoints", left) == at(lan, PORT)


def link_local(host: Host) -> str:
    shown = host.run("ip", "-6", "-o", "address", "show", WIRE, "scope", "link")
    return shown.stdout.split()[3].partition("/")[0]
