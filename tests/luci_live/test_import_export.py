"""Import and export of configurations."""

from pathlib import Path

from tests.lab.wait import becomes
from tests.lab.wireguard import new_key, public_key_of
from tests.openwrt_live.conftest import Homes
from tests.openwrt_live.world import INSIDE, LANS, NAME, PORT

from .conftest import Window

DIALOG = ".pywg-dialog"


def test_file_is_imported_after_its_changes_are_shown(
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
        changes = luci.page.locator(f"{DIALOG} .pywg-changes")
        changes.get_by_text(f"+ listen_port: {PORT + 1}").wait_for()
        assert key not in luci.page.locator(".pywg-changes").inner_text()
        luci.picture("import")
        assert str(PORT) in first.router.run(f"uci get network.{NAME}.listen_port")
        luci.press("Import", DIALOG)
        luci.page.locator(DIALOG).wait_for(state="detached")
        luci.save_form()
        luci.apply()
    assert first.status()["public_key"] == public_key_of(key)
    assert first.peer()["endpoint"] == f"10.77.2.2:{PORT}"
    # The imported key is stored outside of the configuration.
    assert key not in first.router.run("uci show network")


def test_dropped_file_is_imported(homes: Homes, window: Window) -> None:
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
        changes = luci.page.locator(f"{DIALOG} .pywg-changes")
        changes.get_by_text(f"+ public_key: {key}").wait_for()
        # The name of the file is the default description.
        changes.get_by_text("+ description: cabin").wait_for()
        luci.press("Import", DIALOG)
        luci.page.locator(DIALOG).wait_for(state="detached")
        luci.save_form()
        luci.apply()
    assert becomes(lambda: [peer["public_key"] for peer in first.peers()] == [key])


def test_single_peer_section_is_added_to_the_peers(
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
        luci.press("Import", DIALOG)
        luci.page.locator(DIALOG).wait_for(state="detached")
        luci.save_form()
        luci.apply()
    assert {peer["public_key"] for peer in first.peers()} == {second.public_key, key}


def test_unsaved_values_are_exported(
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
        text = luci.page.locator(f"{DIALOG} .pywg-export-text").inner_text()
        assert "ListenPort = 4444" in text
        assert f"PrivateKey = {first.private_key}" in text
        luci.picture("export")
        luci.press("Close", DIALOG)
        luci.tab("Peers")
        luci.page.locator('.modal [data-sid="other"]').get_by_text("Edit").click()
        luci.enter("public_key", "x")
        luci.press("Generate configuration…", ".modal")
        luci.page.locator(DIALOG).get_by_text("a key has 44").wait_for()
        luci.press("Generate new key pair", DIALOG)
        luci.page.locator(
            f"{DIALOG} .pywg-export-text", has_text="PrivateKey"
        ).wait_for()
        luci.label("Networks the peer may access", "192.168.1.0/24, 192.168")
        luci.page.locator(DIALOG).get_by_text(
            "'192.168' is not a network prefix"
        ).wait_for()
        with luci.page.expect_download() as download:
            luci.press("Save as my-cabin.conf", DIALOG)
        luci.picture("export-peer")
        download.value.save_as(tmp_path / "conf")
        exported = (tmp_path / "conf").read_text()
        assert f"PublicKey = {first.public_key}" in exported
        assert f"AllowedIPs = {INSIDE['first']}/32, 192.168.1.0/24\n" in exported
        luci.press("Close", DIALOG)
        shown = luci.row("public_key").locator("input").input_value()
    private = exported.partition("PrivateKey = ")[2].split("\n")[0]
    assert shown == public_key_of(private)
