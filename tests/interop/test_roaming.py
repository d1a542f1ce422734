"""Roaming: the endpoint follows the source of authenticated packets."""

import pytest

from tests.lab.topology import OUTSIDE, PREFIX_LENGTH, WIRE, Tunnel
from tests.lab.wait import becomes
from tests.lab.wireguard import PORT, WireGuard, at

NEW_ADDRESS = {4: "192.0.2.77", 6: "2001:db8::77"}


def move(end: WireGuard, version: int) -> None:
    """Replace the outer address."""
    length = PREFIX_LENGTH[version]
    end.host.remove_address(WIRE, f"{end.outside[version]}/{length}")
    end.host.add_address(WIRE, f"{NEW_ADDRESS[version]}/{length}")


def follows(end: WireGuard, peer: WireGuard, endpoint: str) -> bool:
    return becomes(lambda: end.show_peer("endpoints", peer) == endpoint)


@pytest.mark.parametrize("version", [4, 6], ids=["v4", "v6"])
@pytest.mark.parametrize("mover", ["initiator", "responder"])
def test_endpoint_follows_when_a_peer_changes_its_address(
    private_tunnel: Tunnel, mover: str, version: int
) -> None:
    left, right = private_tunnel.left, private_tunnel.right
    private_tunnel.connect(version)
    assert left.pings(right)
    mobile, fixed = (left, right) if mover == "initiator" else (right, left)
    move(mobile, version)
    # Makes wireguard-go drop its cached source address.
    mobile.set_peer(fixed, "endpoint", fixed.endpoint(version))
    assert mobile.pings(fixed)
    assert follows(fixed, mobile, at(NEW_ADDRESS[version], PORT))
    assert fixed.pings(mobile)


@pytest.mark.parametrize("old, new", [(4, 6), (6, 4)], ids=["v4-to-v6", "v6-to-v4"])
def test_session_is_kept_when_the_ip_version_changes(
    tunnel: Tunnel, old: int, new: int
) -> None:
    tunnel.connect(old)
    assert tunnel.left.pings(tunnel.right)
    session = tunnel.right.handshake_time(tunnel.left)
    tunnel.left.set_peer(tunnel.right, "endpoint", tunnel.right.endpoint(new))
    assert tunnel.left.pings(tunnel.right)
    assert follows(tunnel.right, tunnel.left, at(OUTSIDE[0][new], PORT))
    assert tunnel.right.handshake_time(tunnel.left) == session
