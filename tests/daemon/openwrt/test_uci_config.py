"""A daemon that configures itself from UCI, without netifd."""

import json
import os
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from pywg_embedded.daemon.netlink.routes import PROTOCOL
from pywg_embedded.openwrt.options import INTERFACE_OPTIONS
from tests.lab.host import Host
from tests.lab.uci_router import UciRouter
from tests.lab.wait import becomes
from tests.lab.wireguard import PYWG, new_key, public_key_of

from ..pywgd import PATIENCE, PYWGD


@pytest.fixture
def router(host: Host, tmp_path: Path) -> Iterator[UciRouter]:
    router = UciRouter(host, tmp_path)
    yield router
    router.stop()


def addresses(router: UciRouter) -> list[str]:
    shown = router.host.run("ip", "-j", "address", "show", "dev", router.name).stdout
    entries = json.loads(shown)[0]["addr_info"]
    return sorted(f"{entry['local']}/{entry['prefixlen']}" for entry in entries)


def mtu(router: UciRouter) -> int:
    shown = router.host.run("ip", "-j", "link", "show", "dev", router.name).stdout
    value: int = json.loads(shown)[0]["mtu"]
    return value


def routes(router: UciRouter, family: int = 4, table: str = "main") -> list[str]:
    """Return the routes of the daemon and of administrators."""
    found = []
    for protocol in (str(PROTOCOL), "static"):
        command = ("ip", f"-{family}", "-j", "route", "show", "proto", protocol)
        shown = router.host.run(*command, "table", table, check=False).stdout
        found += json.loads(shown or "[]")
    return sorted(
        f"{route['dst']} {route['dev'] == router.name} {route.get('metric', 0)}"
        for route in found
    )


def routed_peer(*allowed_ips: str) -> list[str]:
    return [
        f"option public_key '{public_key_of(new_key())}'",
        "option route_allowed_ips '1'",
        f"option allowed_ips '{' '.join(allowed_ips)}'",
    ]


def refusal(router: UciRouter) -> str:
    """Run a daemon that fails, and return its messages."""
    assert router.start().wait(PATIENCE) == 1
    return router.said()


def test_addresses_mtu_and_routes_are_configured(router: UciRouter) -> None:
    router.interface += ["option addresses '10.0.0.1/24 fd00::1/64'", "option mtu 1380"]
    router.peers = [routed_peer("10.1.0.0/16", "fd01::/64")]
    router.start()
    assert addresses(router) == ["10.0.0.1/24", "fd00::1/64"]
    assert mtu(router) == 1380
    assert routes(router) == ["10.1.0.0/16 True 0"]
    assert routes(router, 6) == ["fd01::/64 True 1024"]


def test_mtu_without_the_option_is_the_documented_one(router: UciRouter) -> None:
    router.start()
    described = next(each for each in INTERFACE_OPTIONS if each.name == "mtu")
    assert f"; {mtu(router)} without netifd." in described.description


def test_routes_have_the_configured_tables_and_metric(router: UciRouter) -> None:
    router.interface += ["option ip4table 77", "option metric 7"]
    router.peers = [routed_peer("10.1.0.0/16", "fd01::/64")]
    router.start()
    assert routes(router, table="77") == ["10.1.0.0/16 True 7"]
    assert routes(router, 6) == ["fd01::/64 True 7"]


def test_only_own_addresses_and_routes_are_removed_on_reload(router: UciRouter) -> None:
    router.interface += ["option addresses '10.0.0.1/24 10.0.9.1/24'"]
    router.peers = [routed_peer("10.1.0.0/16"), routed_peer("10.2.0.0/16")]
    router.start()
    router.host.add_address(router.name, "10.8.0.1/32")
    router.host.add_route("10.3.0.0/16", device=router.name)
    router.interface[-1] = "option addresses '10.0.0.1/24 fd00::1/128'"
    router.peers[1] = routed_peer("10.4.0.0/16")
    router.reload()
    expected = ["10.0.0.1/24", "10.8.0.1/32", "fd00::1/128"]
    assert addresses(router) == expected
    wanted = ["10.1.0.0/16 True 0", "10.3.0.0/16 True 0", "10.4.0.0/16 True 0"]
    assert routes(router) == wanted


