"""What changes while the link is up: peers, names, uplinks."""

from tests.lab.wait import becomes
from tests.lab.wireguard import new_key, public_key_of

from .conftest import Homes
from .world import INSIDE, NAME, Home


def stranger(*more: str) -> tuple[str, ...]:
    """A peer that never answers."""
    return (f"public_key={public_key_of(new_key())}", *more)


def handshake_at(home: Home) -> str:
    """When the last handshake with the other home was."""
    shown = home.router.run(f"pywg show {NAME} latest-handshakes")
    return next(line for line in shown.splitlines() if not line.endswith("\t0"))


def test_8984_peers_come_and_go_and_no_other_session_is_dropped(homes: Homes) -> None:
    """https://github.com/openwrt/luci/issues/8984"""
    first, second = homes
    before, pid = handshake_at(first), first.router.pid(NAME)
    route = f"10.50.0.0/16 dev {NAME}"
    first.meet("new", *stranger("+allowed_ips=10.50.0.0/16", "route_allowed_ips=1"))
    assert becomes(lambda: len(first.peers()) == 2)
    assert becomes(lambda: route in first.router.run("ip route"))
    first.set("new", "disabled=1")
    assert becomes(lambda: len(first.peers()) == 1)
    assert becomes(lambda: route not in first.router.run("ip route"))
    first.forget("new")
    assert first.reaches(second)
    assert handshake_at(first) == before
    assert first.router.pid(NAME) == pid


def test_24511_an_unresolvable_endpoint_does_not_take_the_interface_down(
    homes: Homes,
) -> None:
    """https://github.com/openwrt/openwrt/issues/24511"""
    first, second = homes
    first.meet("lost", *stranger("endpoint_host=nowhere.invalid"))
    first.restart()
    assert first.reaches(second)
    assert becomes(lambda: first.peer(1).get("state") == "unresolved")
    assert first.peer(1)["endpoint_host"] == "nowhere.invalid"
    assert first.reaches(second)


def test_1129_a_name_that_leads_elsewhere_is_followed(homes: Homes) -> None:
    """https://github.com/openwrt/openwrt/pull/1129"""
    first, second = homes
    hosts = "127.0.0.1 localhost\n"
    first.router.write("etc/hosts", f"{hosts}10.77.2.99 second.test\n")
    first.set("other", "endpoint_host=second.test")
    first.restart()
    assert becomes(lambda: first.peer().get("endpoint") == "10.77.2.99:51820")
    first.router.write("etc/hosts", f"{hosts}10.77.2.2 second.test\n")
    assert first.reaches(second, seconds=60)
    assert first.peer()["endpoint"] == "10.77.2.2:51820"


def test_resolve_does_not_wait_until_a_name_is_due(homes: Homes) -> None:
    first, _ = homes
    hosts = "127.0.0.1 localhost\n"
    first.router.write("etc/hosts", f"{hosts}10.77.2.2 second.test\n")
    first.set("other", "endpoint_host=second.test")
    first.restart()
    assert becomes(lambda: first.peer().get("endpoint") == "10.77.2.2:51820")
    first.router.write("etc/hosts", f"{hosts}10.77.2.99 second.test\n")
    first.router.ubus(f"pywg.{NAME}", "resolve")
    assert becomes(lambda: first.peer()["endpoint"] == "10.77.2.99:51820")


def test_22116_an_ipv6_endpoint_is_as_good(homes: Homes) -> None:
    """https://github.com/openwrt/openwrt/issues/22116"""
    first, second = homes
    first.set("other", "endpoint_host=fd77:2::2")
    first.restart()
    assert first.reaches(second)
    assert first.peer()["endpoint"] == "[fd77:2::2]:51820"


def test_11086_the_link_stays_when_the_uplinks_go(homes: Homes) -> None:
    """https://github.com/openwrt/openwrt/issues/11086"""
    first, second = homes
    pid = first.router.pid(NAME)
    for uplink in ("wan", "wwan"):
        first.router.run(f"ifdown {uplink}")
    assert becomes(lambda: not first.is_up("wan"))
    assert not first.reaches(second, seconds=1)
    assert first.is_up(NAME)
    for uplink in ("wan", "wwan"):
        first.router.run(f"ifup {uplink}")
    assert first.reaches(second, seconds=30)
    assert first.router.pid(NAME) == pid


