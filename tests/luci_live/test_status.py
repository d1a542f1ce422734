"""Status > pywg: the state of the peers, the chart, and the actions."""

import contextlib
from collections.abc import Iterator

import pytest

from tests.lab.wait import becomes
from tests.openwrt_live.conftest import Homes
from tests.openwrt_live.world import INSIDE, LANS, NAME, PORT, Home

from .browser import DESKTOP, PHONE
from .conftest import Window

CARD = ".pywg-peer"
KEY = "2v283fBurkCBQG3Q1BqBgCeIiNIQgs3yMm0D+IOKRCA="
SHARED = "Q1T3fw9qW6u/pI+w3qKcpNakZRWvbKLzPo8GjNXmcpQ="
# For the Python programs of a router; the system clock is shared by all hosts.
CLOCK_OF_1994 = """\
import time

NOW = time.time_ns
time.time_ns = lambda: NOW() - 32 * 365 * 86_400 * 1_000_000_000
"""


def link(homes: Homes, overrides: dict[str, str] | None = None) -> None:
    """Link two homes; ``overrides`` are options of the first home's peer."""
    first, second = homes
    right = {
        "public_key": second.public_key,
        "description": "cabin",
        "endpoint_host": "10.77.2.2",
        "endpoint_port": str(PORT),
        "persistent_keepalive": "5",
    }
    second.configure()
    second.meet(
        "other",
        f"public_key={first.public_key}",
        f"+allowed_ips={LANS['first']}.0/24",
        f"+allowed_ips={INSIDE['first']}/32",
        "route_allowed_ips=1",
    )
    first.configure()
    first.meet(
        "other",
        *(f"{name}={value}" for name, value in (right | (overrides or {})).items()),
        f"+allowed_ips={LANS['second']}.0/24",
        f"+allowed_ips={INSIDE['second']}/32",
        "route_allowed_ips=1",
    )


def test_chart_follows_the_traffic(homes: Homes, window: Window) -> None:
    first, second = homes
    link(homes)
    assert first.reaches(second, 30)
    with window(first) as luci:
        luci.open("status/pywg")
        card = luci.page.locator(CARD)
        card.get_by_text("Connected").wait_for()
        node = card.element_handle()
        line = card.locator('.pywg-line[data-direction="tx"]')
        pings = first.client.start(
            *("ping", "-q", "-i", "0.01", "-s", "1200", f"{LANS['second']}.100")
        )
        seen = {line.get_attribute("d")}
        while len(seen) < 4:
            luci.page.wait_for_function(
                "before => document.querySelector('.pywg-line[data-direction=tx]')"
                ".getAttribute('d') !== before",
                arg=line.get_attribute("d"),
            )
            seen.add(line.get_attribute("d"))
        luci.picture("status")
        pings.terminate()
        pings.wait()
        # The card was updated in place.
        assert node.evaluate("node => node.isConnected")


@pytest.mark.parametrize(
    ("wrong", "title"),
    [
        pytest.param(
            {"preshared_key": SHARED}, "Preshared key mismatch", id="preshared key"
        ),
        pytest.param({"endpoint_port": "9"}, "No response", id="port"),
        pytest.param({"endpoint_host": "10.77.1.77"}, "No response", id="address"),
        pytest.param(
            {"endpoint_host": "cabin.invalid"}, "Name not resolved", id="name"
        ),
        pytest.param({"public_key": KEY}, "No response", id="public key"),
    ],
)
def test_cause_and_advice_are_shown_for_a_misconfiguration(
    homes: Homes, window: Window, wrong: dict[str, str], title: str
) -> None:
    first, _ = homes
    link(homes, wrong)
    with window(first) as luci:
        luci.open("status/pywg")
        card = luci.page.locator(CARD)
        card.locator(".pywg-state", has_text=title).wait_for()
        assert card.locator(".pywg-advice").inner_text()
        assert card.get_attribute("data-tone") == "bad"
        luci.picture(f"trouble-{title.replace(' ', '-').lower()}-{'-'.join(wrong)}")


def test_unknown_public_key_is_shown_on_the_responder(
    homes: Homes, window: Window
) -> None:
    _, second = homes
    link(homes)
    second.set("other", f"public_key={KEY}")
    with window(second) as luci:
        luci.open("status/pywg")
        luci.page.locator(".pywg-state", has_text="Unknown public key").wait_for()


def test_actions_of_a_peer_take_effect(homes: Homes, window: Window) -> None:
    first, second = homes
    link(homes, {"endpoint_host": "cabin.invalid"})
    first.router.run("grep -q cabin.invalid /etc/hosts || sleep 2")
    with window(first) as luci:
        luci.open("status/pywg")
        luci.page.locator(".pywg-state", has_text="Name not resolved").wait_for()
        first.router.run("echo '10.77.2.2 cabin.invalid' >>/etc/hosts")
        first.router.run("/etc/init.d/dnsmasq restart")
        luci.press("Resolve again", CARD)
        luci.page.locator(".pywg-state", has_text="Connected").wait_for()
        assert first.reaches(second, 20)
        luci.page.wait_for_timeout(6_000)
        before = first.peer()["handshake_age"]
        luci.press("New handshake", CARD)
        assert becomes(lambda: first.peer()["handshake_age"] < before)  # type: ignore[operator]
        luci.press("Disable…", CARD)
        luci.press("Disable", ".pywg-dialog")
        assert becomes(lambda: not first.peers(), 60)
    assert first.router.run("uci get network.other.disabled").strip() == "1"
    first.router.run("sed -i /cabin.invalid/d /etc/hosts")


