"""Status > pywg: what is, what was, and what to do about it."""

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
# Of all Python programs; the machine's own clock is everybody's.
CLOCK_OF_1994 = """\
import time

NOW = time.time_ns
time.time_ns = lambda: NOW() - 32 * 365 * 86_400 * 1_000_000_000
"""


def link(homes: Homes, first_knows: dict[str, str] | None = None) -> None:
    """Two homes; what the first knows of the second can be made wrong."""
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
        *(f"{name}={value}" for name, value in (right | (first_knows or {})).items()),
        f"+allowed_ips={LANS['second']}.0/24",
        f"+allowed_ips={INSIDE['second']}/32",
        "route_allowed_ips=1",
    )


def test_traffic_moves_the_chart(homes: Homes, window: Window) -> None:
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
        # The card is the same one: nothing was drawn anew under anybody's hand.
        assert node.evaluate("node => node.isConnected")


@pytest.mark.parametrize(
    ("wrong", "title"),
    [
        pytest.param({"preshared_key": SHARED}, "Preshared keys differ", id="1"),
        pytest.param({"endpoint_port": "9"}, "No answer", id="2"),
        pytest.param({"endpoint_host": "10.77.1.77"}, "No answer", id="3"),
        pytest.param({"endpoint_host": "cabin.invalid"}, "Unknown name", id="4"),
        pytest.param({"public_key": KEY}, "No answer", id="5"),
    ],
)
def test_the_reason_is_told_and_what_to_do(
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


def test_a_wrong_key_is_told_where_it_is_heard(homes: Homes, window: Window) -> None:
    _, second = homes
    link(homes)
    second.set("other", f"public_key={KEY}")
    with window(second) as luci:
        luci.open("status/pywg")
        luci.page.locator(".pywg-state", has_text="Unknown key").wait_for()


def test_the_buttons_do_what_they_say(homes: Homes, window: Window) -> None:
    first, second = homes
    link(homes, {"endpoint_host": "cabin.invalid"})
    first.router.run("grep -q cabin.invalid /etc/hosts || sleep 2")
    with window(first) as luci:
        luci.open("status/pywg")
        luci.page.locator(".pywg-state", has_text="Unknown name").wait_for()
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


def test_a_new_handshake_is_that_of_its_row(homes: Homes, window: Window) -> None:
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
        return next(one for one in first.peers() if one["description"] == name)

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
    """1994 on this router, whose daemon is started anew and remembers no stamp."""
    module = "usr/lib/python3/dist-packages/sitecustomize.py"
    home.router.write(module, CLOCK_OF_1994)
    home.router.run(f"ifdown {NAME}; rm /etc/pywg/{NAME}.stamp; ifup {NAME}")
    try:
        yield
    finally:
        (home.router.root / module).unlink()
        home.router.run(f"rm /etc/pywg/{NAME}.stamp")


@contextlib.contextmanager
def deaf(home: Home) -> Iterator[None]:
    """Nobody's packets reach this router's tunnel."""
    host = home.router.host
    host.nft(
        "table ip deaf {\nchain c {\ntype filter hook prerouting priority -300\n"
        f"udp dport {PORT} drop\n}}\n}}\n"
    )
    try:
        yield
    finally:
        host.nft("delete table ip deaf")


def test_a_clock_that_was_never_set_is_told_on_both_sides(
    homes: Homes, window: Window
) -> None:
    first, second = homes
    link(homes)
    assert first.reaches(second, 30)
    with deaf(first), clock_never_set(first):
        # What it sends in vain makes the other side wait for an answer, too.
        pings = second.client.start("ping", "-q", f"{LANS['first']}.100")
        for home, title in ((first, "Clock not set"), (second, "Old clock there")):
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
        pytest.param("desktop", DESKTOP, False, id="1"),
        pytest.param("dark", DESKTOP, True, id="2"),
        pytest.param("phone", PHONE, False, id="3"),
        pytest.param("phone-dark", PHONE, True, id="4"),
    ],
)
def test_it_fits_its_window(
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
        luci.page.locator(".pywg-state", has_text="No answer").wait_for()
        assert luci.is_as_wide_as_its_window()
        luci.picture(f"status-{name}")
        luci.open("network/pywg")
        assert luci.is_as_wide_as_its_window()
        luci.picture(f"assistant-{name}")
        luci.edit(NAME)
        luci.tab("Peers")
        luci.page.locator(".pywg-cell .pywg-state", has_text="Connected").wait_for()
        luci.picture(f"peers-{name}")