def test_22905_a_default_route_through_the_tunnel_follows_the_uplinks(
    homes: Homes,
) -> None:
    """https://github.com/openwrt/openwrt/issues/22905"""
    first, second = homes
    router = first.router
    first.set("other", "+allowed_ips=0.0.0.0/0")
    way = "ip route get 10.77.2.2"
    swallowed = "ip route get 203.0.113.1"
    assert becomes(lambda: f"dev {NAME}" in router.run(swallowed))
    assert becomes(lambda: "via 10.77.1.1 dev eth1" in router.run(way))
    assert first.reaches(second)
    router.run("ifdown wan")
    assert becomes(lambda: "via 10.78.1.1 dev eth2" in router.run(way))
    assert first.reaches(second, seconds=30)
    router.run("ifup wan")
    assert becomes(lambda: "via 10.77.1.1 dev eth1" in router.run(way))
    assert first.reaches(second, seconds=30)
    assert f"dev {NAME}" in router.run(swallowed)


def test_4597_the_uplink_s_default_route_survives_ours(homes: Homes) -> None:
    """https://github.com/openwrt/packages/issues/4597"""
    first, _ = homes
    router = first.router
    first.set("other", "+allowed_ips=0.0.0.0/0")
    before = "default via 10.77.1.1 dev eth1"
    assert becomes(lambda: f"0.0.0.0/1 dev {NAME}" in router.run("ip route"))
    assert before in router.run("ip route")
    router.run(f"ifdown {NAME}")
    assert becomes(lambda: NAME not in router.run("ip route"))
    assert before in router.run("ip route")
    assert "10.77.2.2" not in router.run("ip route")


def test_9538_an_answer_leaves_from_the_address_that_was_called(homes: Homes) -> None:
    """https://github.com/openwrt/packages/issues/9538"""
    first, second = homes
    first.router.uci("delete network.other.endpoint_host")
    first.restart()
    # Not where the default route of the first would have answers leave from.
    second.set("other", "endpoint_host=10.78.1.2")
    second.restart()
    assert second.reaches(first)
    assert second.peer()["endpoint"] == "10.78.1.2:51820"


def test_20044_an_endpoint_that_netifd_knows_no_way_to_is_reached(homes: Homes) -> None:
    """https://github.com/openwrt/packages/issues/20044"""
    first, second = homes
    first.router.uci("delete network.wan.gateway", "delete network.wwan.gateway")
    try:
        assert becomes(lambda: "default" not in first.router.run("ip route"))
        assert becomes(lambda: first.is_up("wan"), 30)
        first.router.run("ip route replace 10.77.2.0/24 via 10.77.1.1")
        first.restart()
        assert first.reaches(second, seconds=20)
        assert not first.status_of(NAME).get("errors")
    finally:
        gateways = (("wan", "10.77.1.1"), ("wwan", "10.78.1.1"))
        for uplink, gateway in gateways:
            first.set(uplink, f"gateway={gateway}")
        assert becomes(lambda: first.is_up("wan") and first.is_up("wwan"), 30)


def test_12591_a_clock_that_was_set_reaches_the_daemon(homes: Homes) -> None:
    """https://github.com/openwrt/packages/issues/12591"""
    first, second = homes
    stamp = first.router.run(f"cat /etc/pywg/{NAME}.stamp")
    assert int(stamp) > 0
    first.meet("deaf", *stranger("endpoint_host=10.77.2.99"))
    assert becomes(lambda: len(first.peers()) == 2)
    assert first.peer(1)["state"] == "idle"
    first.router.run("ACTION=step hotplug-call ntp")
    assert becomes(lambda: first.peer(1)["state"] == "calling")
    assert first.peer(0)["state"] == "linked"
    assert INSIDE["second"] in first.router.run("ip route")
    assert first.reaches(second)
