"""Installation, a link between two LANs, and removal."""

import json
import re

from tests.lab.wait import becomes

from .conftest import Homes
from .world import INSIDE, LANS, NAME, PORT, Home


def rule_of(home: Home) -> str:
    """The firewall rules for the UDP port."""
    rules = home.router.run("nft list ruleset")
    return "\n".join(line for line in rules.splitlines() if f"dport {PORT}" in line)


def test_lans_of_two_homes_reach_each_other(homes: Homes) -> None:
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


def test_port_is_open_on_the_uplink_only(homes: Homes) -> None:
    for home in homes:
        assert becomes(lambda home=home: 'iifname "eth1"' in rule_of(home))  # type: ignore[misc]
        assert "accept" in rule_of(home)
        assert NAME not in rule_of(home).split("comment")[0]


def test_link_recovers_after_ifdown_and_ifup(homes: Homes) -> None:
    first, second = homes
    first.router.run(f"ifdown {NAME}")
    assert becomes(lambda: first.router.pid(NAME) is None)
    assert not first.is_up(NAME)
    assert NAME not in first.router.run("ip link")
    first.router.run(f"ifup {NAME}")
    assert first.reaches(second)


def test_7720_status_has_the_state_of_peers_and_no_secret(homes: Homes) -> None:
    """https://github.com/openwrt/luci/issues/7720"""
    first, second = homes
    assert first.reaches(second)
    peer = first.peer()
    assert peer["description"] == "the other home"
    assert peer["public_key"] == second.public_key
    assert peer["endpoint"] == f"10.77.2.2:{PORT}"
    assert peer["state"] == "linked"
    assert isinstance(peer["rx_bytes"], int) and peer["rx_bytes"] > 0
    text = json.dumps(first.status()) + first.log()
    assert first.private_key not in text


def test_session_argument_of_a_browser_is_ignored(homes: Homes) -> None:
    session = '{"ubus_rpc_session":"00000000000000000000000000000000"}'
    answer = homes[0].router.ubus(f"pywg.{NAME}", "status", session)
    assert answer["up"] is True


def test_event_is_sent_when_a_handshake_completes(homes: Homes) -> None:
    first, second = homes
    listener = first.router.start("ubus", "listen", "pywg")
    try:
        first.router.ubus(f"pywg.{NAME}", "rekey")
        assert listener.stdout
        # The event that the link is up can come first.
        events = (json.loads(line)["pywg"] for line in listener.stdout)
        event = next(event for event in events if event["action"] != "up")
    finally:
        listener.kill()
        listener.wait()
    assert event == {
        "action": "handshake",
        "interface": NAME,
        "public_key": second.public_key,
    }


def test_private_key_is_generated_once(homes: Homes) -> None:
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


def test_interface_has_no_link_local_address_and_daemon_few_capabilities(
    homes: Homes,
) -> None:
    router = homes[0].router
    assert "fe80" not in router.run(f"ip -6 address show dev {NAME}")
    status = router.run(f"cat /proc/{router.pid(NAME)}/status")
    assert "CapEff:\t0000000000001400\n" in status
    assert "CapBnd:\t0000000000000000\n" in status


def test_21411_allowed_ips_are_routed_when_separated_by_commas(homes: Homes) -> None:
    """https://github.com/openwrt/openwrt/issues/21411"""
    first, _ = homes
    first.router.uci("delete network.other.allowed_ips")
    first.set("other", "allowed_ips=10.50.0.0/16,10.51.0.0/16 10.52.0.0/16")
    for network in ("10.50", "10.51", "10.52"):
        route = f"{network}.0.0/16 dev {NAME}"
        assert becomes(lambda route=route: route in first.router.run("ip route"))  # type: ignore[misc]


def test_7846_complaint_is_reported_when_allowed_ips_overlap(homes: Homes) -> None:
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


# Files of the user, which are kept.
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
    """Configuration, status and handler of the stock protocol."""
    handlers = home.router.ubus("network", "get_proto_handlers")
    sections = home.router.run("uci show network.stock; uci show network | grep =wire")
    return sections, home.status_of("stock"), handlers.get("wireguard")


def test_only_keys_are_left_after_removal(
    homes: Homes,
) -> None:
    first, second = homes
    assert first.reaches(second)
    for home in homes:
        home.router.uci(*STOCK)
        assert becomes(lambda home=home: bool(home.status_of("stock")))  # type: ignore[misc]
        home.router.run("mkdir -p /etc/pywg/keys && echo key >/etc/pywg/keys/kept")
        assert {"/etc/pywg/keys/kept", "/tmp/run/pywg-embedded"} <= home.files().keys()
        before = stock(home)
        try:
            erase = re.search("To erase them, run: (.+)", home.remove())
            assert erase and home.router.run("cat /etc/pywg/keys/kept") == "key\n"
            home.router.run(erase[1])
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


# Calls of the object, and an event that the second call causes.
PYTHON_UBUS = f"""
import json, ubus
events = []
ubus.connect()
ubus.listen(("pywg", lambda kind, values: events.append(values)))
status = ubus.call("pywg.{NAME}", "status", {{}})[0]
ubus.call("pywg.{NAME}", "rekey", {{}})
while not any(event["action"] == "handshake" for event in events):
    ubus.loop(100)
print(json.dumps([status["up"], sorted(ubus.objects()["pywg.{NAME}"])]))
"""


def test_object_can_be_used_from_python_ubus(homes: Homes) -> None:
    first, second = homes
    assert first.reaches(second)
    output = first.router.run(f"timeout 20 python3 - <<'END'{PYTHON_UBUS}END")
    up, methods = json.loads(output)
    assert up is True
    assert {"status", "history", "resolve", "rekey"} <= set(methods)
