"""`wg-quick` with pywgd as userspace implementation."""

import os
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.lab.topology import INSIDE, OUTSIDE, Lab
from tests.lab.wait import becomes
from tests.lab.wireguard import (
    PORT,
    WireGuard,
    at,
    bare,
    new_key,
    public_key_of,
    socket_path,
    unique_name,
)

REMOTE_ADDRESS = {4: "198.51.100.7", 6: "2001:db8:7::7"}
ENVIRONMENT = {
    "WG_QUICK_USERSPACE_IMPLEMENTATION": "pywgd",
    "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
}
# wg-quick uses a userspace implementation only if the kernel has none.
pytestmark = pytest.mark.skipif(
    Path("/sys/module/wireguard").exists(), reason="this kernel has WireGuard itself"
)


class Client:
    """A host that routes all traffic through a wg-quick tunnel to ``server``."""

    def __init__(self, lab: Lab, folder: Path) -> None:
        self.host, far = lab.wired_pair()
        self.server = WireGuard(far, "wireguard-go", INSIDE[1], OUTSIDE[1])
        lab.enter_context(self.server)
        for version, address in REMOTE_ADDRESS.items():
            far.add_address("lo", f"{address}/{32 if version == 4 else 128}")
        self.private_key = new_key()
        self.name = unique_name()
        self.file = folder / f"{self.name}.conf"
        self.file.write_text(self.configuration())
        self.file.chmod(0o600)
        allowed = ",".join(map(bare, INSIDE[0]))
        key = public_key_of(self.private_key)
        self.server.set("peer", key, "allowed-ips", allowed)

    def configuration(self) -> str:
        return f"""
[Interface]
PrivateKey = {self.private_key}
Address = {", ".join(INSIDE[0])}

[Peer]
PublicKey = {self.server.public_key}
AllowedIPs = 0.0.0.0/0, ::/0
Endpoint = {at(OUTSIDE[1][4], PORT)}
"""

    def quick(self, verb: str) -> None:
        self.host.run("wg-quick", verb, str(self.file), env=ENVIRONMENT)


@pytest.fixture
def client(lab: Lab, tmp_path: Path) -> Iterator[Client]:
    client = Client(lab, tmp_path)
    yield client
    socket_path(client.name).unlink(missing_ok=True)


@pytest.mark.parametrize("version", [4, 6], ids=["v4", "v6"])
def test_all_traffic_uses_the_tunnel_after_up(client: Client, version: int) -> None:
    # Reachable through the tunnel only.
    assert not client.host.reaches(REMOTE_ADDRESS[version], seconds=1)
    client.quick("up")
    assert client.host.reaches(REMOTE_ADDRESS[version])
    client.quick("down")


def test_host_is_restored_after_down(client: Client) -> None:
    before = network_state(client)
    client.quick("up")
    assert network_state(client) != before
    client.quick("down")
    # The daemon exits after wg-quick has deleted its interface.
    becomes(lambda: network_state(client) == before)
    assert network_state(client) == before


def network_state(client: Client) -> tuple[str, ...]:
    """Return rules, routes, links, firewall and processes of the host."""
    commands = (
        ("ip", "-4", "rule"),
        ("ip", "-6", "rule"),
        ("ip", "-br", "link"),
        ("ip", "-4", "route", "show", "table", "all"),
        ("nft", "list", "ruleset"),
    )
    outputs = (client.host.run(*command).stdout for command in commands)
    return (*outputs, str(client.host.pids()))
