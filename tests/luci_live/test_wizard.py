"""Network > Link two homes: three steps, on both sides."""

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
    """The configuration of a link with one peer on one router."""

    public_key: str
    addresses: set[str]
    peer_key: str
    preshared_key: str
    allowed_ips: set[str]
    endpoint: str


def side(home: Home) -> Side:
    """Return the configuration of the running tunnel, whatever its name is."""
    run = home.router.run
    name = run("ubus list 'pywg.*'").strip().removeprefix("pywg.")
    config = ConfigParser()
    config.read_string(run(f"pywg showconf {name}"))
    own, peer = config["Interface"], config["Peer"]
    addresses = run(f"uci get network.{name}.addresses").split()
    return Side(
        public_key_of(own["PrivateKey"]),
        {address.partition("/")[0] + "/32" for address in addresses},
        peer["PublicKey"],
        peer["PresharedKey"],
        set(peer["AllowedIPs"].split(", ")),
        peer["Endpoint"],
    )


def assert_sides_correspond(homes: Homes) -> None:
    sides = [side(home) for home in homes]
    for home, near, far in zip(homes[::-1], sides, sides[::-1], strict=True):
        assert near.peer_key == far.public_key
        assert near.preshared_key == far.preshared_key
        assert near.allowed_ips == far.addresses | {f"{LANS[home.name]}.0/24"}


def describe(luci: Luci, lan: str) -> None:
    """Fill in the first step."""
    luci.open("network/pywg")
    luci.label("Name of the other home", "Cabin")
    luci.label("Network of the other home (LAN)", lan)
    luci.label("Public address of the other home", "10.77.2.2")
    luci.label("Public address of this home", "10.77.1.2")


def exported(luci: Luci, label: str) -> str:
    """Return the configuration for the other home in a format."""
    luci.press(label)
    text: str = luci.page.locator(".pywg-export-text").inner_text()
    return text


def test_overlap_is_reported_while_typing(homes: Homes, window: Window) -> None:
    with window(homes[0]) as luci:
        describe(luci, f"{LANS['first']}.0/24")
        luci.page.get_by_text("Both homes use").wait_for()
        luci.picture("wizard-overlap")
        luci.press("Continue")
        luci.page.get_by_text("Both homes use").wait_for()


def test_problem_is_shown_in_the_group_of_its_home(
    homes: Homes, window: Window
) -> None:
    with window(homes[0]) as luci:
        describe(luci, f"{LANS['second']}.0/24")
        group = luci.page.get_by_role
        remote = group("group", name="The other home", exact=True)
        local = group("group", name="This home", exact=True)
        # The uplink of this router has a private address.
        local.get_by_text("no public").wait_for()
        assert not remote.get_by_text("no public").count()
        luci.picture("wizard-problem")
        luci.label("Public address of the other home", "no host!")
        luci.label("Public address of this home", "no host either!")
        remote.get_by_text("'no host!' is not an IP address").wait_for()
        local.get_by_text("'no host either!' is not an IP address").wait_for()


def test_wizard_links_two_homes(homes: Homes, window: Window) -> None:
    first, second = homes
    with window(first) as luci:
        describe(luci, f"{LANS['second']}.0/24")
        luci.picture("wizard-1")
        luci.press("Continue")
        luci.page.get_by_text("All changes to this router").click()
        luci.picture("wizard-2")
        luci.press("Save and continue")
        conf = exported(luci, "WireGuard .conf")
        uci = exported(luci, "OpenWrt UCI")
        luci.picture("wizard-3")
        luci.press("QR code")
        luci.page.locator(".pywg-qr svg").wait_for()
        luci.picture("wizard-qr")
        luci.press("Save & Apply")
        luci.wait_until_applied()
    assert "[Interface]\nPrivateKey = " in conf
    assert "\nPresharedKey = " in conf
    with window(second) as luci:
        luci.open("network/pywg")
        luci.page.get_by_text("Import the configuration from the other home").click()
        luci.label("Configuration", uci)
        luci.picture("wizard-import")
        luci.press("Continue")
        luci.page.get_by_text("All changes to this router").wait_for()
        luci.press("Save & Apply")
        luci.wait_until_applied()
    assert first.reaches(second, 30)
    assert second.reaches(first, 30)
    assert_sides_correspond(homes)


def test_wizard_plans_from_the_configuration_of_the_other_router(
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
        luci.page.get_by_text("Import the configuration from the other home").click()
        luci.label("Configuration", settings)
        luci.page.get_by_label("Pasted configuration").select_option("remote")
        luci.label("Public address of the other home", "10.77.1.2")
        luci.label("Network of the other home (LAN)", f"{LANS['first']}.0/24")
        luci.picture("wizard-from-remote")
        luci.press("Continue")
        note = luci.page.get_by_text("must use this public key").inner_text()
        luci.press("Save & Apply")
        luci.wait_until_applied()
    (key,) = KEY.findall(note)
    first.set("other", f"public_key={key}")
    assert first.reaches(second, 30)
    assert second.reaches(first, 30)
    assert_sides_correspond(homes)
    assert side(second).endpoint == f"10.77.1.2:{PORT}"


def test_wizard_is_usable_with_the_keyboard_alone(homes: Homes, window: Window) -> None:
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
