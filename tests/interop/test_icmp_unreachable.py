"""A packet that has nowhere to go is answered with ICMP host unreachable."""

from base64 import b64encode

import pytest

from tests.lab.wireguard import WireGuard

SILENT_PEER = b64encode(b"a" * 32).decode()
# (address, allowed IPs of a peer without an endpoint, what ping prints)
ROWS = [
    ("10.0.0.9", "", "Destination Host Unreachable"),
    ("fd00::9", "", "Address unreachable"),
    ("10.0.0.9", "10.0.0.9/32", "Destination Host Unreachable"),
    ("fd00::9", "fd00::9/128", "Address unreachable"),
]


@pytest.mark.parametrize("address, allowed_ips, verdict", ROWS, ids=range(1, 5))
def test_the_sender_is_told(
    ours: WireGuard, address: str, allowed_ips: str, verdict: str
) -> None:
    ours.set("peer", SILENT_PEER, "allowed-ips", allowed_ips)
    said = ours.host.run("ping", "-n", "-c1", "-W60", address, check=False)
    assert verdict in said.stdout
