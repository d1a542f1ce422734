"""Network > Interfaces: an interface and its peers, configured manually."""

import re

from tests.lab.wait import becomes
from tests.openwrt_live.conftest import Homes
from tests.openwrt_live.world import INSIDE, LANS, NAME, PORT, Home

from .browser import Luci
from .conftest import Window

KEPT = re.compile(r"kept:[\w-]{43}")


def add_interface(luci: Luci, home: Home) -> str:
    """Add an interface, leave its form open, and return its public key."""
    luci.open("network/network")
    luci.press("Add new interface...")
    luci.page.fill(".modal input[id*='name']", NAME)
    luci.page.select_option(".modal select[id*=proto]", "pywg")
    luci.press("Create interface")
    luci.press("Generate key", ".modal .pywg-key")
    key: str = luci.page.locator(".modal .pywg-key code").inner_text()
    luci.enter("listen_port", str(PORT))
    luci.enter_listed("addresses", f"{INSIDE[home.name]}/24")
    return key


def add_peer(luci: Luci, remote: Home) -> None:
    """Add a peer and save its form."""
    luci.tab("Peers")
    luci.press("Add peer", ".modal")
    luci.row("public_key").wait_for()
    luci.enter("description", "cabin")
    luci.enter("public_key", remote.public_key)
    luci.enter_listed("allowed_ips", f"{LANS[remote.name]}.0/24")
    luci.enter("endpoint_host", "10.77.2.2")
    luci.picture("peer")
    luci.save_form()


def configure_remote(remote: Home, key: str) -> None:
    """Configure the second home with the first one as its peer."""
    remote.configure()
    remote.meet(
        "answer",
        f"public_key={key}",
        f"+allowed_ips={LANS['first']}.0/24",
        f"+allowed_ips={INSIDE['first']}/32",
        "route_allowed_ips=1",
    )


def test_link_is_configured_manually(homes: Homes, window: Window) -> None:
    first, second = homes
    with window(first) as luci:
        key = add_interface(luci, first)
        configure_remote(second, key)
        luci.picture("interface")
        add_peer(luci, second)
        luci.picture("peers")
        luci.save_form()
        luci.apply()
        assert first.reaches(second, 30)
        luci.edit(NAME)
        luci.tab("Peers")
        luci.page.locator(".pywg-state", has_text="Connected").wait_for()
        luci.picture("peers-connected")
    stored = first.router.run(f"uci get network.{NAME}.private_key").strip()
    assert KEPT.fullmatch(stored)
    # The default value of the form, and the entered network.
    allowed = first.router.run(f"uci get network.@pywg_{NAME}[0].allowed_ips")
    assert allowed.split() == [f"{INSIDE['second']}/32", f"{LANS['second']}.0/24"]


def test_invalid_values_are_reported_while_typing(homes: Homes, window: Window) -> None:
    first, second = homes
    with window(first) as luci:
        add_interface(luci, first)
        luci.enter("listen_port", "70000")
        error = luci.page.locator(".cbi-tooltip:visible, .cbi-value-error").first
        assert luci.row("listen_port").locator(".cbi-input-invalid").count() == 1
        assert error.count() == 1
        luci.enter("listen_port", str(PORT))
        add_peer(luci, second)
        luci.press("Add peer", ".modal")
        luci.enter("public_key", "no key")
        assert luci.row("public_key").locator(".cbi-input-invalid").count() == 1
        luci.enter_listed("allowed_ips", f"{LANS['second']}.0/24")
        luci.row("allowed_ips").get_by_text("only one of the two peers").wait_for()
        luci.picture("overlap")


def test_peers_are_disabled_and_enabled_without_a_restart(
    homes: Homes, window: Window
) -> None:
    first, second = homes
    first.configure()
    for name, host in (("stays", 2), ("goes", 3)):
        first.meet(
            name,
            f"public_key={second.public_key[:-3]}{'AEI'[host % 3]}A=",
            f"description={name}",
            f"+allowed_ips=10.9.0.{host}/32",
        )
    assert becomes(lambda: len(first.peers()) == 2)
    process = first.router.pid(NAME)
    with window(first) as luci:
        for wanted in (1, 2):
            luci.edit(NAME)
            luci.tab("Peers")
            row = luci.page.locator('.modal [data-sid="goes"]')
            row.locator("input[type=checkbox]").click()
            luci.save_form()
            luci.apply()
            assert becomes(lambda wanted=wanted: len(first.peers()) == wanted)  # type: ignore[misc]
    assert first.router.pid(NAME) == process


def test_error_is_shown_when_an_interface_does_not_start(
    homes: Homes, window: Window
) -> None:
    first, _ = homes
    first.configure("private_key=none")
    with window(first) as luci:
        luci.open("network/network")
        luci.page.get_by_text("The configuration is invalid").wait_for()
        assert "private_key" in luci.page.locator("#cbi-network").inner_text()
        luci.picture("interface-error")


def test_manually_stored_key_is_used(homes: Homes, window: Window) -> None:
    first, _ = homes
    first.router.run("mkdir -p -m 700 /etc/pywg/keys")
    first.router.write("etc/pywg/keys/by-hand", first.private_key)
    first.configure()
    first.set(NAME, "private_key=kept:by-hand")
    with window(first) as luci:
        luci.edit(NAME)
        luci.row("private_key").get_by_text(first.public_key).wait_for()


def test_key_is_shown_only_on_request(homes: Homes, window: Window) -> None:
    first, _ = homes
    with window(first) as luci:
        add_interface(luci, first)
        luci.save_form()
        luci.apply()
        name = first.router.run(f"uci get network.{NAME}.private_key").strip()
        secret = first.router.run(f"cat /etc/pywg/keys/{name[len('kept:') :]}").strip()
        luci.edit(NAME)
        assert secret not in luci.page.content()
        luci.press("Show key", ".modal")
        luci.page.locator(".pywg-key-secret").get_by_text(secret).wait_for()
    assert "root" in first.router.run(f"ls -l /etc/pywg/keys | grep '{name[5:]}'")
