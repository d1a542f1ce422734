"""Changes while the link is up: peers, names of endpoints, uplinks."""

from pywg_embedded.control import timestamp_file
from tests.lab.wait import becomes
from tests.lab.wireguard import new_key, public_key_of

from .conftest import Homes
from .world import INSIDE, NAME, Home


def unknown_peer(*more: str) -> tuple[str, ...]:
    """The options of a peer that never answers."""
    return (f"public_key={public_key_of(new_key())}", *more)


def handshake_at(home: Home) -> str:
    """The time of the last handshake with the second home."""
    shown = home.router.run(f"pywg show {NAME} latest-handshakes")
    return next(line for line in shown.splitlines() if not line.endswith("\t0"))


def test_8984_session_is_kept_when_other_peers_change(homes: Homes) -> None:
    """https://github.com/openwrt/luci/issues/8984"""
    first, second = homes
    before, pid = handshake_at(first), first.router.pid(NAME)
    route = f"10.50.0.0/16 dev {NAME}"
    first.meet("new", *unknown_peer("+allowed_ips=10.50.0.0/16", "route_allowed_ips=1"))
    assert becomes(lambda: len(first.peers()) == 2)
    assert becomes(lambda: route in first.router.run("ip route"))
    first.set("new", "disabled=1")
    assert becomes(lambda: len(first.peers()) == 1)
    assert becomes(lambda: route not in first.router.run("ip route"))
    first.forget("new")
    assert first.reaches(second)
    assert handshake_at(first) == before
    assert first.router.pid(NAME) == pid


def test_24511_interface_stays_up_when_an_endpoint_is_unresolvable(
    homes: Homes,
) -> None:
    """https://github.com/openwrt/openwrt/issues/24511"""
    first, second = homes
    first.meet("lost", *unknown_peer("endpoint_host=nowhere.invalid"))
    first.restart()
    assert first.reaches(second)
    assert becomes(lambda: first.peer(1).get("state") == "unresolved")
    assert first.peer(1)["endpoint_host"] == "nowhere.invalid"
    assert first.reaches(second)


def test_1129_endpoint_follows_when_its_name_has_a_new_address(homes: Homes) -> None:
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


def test_name_is_looked_up_at_once_when_resolve_is_called(homes: Homes) -> None:
    first, _ = homes
    hosts = "127.0.0.1 localhost\n"
    first.router.write("etc/hosts", f"{hosts}10.77.2.2 second.test\n")
    first.set("other", "endpoint_host=second.test")
    first.restart()
    assert becomes(lambda: first.peer().get("endpoint") == "10.77.2.2:51820")
    first.router.write("etc/hosts", f"{hosts}10.77.2.99 second.test\n")
    first.router.ubus(f"pywg.{NAME}", "resolve")
    assert becomes(lambda: first.peer()["endpoint"] == "10.77.2.99:51820")


def test_22116_link_is_up_with_an_ipv6_endpoint(homes: Homes) -> None:
    """https://github.com/openwrt/openwrt/issues/22116"""
    first, second = homes
    first.set("other", "endpoint_host=fd77:2::2")
    first.restart()
    assert first.reaches(second)
    assert first.peer()["endpoint"] == "[fd77:2::2]:51820"


def test_11086_link_recovers_when_the_uplinks_return(homes: Homes) -> None:
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


def test_22905_host_route_follows_the_uplinks_with_a_tunneled_default_route(
    homes: Homes,
) -> None:
    """https://github.com/openwrt/openwrt/issues/22905"""
    first, second = homes
    router = first.router
    first.set("other", "+allowed_ips=0.0.0.0/0")
    endpoint_route = "ip route get 10.77.2.2"
    tunneled_route = "ip route get 203.0.113.1"
    assert becomes(lambda: f"dev {NAME}" in router.run(tunneled_route))
    assert becomes(lambda: "via 10.77.1.1 dev eth1" in router.run(endpoint_route))
    assert first.reaches(second)
    router.run("ifdown wan")
    assert becomes(lambda: "via 10.78.1.1 dev eth2" in router.run(endpoint_route))
    assert first.reaches(second, seconds=30)
    router.run("ifup wan")
    assert becomes(lambda: "via 10.77.1.1 dev eth1" in router.run(endpoint_route))
    assert first.reaches(second, seconds=30)
    assert f"dev {NAME}" in router.run(tunneled_route)


def test_4597_default_route_of_the_uplink_is_kept(homes: Homes) -> None:
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


def test_9538_answer_has_the_source_that_was_the_destination(homes: Homes) -> None:
    """https://github.com/openwrt/packages/issues/9538"""
    first, second = homes
    first.router.uci("delete network.other.endpoint_host")
    first.restart()
    # The default route of the first home has another source address.
    second.set("other", "endpoint_host=10.78.1.2")
    second.restart()
    assert second.reaches(first)
    assert second.peer()["endpoint"] == "10.78.1.2:51820"


def test_20044_endpoint_is_reached_without_a_route_of_netifd(homes: Homes) -> None:
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


def test_12591_daemon_retries_when_the_clock_was_stepped(homes: Homes) -> None:
    """https://github.com/openwrt/packages/issues/12591"""
    first, second = homes
    stamp = first.router.run(f"cat /etc/pywg/{NAME}.stamp")
    assert timestamp_file.parse(stamp.encode()).used > 0
    first.meet("deaf", *unknown_peer("endpoint_host=10.77.2.99"))
    assert becomes(lambda: len(first.peers()) == 2)
    assert first.peer(1)["state"] == "idle"
    first.router.run("ACTION=step hotplug-call ntp")
    assert becomes(lambda: first.peer(1)["state"] == "calling")
    assert len(first.router.run("cat /var/run/pywg/clock").split()) == 2
    assert first.peer(0)["state"] == "linked"
    assert INSIDE["second"] in first.router.run("ip route")
    assert first.reaches(second)
