"""Network > Link two homes: in three screens, on both sides."""

from tests.openwrt_live.conftest import Homes
from tests.openwrt_live.world import LANS

from .browser import Luci
from .conftest import Window


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
    text: str = luci.page.locator(".pywg-page").inner_text()
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
        luci.page.locator(".pywg-page").wait_for()