def test_handshake_starts_with_the_peer_of_the_button(
    homes: Homes, window: Window
) -> None:
    first, second = homes
    link(homes)
    first.meet(
        "stranger",
        f"public_key={KEY}",
        "description=stranger",
        "endpoint_host=10.77.1.77",
        "+allowed_ips=172.20.0.0/16",
    )

    def peer(name: str) -> dict[str, object]:
        return next(peer for peer in first.peers() if peer["description"] == name)

    assert first.reaches(second, 30)
    with window(first) as luci:
        luci.open("status/pywg")
        luci.page.locator(".pywg-state", has_text="Idle").wait_for()
        luci.page.wait_for_timeout(3_000)
        before = peer("cabin")["handshake_age"]
        luci.press("New handshake", f"{CARD}:has-text('stranger')")
        assert becomes(lambda: peer("stranger")["state"] == "calling")
        assert peer("cabin")["handshake_age"] >= before  # type: ignore[operator]
        luci.press("New handshake", f"{CARD}:has-text('cabin')")
        assert becomes(lambda: peer("cabin")["handshake_age"] < before)  # type: ignore[operator]


@contextlib.contextmanager
def clock_never_set(home: Home) -> Iterator[None]:
    """Set the router's clock to 1994, and restart the daemon without its timestamp."""
    module = "usr/lib/python3/dist-packages/sitecustomize.py"
    home.router.write(module, CLOCK_OF_1994)
    home.router.run(f"ifdown {NAME}")
    # The daemon stores the timestamp before it removes its socket.
    socket = f"/var/run/wireguard/{NAME}.sock"
    home.router.run(f"while [ -e {socket} ]; do sleep 1; done")
    home.router.run(f"rm /etc/pywg/{NAME}.stamp; ifup {NAME}")
    try:
        yield
    finally:
        (home.router.root / module).unlink()
        home.router.run(f"rm /etc/pywg/{NAME}.stamp")


@contextlib.contextmanager
def incoming_dropped(home: Home) -> Iterator[None]:
    """Drop all datagrams for the tunnel of a router."""
    host = home.router.host
    host.nft(
        "table ip dropped {\nchain c {\ntype filter hook prerouting priority -300\n"
        f"udp dport {PORT} drop\n}}\n}}\n"
    )
    try:
        yield
    finally:
        host.nft("delete table ip dropped")


def test_clock_never_set_is_shown_on_both_sides(homes: Homes, window: Window) -> None:
    first, second = homes
    link(homes)
    assert first.reaches(second, 30)
    with incoming_dropped(first), clock_never_set(first):
        # The unanswered pings make the second home initiate handshakes, too.
        pings = second.client.start("ping", "-q", f"{LANS['first']}.100")
        for home, title in ((first, "Clock not set"), (second, "Peer clock set back")):
            with window(home) as luci:
                luci.open("status/pywg")
                card = luci.page.locator(CARD)
                card.locator(".pywg-state", has_text=title).wait_for()
                assert "Set the clock" in card.locator(".pywg-advice").inner_text()
                luci.picture(f"trouble-{title.replace(' ', '-').lower()}")
        pings.terminate()
        pings.wait()


@pytest.mark.parametrize(
    ("name", "size", "dark"),
    [
        pytest.param("desktop", DESKTOP, False, id="desktop"),
        pytest.param("dark", DESKTOP, True, id="dark"),
        pytest.param("phone", PHONE, False, id="phone"),
        pytest.param("phone-dark", PHONE, True, id="phone-dark"),
    ],
)
def test_pages_fit_the_window(
    homes: Homes, window: Window, name: str, size: tuple[int, int], dark: bool
) -> None:
    first, second = homes
    link(homes)
    first.meet(
        "stranger",
        f"public_key={KEY}",
        "description=a name that is rather long for a phone, and then some",
        "endpoint_host=10.77.1.77",
        "persistent_keepalive=5",
        "+allowed_ips=2001:db8:1234:5678::/64",
        "+allowed_ips=172.20.0.0/16",
    )
    assert first.reaches(second, 30)
    with window(first, size=size, dark=dark) as luci:
        luci.open("status/pywg")
        luci.page.locator(".pywg-state", has_text="No response").wait_for()
        assert luci.is_as_wide_as_its_window()
        luci.picture(f"status-{name}")
        luci.open("network/pywg")
        assert luci.is_as_wide_as_its_window()
        luci.picture(f"wizard-{name}")
        luci.edit(NAME)
        luci.tab("Peers")
        luci.page.locator(".pywg-cell .pywg-state", has_text="Connected").wait_for()
        luci.picture(f"peers-{name}")
