"""A packet that cannot be sent is answered with ICMP host unreachable."""

from base64 import b64encode

import pytest

from tests.lab.wireguard import WireGuard

PEER_WITHOUT_ENDPOINT = b64encode(b"a" * 32).decode()
# (address, allowed IPs of a peer without an endpoint, message of ping)
IDS = ["no-peer-v4", "no-peer-v6", "no-endpoint-v4", "no-endpoint-v6"]
ROWS = [
    ("10.0.0.9", "", "Destination Host Unreachable"),
    ("fd00::9", "", "Address unreachable"),
    ("10.0.0.9", "10.0.0.9/32", "Destination Host Unreachable"),
    ("fd00::9", "fd00::9/128", "Address unreachable"),
]


@pytest.mark.parametrize("address, allowed_ips, message", ROWS, ids=IDS)
def test_icmp_host_unreachable_is_sent(
    pywgd: WireGuard, address: str, allowed_ips: str, message: str
) -> None:
    pywgd.set("peer", PEER_WITHOUT_ENDPOINT, "allowed-ips", allowed_ips)
    result = pywgd.host.run("ping", "-n", "-c1", "-W60", address, check=False)
    assert message in result.stdout
