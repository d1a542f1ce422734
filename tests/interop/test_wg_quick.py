"""`wg-quick` with pywgd as its userspace implementation."""

import os
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.lab.topology import INSIDE, OUTSIDE, Lab
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

FAR_AWAY = {4: "198.51.100.7", 6: "2001:db8:7::7"}
ENVIRONMENT = {
    "WG_QUICK_USERSPACE_IMPLEMENTATION": "pywgd",
    "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
}
# wg-quick asks a userspace implementation only if the kernel has none.
pytestmark = pytest.mark.skipif(
    Path("/sys/module/wireguard").exists(), reason="this kernel has WireGuard itself"
)


class Client:
    """A host whose whole traffic goes through a wg-quick tunnel to ``server``."""

    def __init__(self, lab: Lab, folder: Path) -> None:
        self.host, far = lab.wired_pair()
        self.server = WireGuard(far, "wireguard-go", INSIDE[1], OUTSIDE[1])
        lab.enter_context(self.server)
        for version, address in FAR_AWAY.items():
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
def test_up_sends_everything_through_the_tunnel(client: Client, version: int) -> None:
    # A route that only the tunnel can make good.
    assert not client.host.reaches(FAR_AWAY[version], seconds=1)
    client.quick("up")
    assert client.host.reaches(FAR_AWAY[version])
    client.quick("down")


def test_down_leaves_the_host_as_it_was(client: Client) -> None:
    before = picture(client)
    client.quick("up")
    assert picture(client) != before
    client.quick("down")
    assert picture(client) == before


def picture(client: Client) -> tuple[str, ...]:
    """Rules, routes, links, firewall and processes of the client's host."""
    commands = (
        ("ip", "-4", "rule"),
        ("ip", "-6", "rule"),
        ("ip", "-br", "link"),
        ("ip", "-4", "route", "show", "table", "all"),
        ("nft", "list", "ruleset"),
    )
    outputs = (client.host.run(*command).stdout for command in commands)
    return (*outputs, str(client.host.pids()))
