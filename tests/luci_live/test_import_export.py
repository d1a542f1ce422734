"""Configurations as files, in and out."""

from pathlib import Path

from tests.lab.wait import becomes
from tests.lab.wireguard import new_key, public_key_of
from tests.openwrt_live.conftest import Homes
from tests.openwrt_live.world import INSIDE, LANS, NAME, PORT

from .conftest import Window

DIALOG = ".pywg-dialog"


def test_a_file_is_shown_as_changes_and_then_taken(
    homes: Homes, window: Window, tmp_path: Path
) -> None:
    first, second = homes
    first.configure()
    key = new_key()
    file = tmp_path / "cabin.conf"
    file.write_text(
        f"[Interface]\nPrivateKey = {key}\nListenPort = {PORT + 1}\n"
        f"Address = {INSIDE['first']}/24\n\n[Peer]\nPublicKey = {second.public_key}\n"
        f"AllowedIPs = {INSIDE['second']}/32, {LANS['second']}.0/24\n"
        f"Endpoint = 10.77.2.2:{PORT}\n"
    )
    with window(first) as luci:
        luci.edit(NAME)
        luci.press("Import…", ".modal")
        luci.page.locator(f"{DIALOG} input[type=file]").set_input_files(file)
        shown = luci.page.locator(f"{DIALOG} .pywg-changes")
        shown.get_by_text(f"+ listen_port: {PORT + 1}").wait_for()
        assert key not in luci.page.locator(".pywg-changes").inner_text()
        luci.picture("import")
        assert str(PORT) in first.router.run(f"uci get network.{NAME}.listen_port")
        luci.press("Take over", DIALOG)
        luci.page.locator(DIALOG).wait_for(state="detached")
        luci.save_form()
        luci.apply()
    assert first.status()["public_key"] == public_key_of(key)
    assert first.peer()["endpoint"] == f"10.77.2.2:{PORT}"
    # What came in a file is kept outside of the configuration from now on.
    assert key not in first.router.run("uci show network")


def test_a_file_is_dropped_where_it_is_wanted(homes: Homes, window: Window) -> None:
    first, _ = homes
    first.configure()
    key = public_key_of(new_key())
    with window(first) as luci:
        luci.edit(NAME)
        luci.press("Import…", ".modal")
        place = luci.page.locator(f"{DIALOG} .pywg-dropzone")
        file = luci.file("cabin.conf", f"[Peer]\nPublicKey = {key}\n")
        place.dispatch_event("dragover", {"dataTransfer": file})
        assert "pywg-dragover" in str(place.get_attribute("class"))
        place.dispatch_event("drop", {"dataTransfer": file})
        assert "pywg-dragover" not in str(place.get_attribute("class"))
        shown = luci.page.locator(f"{DIALOG} .pywg-changes")
        shown.get_by_text(f"+ public_key: {key}").wait_for()
        # A peer without another name has that of its file.
        shown.get_by_text("+ description: cabin").wait_for()
        luci.press("Take over", DIALOG)
        luci.page.locator(DIALOG).wait_for(state="detached")
        luci.save_form()
        luci.apply()
    assert becomes(lambda: [peer["public_key"] for peer in first.peers()] == [key])


def test_a_lone_peer_is_added_to_those_that_are_there(
    homes: Homes, window: Window
) -> None:
    first, second = homes
    first.configure()
    first.meet("old", f"public_key={second.public_key}", "+allowed_ips=10.9.0.2/32")
    key = public_key_of(new_key())
    with window(first) as luci:
        luci.edit(NAME)
        luci.press("Import…", ".modal")
        luci.label("Configuration", f"[Peer]\nPublicKey = {key}\nAllowedIPs = 10.9.0.3")
        luci.press("Take over", DIALOG)
        luci.page.locator(DIALOG).wait_for(state="detached")
        luci.save_form()
        luci.apply()
    assert {peer["public_key"] for peer in first.peers()} == {second.public_key, key}


def test_what_is_on_the_screen_goes_out(
    homes: Homes, window: Window, tmp_path: Path
) -> None:
    first, second = homes
    first.configure()
    first.meet(
        "other", f"public_key={second.public_key}", "+allowed_ips=10.9.0.2/32",
        "description=My Cabin",
    )  # fmt: skip
    with window(first) as luci:
        luci.edit(NAME)
        luci.enter("listen_port", "4444")
        luci.press("Export…", ".modal")
        words = luci.page.locator(f"{DIALOG} .pywg-export-text").inner_text()
        assert "ListenPort = 4444" in words
        assert f"PrivateKey = {first.private_key}" in words
        luci.picture("export")
        luci.press("Close", DIALOG)
        luci.tab("Peers")
        luci.page.locator('.modal [data-sid="other"]').get_by_text("Edit").click()
        luci.enter("public_key", "x")
        luci.press("Make its configuration…", ".modal")
        luci.page.locator(DIALOG).get_by_text("a key has 44").wait_for()
        luci.press("Make a new pair of keys", DIALOG)
        luci.page.locator(
            f"{DIALOG} .pywg-export-text", has_text="PrivateKey"
        ).wait_for()
        luci.label("What it reaches behind this router", "192.168.1.0/24, 192.168")
        luci.page.locator(DIALOG).get_by_text("'192.168' is no network").wait_for()
        with luci.page.expect_download() as download:
            luci.press("Save as my-cabin.conf", DIALOG)
        luci.picture("export-peer")
        download.value.save_as(tmp_path / "conf")
        theirs = (tmp_path / "conf").read_text()
        assert f"PublicKey = {first.public_key}" in theirs
        assert f"AllowedIPs = {INSIDE['first']}/32, 192.168.1.0/24\n" in theirs
        luci.press("Close", DIALOG)
        shown = luci.row("public_key").locator("input").input_value()
    private = theirs.partition("PrivateKey = ")[2].split("\n")[0]
    assert shown == public_key_of(private)
