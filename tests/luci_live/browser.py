"""A browser that operates LuCI: buttons, fields and texts."""

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
# Milliseconds; the machine may be under load.
PATIENCE = 60_000


class Luci:
    """One browser window; ``faults`` are the errors of the scripts of its pages."""

    def __init__(self, page: "Page", address: str) -> None:
        self.page = page
        self.address = address
        self.faults: list[str] = []
        page.set_default_timeout(PATIENCE)
        page.on("pageerror", lambda error: self.faults.append(str(error)))

    def log_in(self, user: str, password: str) -> None:
        # Not every account has access to LuCI's front page.
        self.page.goto(f"{self.address}/cgi-bin/luci/admin/status/pywg")
        self.page.fill("#luci_username", user)
        self.page.fill("#luci_password", password)
        self.page.press("#luci_password", "Enter")
        self.page.wait_for_selector("#topmenu")

    def open(self, path: str) -> None:
        """Open a page by its path in the menu."""
        self.page.goto(f"{self.address}/cgi-bin/luci/admin/{path}")
        self.page.wait_for_selector("#view > :not(.spinning)")

    def picture(self, name: str) -> None:
        """Save a screenshot."""
        PICTURES.mkdir(parents=True, exist_ok=True)
        path = PICTURES / f"{name}.png"
        self.page.screenshot(path=path, animations="disabled")

    def press(self, label: str, within: str = "body") -> None:
        """Press the last button with that label: the topmost dialog comes last."""
        place = self.page.locator(within)
        place.get_by_role("button", name=label, exact=True).last.click()

    def row(self, option: str) -> "Locator":
        """Return an option of the topmost form."""
        return self.page.locator(f'.modal .cbi-value[data-name="{option}"]:visible')

    def enter(self, option: str, text: str) -> None:
        """Fill in a field and move the focus to the next one."""
        field = self.row(option).locator("input").last
        field.fill(text)
        field.press("Tab")

    def enter_listed(self, option: str, text: str) -> None:
        """Add an element to a list."""
        field = self.row(option).locator(".add-item input")
        field.fill(text)
        field.press("Enter")

    def label(self, label: str, text: str) -> None:
        """Fill in a field of the wizard or of a dialog."""
        self.page.get_by_label(label, exact=True).fill(text)

    def file(self, name: str, text: str) -> "JSHandle":
        """Return the data transfer of a dragged file."""
        return self.page.evaluate_handle(
            "([name, text]) => { const carried = new DataTransfer();"
            " carried.items.add(new File([text], name)); return carried; }",
            [name, text],
        )

    def tab(self, label: str) -> None:
        """Open a tab of the topmost form."""
        self.page.locator(".modal .cbi-tabmenu").last.get_by_text(label).click()

    def edit(self, interface: str) -> None:
        """Open the form of an interface."""
        self.open("network/network")
        row = self.page.locator(f'.cbi-section-table-row[data-sid="{interface}"]')
        row.get_by_role("button", name="Edit").click()
        self.row("private_key").wait_for()

    def save_form(self) -> None:
        """Save the topmost form, and wait until it is closed."""
        heading = self.page.locator(".modal h4")
        before = heading.inner_text()
        self.press("Save", ".modal")
        self.page.wait_for_function(
            "before => !document.body.classList.contains('modal-overlay-active') ||"
            " document.querySelector('.modal h4')?.innerText !== before",
            arg=before,
        )

    def apply(self) -> None:
        """Press Save & Apply, and wait for the confirmation."""
        self.page.locator(".cbi-page-actions .cbi-button-apply").first.click()
        self.wait_until_applied()

    def wait_until_applied(self) -> None:
        """Wait until the router has confirmed the changes and the page is reloaded."""
        with self.page.expect_navigation():
            pass
        self.page.wait_for_selector("#view > :not(.spinning)")

    def is_as_wide_as_its_window(self) -> bool:
        """Return whether the page needs no horizontal scrolling."""
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
    """Open a window on a host, in the light or the dark theme."""
    # An optional dependency.
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
