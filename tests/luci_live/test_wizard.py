"""Network > Link two homes: in three screens, on both sides."""

import re
from configparser import ConfigParser
from typing import NamedTuple

from tests.lab.wireguard import new_key, public_key_of
from tests.openwrt_live.conftest import Homes
from tests.openwrt_live.world import INSIDE, LANS, NAME, PORT, Home

from .browser import Luci
from .conftest import Window

KEY = re.compile(r"[A-Za-z0-9+/]{43}=")


class Side(NamedTuple):
    """What one router was told of a link with one peer."""

    public_key: str
    addresses: set[str]
    peer_key: str
    preshared_key: str
    allowed_ips: set[str]
    endpoint: str


def side(home: Home) -> Side:
    """From the running tunnel, whatever it is called."""
    run = home.router.run
    name = run("ubus list 'pywg.*'").strip().removeprefix("pywg.")
    told = ConfigParser()
    told.read_string(run(f"pywg showconf {name}"))
    own, peer = told["Interface"], told["Peer"]
    addresses = run(f"uci get network.{name}.addresses").split()
    return Side(
        public_key_of(own["PrivateKey"]),
        {address.partition("/")[0] + "/32" for address in addresses},
        peer["PublicKey"],
        peer["PresharedKey"],
        set(peer["AllowedIPs"].split(", ")),
        peer["Endpoint"],
    )


def assert_one_is_the_other_s_mirror(homes: Homes) -> None:
    sides = [side(home) for home in homes]
    for home, near, far in zip(homes[::-1], sides, sides[::-1], strict=True):
        assert near.peer_key == far.public_key
        assert near.preshared_key == far.preshared_key
        assert near.allowed_ips == far.addresses | {f"{LANS[home.name]}.0/24"}


def describe(luci: Luci, lan: str) -> None:
    """The first screen."""
    luci.open("network/pywg")
    luci.label("Name of the other home", "Cabin")
    luci.label("Its network (LAN)", lan)
    luci.label("Its name or address", "10.77.2.2")
    luci.label("Our name or address", "10.77.1.2")


def half(luci: Luci, words: str) -> str:
    """The other side's half, in a format."""
    luci.press(words)
    text: str = luci.page.locator(".pywg-export-text").inner_text()
    return text


def test_a_clash_of_networks_is_told_at_once(homes: Homes, window: Window) -> None:
    with window(homes[0]) as luci:
        describe(luci, f"{LANS['first']}.0/24")
        luci.page.get_by_text("both homes use").wait_for()
        luci.picture("assistant-clash")
        luci.press("Continue")
        luci.page.get_by_text("both homes use").wait_for()


def test_each_hint_stands_in_the_column_of_its_home(
    homes: Homes, window: Window
) -> None:
    with window(homes[0]) as luci:
        describe(luci, f"{LANS['second']}.0/24")
        group = luci.page.get_by_role
        other = group("group", name="The other home", exact=True)
        own = group("group", name="This home", exact=True)
        # It speaks of this router, whose uplink has a private address.
        own.get_by_text("no public").wait_for()
        assert not other.get_by_text("no public").count()
        luci.picture("assistant-hint")
        luci.label("Its name or address", "no host!")
        luci.label("Our name or address", "no host either!")
        other.get_by_text("'no host!' is neither").wait_for()
        own.get_by_text("'no host either!' is neither").wait_for()


def test_two_homes_are_linked(homes: Homes, window: Window) -> None:
    first, second = homes
    with window(first) as luci:
        describe(luci, f"{LANS['second']}.0/24")
        luci.picture("assistant-1")
        luci.press("Continue")
        luci.page.get_by_text("All changes to this router").click()
        luci.picture("assistant-2")
        luci.press("Save and continue")
        conf = half(luci, "wg .conf")
        uci = half(luci, "OpenWrt UCI")
        luci.picture("assistant-3")
        luci.press("QR code")
        luci.page.locator(".pywg-qr svg").wait_for()
        luci.picture("assistant-qr")
        luci.press("Save & Apply")
        luci.wait_until_applied()
    assert "[Interface]\nPrivateKey = " in conf
    assert "\nPresharedKey = " in conf
    with window(second) as luci:
        luci.open("network/pywg")
        luci.page.get_by_text("The other home has sent its half already").click()
        luci.label("Configuration", uci)
        luci.picture("assistant-take")
        luci.press("Continue")
        luci.page.get_by_text("All changes to this router").wait_for()
        luci.press("Save & Apply")
        luci.wait_until_applied()
    assert first.reaches(second, 30)
    assert second.reaches(first, 30)
    assert_one_is_the_other_s_mirror(homes)


def test_the_settings_of_the_other_router_are_answered(
    homes: Homes, window: Window
) -> None:
    first, second = homes
    first.configure()
    first.meet(
        "other",
        f"public_key={public_key_of(new_key())}",
        f"preshared_key={new_key()}",
        f"+allowed_ips={INSIDE['second']}/32",
        f"+allowed_ips={LANS['second']}.0/24",
        "route_allowed_ips=1",
    )
    with window(first) as luci:
        luci.edit(NAME)
        luci.press("Export…", ".modal")
        settings = luci.page.locator(".pywg-dialog .pywg-export-text").inner_text()
    with window(second) as luci:
        luci.open("network/pywg")
        luci.page.get_by_text("The other home has sent its half already").click()
        luci.label("Configuration", settings)
        luci.page.get_by_label("The pasted text").select_option("remote")
        luci.label("Its name or address", "10.77.1.2")
        luci.label("Its network (LAN)", f"{LANS['first']}.0/24")
        luci.picture("assistant-mirror")
        luci.press("Continue")
        told = luci.page.get_by_text("must have this public key").inner_text()
        luci.press("Save & Apply")
        luci.wait_until_applied()
    (key,) = KEY.findall(told)
    first.set("other", f"public_key={key}")
    assert first.reaches(second, 30)
    assert second.reaches(first, 30)
    assert_one_is_the_other_s_mirror(homes)
    assert side(second).endpoint == f"10.77.1.2:{PORT}"


def test_it_is_done_with_the_keyboard_alone(homes: Homes, window: Window) -> None:
    with window(homes[0]) as luci:
        luci.open("network/pywg")
        page = luci.page
        page.get_by_label("Name of the other home").focus()
        for text in ("Cabin", f"{LANS['second']}.0/24", "10.77.2.2"):
            page.keyboard.type(text)
            page.keyboard.press("Tab")
        for _ in range(20):
            if page.evaluate("document.activeElement.textContent") == "Continue":
                break
            page.keyboard.press("Tab")
        page.keyboard.press("Enter")
        luci.page.get_by_text("All changes to this router").wait_for()
        page.keyboard.press("Enter")
        luci.page.locator(".pywg-export-text").wait_for()