def test_private_key_is_generated_once(router: UciRouter) -> None:
    router.interface = ["option proto 'pywg'", "option private_key 'generate'"]
    router.start()
    generated = router.show("private-key")
    assert f"option private_key '{generated}'" in router.file.read_text()
    router.stop()
    router.interface[1] = f"option private_key '{generated}'"
    router.start()
    assert router.show("private-key") == generated


def test_daemon_ends_when_a_value_is_invalid_at_the_start(router: UciRouter) -> None:
    router.interface += ["option fwmark 'x'"]
    said = refusal(router)
    assert f"error: network.{router.name}.fwmark: invalid number 'x'" in said
    assert f"pywgd: {router.file}: invalid interface {router.name}: network." in said


def test_migration_is_suggested_when_the_protocol_is_wireguard(
    router: UciRouter,
) -> None:
    router.interface[0] = "option proto 'wireguard'"
    assert f"'pywg migrate {router.name}'" in refusal(router)
    router.host.run(PYWG, "migrate", router.name, env=router.environment())
    assert "option proto 'pywg'" in router.file.read_text()


def test_file_is_rejected_with_a_line_number_when_libuci_would_reject_it(
    router: UciRouter,
) -> None:
    router.interface += ["nonsense"]
    assert f"{router.file}: line 4: unknown command 'nonsense" in refusal(router)


def test_peer_with_own_public_key_is_left_out_and_logged(router: UciRouter) -> None:
    own = [
        f"option public_key '{router.public_key}'",
        "option route_allowed_ips '1'",
        "option allowed_ips '10.1.0.0/16'",
    ]
    router.peers = [own, routed_peer("10.2.0.0/16")]
    router.start()
    assert routes(router) == ["10.2.0.0/16 True 0"]
    place = f"network.@pywg_{router.name}[0].public_key"
    assert f"peer left out: {place}: public key of this interface" in router.said()


def test_invalid_value_is_left_out_when_it_was_so_at_the_start(
    router: UciRouter,
) -> None:
    router.interface += ["option addresses '10.0.0.1/24 10.0.0.1/244'", "option mtu 9"]
    router.peers = [routed_peer("10.1.0.0/16")]
    router.start()
    assert addresses(router) == ["10.0.0.1/24"]
    router.peers = [routed_peer("10.2.0.0/16")]
    router.reload()
    assert routes(router) == ["10.2.0.0/16 True 0"]
    said = router.said()
    assert f"value left out: network.{router.name}.mtu: MTU too small: 9" in said
    assert "configuration rejected" not in said


def test_configuration_is_kept_when_a_value_is_invalid_on_reload(
    router: UciRouter,
) -> None:
    router.peers = [routed_peer("10.1.0.0/16")]
    router.start()
    before = router.show("dump")
    router.interface += ["option listen_port 'many'"]
    router.peers = []
    router.reload()
    assert router.show("dump") == before
    said = router.said()
    place = f"network.{router.name}.listen_port"
    assert f"value left out: {place}: invalid number 'many'" in said
    assert "configuration rejected, keeping the previous one" in said


@pytest.mark.parametrize("table", ["vpn", "\N{SUPERSCRIPT TWO}", "-1", str(2**32)])
def test_unknown_routing_table_is_logged(router: UciRouter, table: str) -> None:
    router.interface += [f"option ip4table '{table}'"]
    router.peers = [routed_peer("10.1.0.0/16")]
    router.start()
    assert routes(router) == []
    assert f"cannot add route 10.1.0.0/16: unknown table {table}" in router.said()


def test_rest_is_configured_when_the_kernel_rejects_a_route(
    router: UciRouter,
) -> None:
    router.interface += ["option addresses '224.0.0.1/24 10.0.0.1/24 ff02::1/64'"]
    router.start()
    assert "10.0.0.1/24" in addresses(router)
    assert "cannot add address ff02::1/64: " in router.said()


def test_interface_is_configured_when_the_command_returns(router: UciRouter) -> None:
    router.interface += ["option addresses '10.0.0.1/24'"]
    router.write()
    state = ("--state", str(router.file.parent))
    router.host.run(*PYWGD, "--uci", *state, router.name, env=router.environment())
    assert addresses(router) == ["10.0.0.1/24"]
    assert int(router.show("listen-port")) > 0
    (pid,) = router.host.pids()
    os.kill(pid, signal.SIGTERM)
    assert becomes(lambda: not router.host.has_link(router.name))


