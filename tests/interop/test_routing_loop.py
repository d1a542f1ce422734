"""An endpoint that is routed into the tunnel itself does not loop."""

from collections.abc import Callable

import pytest

from tests.lab.topology import INSIDE, OUTSIDE, Lab, Tunnel
from tests.lab.wait import becomes
from tests.lab.wireguard import WireGuard, bare

MARK, TABLE = "0x1234", "100"
PINGS = 5
# More than the datagrams of some packets and their fragments, handshakes included; a
# loop sends as much in milliseconds.
MOST_BYTES = 100_000
# (packet size of ping): one datagram, and one that the kernel fragments.
SIZES = {"small": "56", "fragmented": "1380"}


def by_route(tunnel: Tunnel, version: int, verb: str) -> None:
    left = tunnel.left
    prefix = {4: "/32", 6: "/128"}[version]
    to = OUTSIDE[1][version] + prefix
    left.host.run("ip", f"-{version}", "route", verb, to, "dev", left.name)


def by_rule(tunnel: Tunnel, version: int, verb: str) -> None:
    left = tunnel.left
    table = "ip", f"-{version}", "route", "replace", "default", "dev", left.name
    left.host.run(*table, "table", TABLE)
    rule = "ip", f"-{version}", "rule", verb, "to", OUTSIDE[1][version]
    left.host.run(*rule, "lookup", TABLE, "priority", "9")


def by_mark(tunnel: Tunnel, version: int, verb: str) -> None:
    left = tunnel.left
    left.set("fwmark", MARK)
    table = "ip", f"-{version}", "route", "replace", "default", "dev", left.name
    left.host.run(*table, "table", TABLE)
    rule = "ip", f"-{version}", "rule", verb, "fwmark", MARK
    left.host.run(*rule, "lookup", TABLE, "priority", "9")


def sent_bytes(tunnel: Tunnel) -> int:
    """Return the bytes that left has sent to right, as `wg show` counts them."""
    return int(tunnel.left.show_peer("transfer", tunnel.right).split()[1])


def send_pings(tunnel: Tunnel, version: int, size: str) -> None:
    address = tunnel.right.address(version)
    options = ("-n", f"-c{PINGS}", "-i0.01", "-W1", "-s", size)
    tunnel.left.host.run("ping", *options, address, check=False)


@pytest.mark.parametrize(
    "implementation", ["pywgd", "pywgd-two-threads", "pywgd-python"]
)
@pytest.mark.parametrize("version", [4, 6], ids=["v4", "v6"])
@pytest.mark.parametrize("route", [by_route, by_rule, by_mark])
@pytest.mark.parametrize("size", SIZES.values(), ids=SIZES)
def test_looping_datagrams_are_dropped_until_the_route_is_mended(
    lab: Lab,
    implementation: str,
    version: int,
    route: Callable[[Tunnel, int, str], None],
    size: str,
) -> None:
    tunnel = lab.tunnel(implementation, "pywgd")
    tunnel.connect(version)
    tunnel.left.set_peer(tunnel.right, "allowed-ips", "0.0.0.0/0,::/0")
    assert tunnel.left.pings(tunnel.right)
    handshake_time = tunnel.left.handshake_time(tunnel.right)
    before = sent_bytes(tunnel)
    route(tunnel, version, "add")
    send_pings(tunnel, version, size)
    assert sent_bytes(tunnel) - before < MOST_BYTES
    route(tunnel, version, "del")
    # The first packet passes, under the keypair of before.
    address = tunnel.right.address(version)
    tunnel.left.host.run("ping", "-n", "-c1", "-W60", "-s", size, address)
    assert tunnel.left.handshake_time(tunnel.right) == handshake_time


@pytest.mark.parametrize("implementation", ["pywgd", "pywgd-python"])
def test_handshake_is_sent_once_the_route_is_mended(
    lab: Lab, implementation: str
) -> None:
    tunnel = lab.tunnel(implementation, "pywgd")
    by_route(tunnel, 4, "add")
    tunnel.connect(4)
    tunnel.left.set_peer(tunnel.right, "allowed-ips", "0.0.0.0/0,::/0")
    send_pings(tunnel, 4, SIZES["small"])
    assert not tunnel.left.handshake_time(tunnel.right)
    by_route(tunnel, 4, "del")
    # No packet is needed: the initiation is repeated.
    assert becomes(lambda: bool(tunnel.left.handshake_time(tunnel.right)))


def test_datagrams_of_another_wireguard_on_the_same_port_pass(lab: Lab) -> None:
    """A tunnel in the tunnel, between hosts behind both ends, with equal ports."""
    tunnel = lab.tunnel("pywgd", "pywgd")
    tunnel.connect(4, "persistent-keepalive", "1")
    assert tunnel.left.pings(tunnel.right)
    clients = []
    for n, router in enumerate((tunnel.left, tunnel.right), 1):
        host = lab.host(f"client{n}")
        router.host.forward_packets()
        router.host.wire("lan", host, "lan")
        router.host.add_address("lan", f"192.168.{n}.1/24")
        host.add_address("lan", f"192.168.{n}.2/24")
        host.add_default_route(f"192.168.{n}.1")
        outside = {4: f"192.168.{n}.2"}
        inside = (f"10.7.0.{n}/24",)
        clients.append(lab.enter_context(WireGuard(host, "pywgd", inside, outside)))
    for here, there, n in ((0, 1, 2), (1, 0, 1)):
        router = (tunnel.left, tunnel.right)[here]
        peer = (tunnel.left, tunnel.right)[there]
        allowed = f"{bare(INSIDE[there][0])}/32,192.168.{n}.0/24"
        router.set_peer(peer, "allowed-ips", allowed)
        router.host.add_route(f"192.168.{n}.0/24", device=router.name)
    nested = Tunnel(*clients)
    nested.connect(4)
    assert nested.left.pings(nested.right)
