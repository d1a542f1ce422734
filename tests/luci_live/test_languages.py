"""The pages in each language: no overflow, and no English text."""

import re
from collections.abc import Iterator

import pytest

from luci import po
from tests.openwrt_live.conftest import Homes
from tests.openwrt_live.world import NAME

from .browser import DESKTOP, PHONE, Luci
from .conftest import Window
from .test_status import KEY, link

LANGUAGES = {"de": "Deutsch", "fr": "Français"}
SIZES = {"desktop": DESKTOP, "phone": PHONE}
MARK = re.compile("%[sd]")
# All texts of a page, visible or not.
TEXTS = """() => {
    const found = [];
    const nodes = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    while (nodes.nextNode())
        found.push(nodes.currentNode.data);
    const labelled = '[title], [placeholder], [aria-label]';
    for (const node of document.querySelectorAll(labelled))
        found.push(node.title, node.placeholder, node.ariaLabel);
    return found.filter(text => text).map(text => text.trim());
}"""
# The nodes that overflow their boxes.
TOO_WIDE = """() => [...document.querySelectorAll(
        '[class^=pywg-], [class^=pywg-] *, .pywg-wizard *')]
    .filter(node => node.clientWidth && node.scrollWidth > node.clientWidth + 1 &&
        getComputedStyle(node).overflowX === 'visible' && node.checkVisibility())
    .map(node => `${node.tagName} ${node.className}: ${node.textContent.trim()}`)"""


class Inspector:
    """Checks of the pages in one language and one size of the window."""

    def __init__(self, luci: Luci, language: str, size: str) -> None:
        self._luci = luci
        self._name = f"{language}-{size}"
        self._foreign = dict(_foreign(language))
        self.faults: list[str] = []

    def check(self, place: str) -> None:
        """Check the current page, and save a screenshot."""
        self._luci.picture(f"{self._name}-{place}")
        texts = self._luci.page.evaluate(TEXTS)
        found = [f"English: {text}" for text in texts if self._is_english(text)]
        found += [f"too wide: {node}" for node in self._luci.page.evaluate(TOO_WIDE)]
        if not self._luci.is_as_wide_as_its_window():
            found.append("wider than the window")
        self.faults += [f"{place}: {fault}" for fault in found]

    def translation(self, text: str) -> str:
        """Return the translation of an English text."""
        return self._foreign.get(text, text)

    def press(self, text: str, within: str = "body") -> None:
        self._luci.press(self.translation(text), within)

    def _is_english(self, text: str) -> bool:
        return any(
            _pattern(source).fullmatch(text) and not _pattern(foreign).fullmatch(text)
            for source, foreign in self._foreign.items()
        )


def _foreign(language: str) -> Iterator[tuple[str, str]]:
    for message, forms in po.parse(po.translations()[language].read_text()).items():
        # Shorter patterns would match LuCI's own texts.
        if len(MARK.sub("", message.text)) > 10 or not MARK.search(message.text):
            yield message.text, forms[0]


def _pattern(text: str) -> re.Pattern[str]:
    return re.compile(".+".join(map(re.escape, MARK.split(text))))


@pytest.fixture(params=LANGUAGES)
def language(homes: Homes, request: pytest.FixtureRequest) -> Iterator[str]:
    """Set the language of the first home's router."""
    router = homes[0].router
    code: str = request.param
    router.uci(
        f"set luci.languages.{code}={LANGUAGES[code]}",
        f"set luci.main.lang={code}",
    )
    yield code
    router.uci(f"delete luci.languages.{code}", "set luci.main.lang=auto")


@pytest.mark.parametrize("size", SIZES)
def test_all_pages_are_translated(
    homes: Homes, window: Window, language: str, size: str
) -> None:
    first, second = homes
    link(homes, {"description": "Skihütte"})
    first.meet(
        "stranger",
        f"public_key={KEY}",
        "description=Ferienhaus am See",
        "endpoint_host=10.77.1.77",
        "persistent_keepalive=5",
        "+allowed_ips=192.168.0.0/16",
    )
    assert first.reaches(second, 30)
    with window(first, size=SIZES[size]) as luci:
        inspector = Inspector(luci, language, size)
        check_status(luci, inspector)
        check_wizard(luci, inspector)
        check_forms(luci, inspector)
        assert not inspector.faults, "\n".join(inspector.faults)


def check_status(luci: Luci, inspector: Inspector) -> None:
    luci.open("status/pywg")
    trouble = inspector.translation("No response")
    luci.page.locator(".pywg-state", has_text=trouble).wait_for()
    inspector.check("status")
    inspector.press("Disable…", ".pywg-peer")
    inspector.check("disable")


def check_wizard(luci: Luci, inspector: Inspector) -> None:
    luci.open("network/pywg")
    luci.page.get_by_text(
        inspector.translation("Import the configuration from the other home")
    ).click()
    luci.label(
        inspector.translation("Network of the other home (LAN)"),
        "192.168.1.0/24, 192.168.300",
    )
    inspector.check("wizard-problems")
    luci.label(
        inspector.translation("Network of the other home (LAN)"), "172.20.8.0/24"
    )
    luci.label(inspector.translation("Public address of this home"), "10.77.1.2")
    inspector.check("wizard-1")
    inspector.press("Continue")
    luci.page.get_by_text(inspector.translation("All changes to this router")).click()
    inspector.check("wizard-2")
    inspector.press("Save and continue")
    luci.page.locator(".pywg-export-text").wait_for()
    inspector.check("wizard-3")


def check_forms(luci: Luci, inspector: Inspector) -> None:
    luci.edit(NAME)
    luci.page.locator(".pywg-key code").wait_for()
    inspector.check("interface")
    luci.tab("Advanced Settings")
    inspector.check("advanced")
    luci.tab(inspector.translation("Peers"))
    luci.page.locator(".pywg-cell [data-tone=good]").first.wait_for()
    inspector.check("peers")
    inspector.press("Add peer", ".modal")
    luci.row("public_key").wait_for()
    luci.enter("public_key", "x")
    inspector.check("peer")
    luci.enter("public_key", KEY)
    inspector.press("Generate configuration…", ".modal")
    luci.page.locator(".pywg-dialog .pywg-export-text").wait_for()
    inspector.check("other-side")