# Options of the interface, sizes of the tables.
SIZED = [
    pytest.param(
        ["option max_peers 3", "option max_allowed_ips 5"], 3, 5, id="options"
    ),
    pytest.param([], 64, 1024, id="defaults"),
]
# Entries beyond the size of the table.
BOUNDARY = [pytest.param(n, id=f"N{n:+}") for n in (-1, 0, 1)]


def peers_with(peers: int, allowed_ips: int) -> list[list[str]]:
    """Return peers, the first of which has all allowed IPs, with routes."""
    numbers = [f"10.1.{n >> 8}.{n & 255}" for n in range(allowed_ips)]
    return [routed_peer(*numbers)] + [routed_peer() for _ in range(peers - 1)]


def counts(router: UciRouter) -> tuple[int, int]:
    lines = router.show("allowed-ips").splitlines()
    return len(lines), sum(line.count("/32") for line in lines)


@pytest.mark.parametrize("beyond", BOUNDARY)
@pytest.mark.parametrize(("options", "peers", "allowed_ips"), SIZED)
def test_tables_hold_what_is_configured_and_the_surplus_is_named(
    router: UciRouter, options: list[str], peers: int, allowed_ips: int, beyond: int
) -> None:
    router.interface += options
    router.peers = peers_with(peers + beyond, allowed_ips + beyond)
    router.start()
    is_sized = not options  # by the configuration, for twice as much
    missing = 0 if is_sized else max(0, beyond)
    assert counts(router) == (peers + beyond - missing, allowed_ips + beyond - missing)
    assert len(routes(router)) == allowed_ips + beyond - missing
    place = f"network.@pywg_{router.name}"
    too_many_peers = f"peer left out: {place}[{peers}]: too many peers: {peers + 1} "
    too_many_ips = f"allowed IP left out: {place}[0].allowed_ips: 10.1."
    for text, remedy in (
        (too_many_peers, "raise option max_peers"),
        (too_many_ips, "raise option max_allowed_ips"),
    ):
        assert router.said().count(text) == missing
        assert (f"; {remedy}" in router.said()) == bool(missing)


@pytest.mark.parametrize("beyond", BOUNDARY)
def test_reload_beyond_the_tables_leaves_the_new_ones_out(
    router: UciRouter, beyond: int
) -> None:
    router.peers = [routed_peer("10.9.0.0"), routed_peer("10.9.0.1")]
    router.start()
    kept = router.peers
    router.peers = [*peers_with(64 + beyond - 2, 1024 + beyond - 2), *kept]
    router.reload()
    missing = max(0, beyond)
    assert counts(router) == (64 + beyond - missing, 1024 + beyond - missing)
    assert kept[0][0].split("'")[1] in router.show("peers")
    remedy = "restart the interface to resize the table"
    assert router.said().count(remedy) == 2 * missing
    assert "configuration rejected" not in router.said()
    # A restart has room for all.
    router.stop()
    router.start()
    assert counts(router) == (64 + beyond, 1024 + beyond)


def test_long_list_starts(router: UciRouter) -> None:
    router.peers = [routed_peer()]
    ips = (f"10.{n >> 16}.{n >> 8 & 255}.{n & 255}" for n in range(30_000))
    router.peers[0] += [f"list allowed_ips '{ip}'" for ip in ips]
    del router.peers[0][1]  # no routes
    router.start()
    assert counts(router) == (1, 30_000)


def test_wrong_allowed_ip_is_left_out_and_the_peer_works(router: UciRouter) -> None:
    router.peers = [routed_peer("10.1.0.0/16", "10.2.0.0/33", "10.3.0.0/16")]
    router.start()
    assert routes(router) == ["10.1.0.0/16 True 0", "10.3.0.0/16 True 0"]
    place = f"network.@pywg_{router.name}[0].allowed_ips"
    text = f"allowed IP left out: {place}: invalid allowed IP '10.2.0.0/33'"
    assert text in router.said()
    router.peers = [routed_peer("10.4.0.0/16", "10.5")]
    router.reload()
    assert routes(router) == ["10.4.0.0/16 True 0"]
