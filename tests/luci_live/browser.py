"""A browser at work in LuCI: what a person presses, enters and reads."""

import contextlib
import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from tests.lab.host import Host

if TYPE_CHECKING:
    from playwright.sync_api import JSHandle, Locator, Page

CHROMIUM = "/usr/bin/chromium"
PICTURES = Path("build/luci")
DESKTOP, PHONE = (1280, 900), (360, 740)
# Milliseconds; two cores may be busy with other things.
PATIENCE = 60_000


class Luci:
    """One window of it. ``faults`` are the errors that its scripts made."""

    def __init__(self, page: "Page", address: str) -> None:
        self.page = page
        self.address = address
        self.faults: list[str] = []
        page.set_default_timeout(PATIENCE)
        page.on("pageerror", lambda error: self.faults.append(str(error)))

    def log_in(self, user: str, password: str) -> None:
        # Not every account may see what LuCI has at the front.
        self.page.goto(f"{self.address}/cgi-bin/luci/admin/status/pywg")
        self.page.fill("#luci_username", user)
        self.page.fill("#luci_password", password)
        self.page.press("#luci_password", "Enter")
        self.page.wait_for_selector("#topmenu")

    def open(self, path: str) -> None:
        """A page by its place in the menu."""
        self.page.goto(f"{self.address}/cgi-bin/luci/admin/{path}")
        self.page.wait_for_selector("#view > :not(.spinning)")

    def picture(self, name: str) -> None:
        """Keep what is on the screen."""
        PICTURES.mkdir(parents=True, exist_ok=True)
        path = PICTURES / f"{name}.png"
        self.page.screenshot(path=path, animations="disabled")

    def press(self, words: str, within: str = "body") -> None:
        """The last button of that name: what is on top comes last."""
        place = self.page.locator(within)
        place.get_by_role("button", name=words, exact=True).last.click()

    def row(self, option: str) -> "Locator":
        """An option of the form that is on top."""
        return self.page.locator(f'.modal .cbi-value[data-name="{option}"]:visible')

    def enter(self, option: str, text: str) -> None:
        """Type into a field, and leave it."""
        field = self.row(option).locator("input").last
        field.fill(text)
        field.press("Tab")

    def enter_listed(self, option: str, text: str) -> None:
        """Add to a list."""
        field = self.row(option).locator(".add-item input")
        field.fill(text)
        field.press("Enter")

    def label(self, words: str, text: str) -> None:
        """Fill in a field of the assistant or of a dialog."""
        self.page.get_by_label(words, exact=True).fill(text)

    def file(self, name: str, text: str) -> "JSHandle":
        """What a mouse drags from a folder."""
        return self.page.evaluate_handle(
            "([name, text]) => { const carried = new DataTransfer();"
            " carried.items.add(new File([text], name)); return carried; }",
            [name, text],
        )

    def tab(self, words: str) -> None:
        """A part of the form that is on top."""
        self.page.locator(".modal .cbi-tabmenu").last.get_by_text(words).click()

    def edit(self, interface: str) -> None:
        """Open an interface's form."""
        self.open("network/network")
        row = self.page.locator(f'.cbi-section-table-row[data-sid="{interface}"]')
        row.get_by_role("button", name="Edit").click()
        self.row("private_key").wait_for()

    def save_form(self) -> None:
        """Save what is on top, and wait until something else is."""
        heading = self.page.locator(".modal h4")
        before = heading.inner_text()
        self.press("Save", ".modal")
        self.page.wait_for_function(
            "before => !document.body.classList.contains('modal-overlay-active') ||"
            " document.querySelector('.modal h4')?.innerText !== before",
            arg=before,
        )

    def apply(self) -> None:
        """Save & Apply."""
        self.page.locator(".cbi-page-actions .cbi-button-apply").first.click()
        self.wait_until_applied()

    def wait_until_applied(self) -> None:
        """Until the router has confirmed, and the page is a new one."""
        with self.page.expect_navigation():
            pass
        self.page.wait_for_selector("#view > :not(.spinning)")

    def is_as_wide_as_its_window(self) -> bool:
        """Whether nobody has to scroll to the side."""
        return bool(
            self.page.evaluate(
                "document.documentElement.scrollWidth <= window.innerWidth"
            )
        )


@contextlib.contextmanager
def browser(
    host: Host,
    address: str,
    folder: Path,
    size: tuple[int, int] = DESKTOP,
    dark: bool = False,
) -> Iterator[Luci]:
    """A window on this host, in the light or the dark theme."""
    # Where no browser is driven, nobody needs it.
    from playwright.sync_api import sync_playwright

    program = folder / f"chromium-{host.name}"
    command = shlex.join(host.command(CHROMIUM))
    program.write_text(f'#!/bin/sh\nexec {command} "$@"\n')
    program.chmod(0o755)
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(
            executable_path=program, args=["--no-sandbox"]
        )
        page = chromium.new_page(
            viewport={"width": size[0], "height": size[1]},
            color_scheme="dark" if dark else "light",
        )
        yield Luci(page, address)
        chromium.close()
