"""From ``opkg install`` to hosts of two LANs that reach each other, and away again."""

import json

from tests.lab.wait import becomes

from .conftest import Homes
from .world import INSIDE, LANS, NAME, PORT, Home


def rule_of(home: Home) -> str:
    """What the firewall has for our port."""
    rules = home.router.run("nft list ruleset")
    return "\n".join(line for line in rules.splitlines() if f"dport {PORT}" in line)


def test_two_homes_are_linked(homes: Homes) -> None:
    first, second = homes
    assert first.reaches(second)
    assert second.reaches(first)
    status = first.status_of(NAME)
    assert status["up"] is True
    assert status["proto"] == "pywg"
    assert status["l3_device"] == NAME
    assert not status.get("errors")
    routes = status["route"]
    assert isinstance(routes, list)
    assert {route["target"] for route in routes} == {
        INSIDE["second"],
        f"{LANS['second']}.0",
    }


def test_the_port_is_open_towards_the_world_alone(homes: Homes) -> None:
    for home in homes:
        assert becomes(lambda home=home: 'iifname "eth1"' in rule_of(home))  # type: ignore[misc]
        assert "accept" in rule_of(home)
        assert NAME not in rule_of(home).split("comment")[0]


def test_ifdown_and_ifup(homes: Homes) -> None:
    first, second = homes
    first.router.run(f"ifdown {NAME}")
    assert becomes(lambda: first.router.pid(NAME) is None)
    assert not first.is_up(NAME)
    assert NAME not in first.router.run("ip link")
    first.router.run(f"ifup {NAME}")
    assert first.reaches(second)


def test_7720_everything_to_show_is_told_and_no_secret(homes: Homes) -> None:
    """https://github.com/openwrt/luci/issues/7720"""
    first, second = homes
    assert first.reaches(second)
    peer = first.peer()
    assert peer["description"] == "the other home"
    assert peer["public_key"] == second.public_key
    assert peer["endpoint"] == f"10.77.2.2:{PORT}"
    assert peer["state"] == "linked"
    assert isinstance(peer["rx_bytes"], int) and peer["rx_bytes"] > 0
    told = json.dumps(first.status()) + first.log()
    assert first.private_key not in told


def test_a_browser_s_session_may_come_along(homes: Homes) -> None:
    session = '{"ubus_rpc_session":"00000000000000000000000000000000"}'
    answer = homes[0].router.ubus(f"pywg.{NAME}", "status", session)
    assert answer["up"] is True


def test_events_are_heard(homes: Homes) -> None:
    first, second = homes
    listener = first.router.start("ubus", "listen", "pywg")
    try:
        first.router.ubus(f"pywg.{NAME}", "rekey")
        assert listener.stdout
        event = json.loads(listener.stdout.readline())["pywg"]
    finally:
        listener.kill()
        listener.wait()
    assert event == {
        "action": "handshake",
        "interface": NAME,
        "public_key": second.public_key,
    }


def test_a_private_key_is_made_and_kept(homes: Homes) -> None:
    first, _ = homes
    first.set(NAME, "private_key=generate")
    found = f"uci get network.{NAME}.private_key"
    assert becomes(lambda: len(first.router.run(found).strip()) == 44)
    key = first.router.run(found).strip()
    assert key != first.private_key
    assert becomes(lambda: bool(first.status()))
    first.restart()
    assert becomes(lambda: bool(first.status()))
    assert first.router.run(found).strip() == key


def test_no_link_local_address_and_few_privileges(homes: Homes) -> None:
    router = homes[0].router
    assert "fe80" not in router.run(f"ip -6 address show dev {NAME}")
    status = router.run(f"cat /proc/{router.pid(NAME)}/status")
    assert "CapEff:\t0000000000001400\n" in status
    assert "CapBnd:\t0000000000001400\n" in status


def test_21411_commas_between_allowed_ips_are_as_good_as_spaces(homes: Homes) -> None:
    """https://github.com/openwrt/openwrt/issues/21411"""
    first, _ = homes
    first.router.uci("delete network.other.allowed_ips")
    first.set("other", "allowed_ips=10.50.0.0/16,10.51.0.0/16 10.52.0.0/16")
    for network in ("10.50", "10.51", "10.52"):
        route = f"{network}.0.0/16 dev {NAME}"
        assert becomes(lambda route=route: route in first.router.run("ip route"))  # type: ignore[misc]


def test_7846_allowed_ips_that_two_peers_have_are_named(homes: Homes) -> None:
    """https://github.com/openwrt/luci/issues/7846"""
    first, second = homes
    first.meet(
        "rival",
        f"public_key={first.public_key[:-2]}A=",
        f"+allowed_ips={INSIDE['second']}/32",
    )
    assert becomes(lambda: "is also in other" in str(first.status().get("complaints")))
    first.forget("rival")
    assert first.reaches(second)


# What belongs to the user, and stays.
CONFIGURED = {"/etc/config/firewall", "/etc/config/network", "/etc/hosts"}
# Interface and peer of the stock protocol, which this kernel may not have.
STOCK = (
    "set network.stock=interface",
    "set network.stock.proto=wireguard",
    "set network.stock.auto=0",
    "add network wireguard_stock",
    "set network.@wireguard_stock[0].allowed_ips=10.60.0.0/16",
)
WITHOUT_STOCK = ("delete network.stock", "delete network.@wireguard_stock[0]")


def stock(home: Home) -> tuple[object, ...]:
    """All that a user of the stock protocol sees of it."""
    handlers = home.router.ubus("network", "get_proto_handlers")
    sections = home.router.run("uci show network.stock; uci show network | grep =wire")
    return sections, home.status_of("stock"), handlers.get("wireguard")


def test_removal_leaves_no_trace(homes: Homes) -> None:
    first, second = homes
    assert first.reaches(second)
    for home in homes:
        home.router.uci(*STOCK)
        assert becomes(lambda home=home: bool(home.status_of("stock")))  # type: ignore[misc]
        home.router.run("mkdir -p /etc/pywg/keys && echo key >/etc/pywg/keys/kept")
        assert {"/etc/pywg/keys/kept", "/tmp/run/pywg-embedded"} <= home.files().keys()
        before = stock(home)
        try:
            home.remove()
            assert home.router.pid(NAME) is None
            assert NAME not in home.router.run("ip link; ip route; ip -6 route")
            running = "ubus list; ubus call service list; nft list ruleset"
            assert "pywg" not in home.router.run(running)
            changed = home.files().items() ^ home.bare.items()
            assert {path for path, _ in changed} <= CONFIGURED
            assert stock(home) == before
        finally:
            home.install()
            home.router.uci(*WITHOUT_STOCK)
    assert first.reaches(second, seconds=20)


# Calls of the object, and the event that the second of them brings about.
PYTHON_UBUS = f"""
import json, ubus
heard = []
ubus.connect()
ubus.listen(("pywg", lambda kind, values: heard.append(values)))
status = ubus.call("pywg.{NAME}", "status", {{}})[0]
ubus.call("pywg.{NAME}", "rekey", {{}})
while not any(one["action"] == "handshake" for one in heard):
    ubus.loop(100)
print(json.dumps([status["up"], sorted(ubus.objects()["pywg.{NAME}"])]))
"""


def test_python_ubus_is_understood(homes: Homes) -> None:
    first, second = homes
    assert first.reaches(second)
    told = first.router.run(f"timeout 20 python3 - <<'END'{PYTHON_UBUS}END")
    up, methods = json.loads(told)
    assert up is True
    assert {"status", "history", "resolve", "rekey"} <= set(methods)
