"""The pages in the languages that they speak: nothing sticks out, or stays English."""

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
# All that is said, whether it is seen now or later.
SAID = """() => {
    const said = [];
    const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    while (texts.nextNode())
        said.push(texts.currentNode.data);
    const told = '[title], [placeholder], [aria-label]';
    for (const node of document.querySelectorAll(told))
        said.push(node.title, node.placeholder, node.ariaLabel);
    return said.filter(text => text).map(text => text.trim());
}"""
# What is wider than the place that it has, and is cut off or covers what is beside it.
TOO_WIDE = """() => [...document.querySelectorAll(
        '[class^=pywg-], [class^=pywg-] *, .pywg-wizard *')]
    .filter(node => node.clientWidth && node.scrollWidth > node.clientWidth + 1 &&
        getComputedStyle(node).overflowX === 'visible' && node.checkVisibility())
    .map(node => `${node.tagName} ${node.className}: ${node.textContent.trim()}`)"""


class Speaker:
    """The pages in one language, as wide as the window."""

    def __init__(self, luci: Luci, language: str, size: str) -> None:
        self._luci = luci
        self._name = f"{language}-{size}"
        self._foreign = dict(_foreign(language))
        # What is wrong, and where.
        self.faults: list[str] = []

    def look(self, what: str) -> None:
        """At what is on the screen now, and keep a picture."""
        self._luci.picture(f"{self._name}-{what}")
        said = self._luci.page.evaluate(SAID)
        found = [f"English: {text}" for text in said if self._is_english(text)]
        found += [f"too wide: {node}" for node in self._luci.page.evaluate(TOO_WIDE)]
        if not self._luci.is_as_wide_as_its_window():
            found.append("wider than the window")
        self.faults += [f"{what}: {one}" for one in found]

    def words(self, text: str) -> str:
        """What is written there for an English text."""
        return self._foreign.get(text, text)

    def press(self, text: str, within: str = "body") -> None:
        self._luci.press(self.words(text), within)

    def _is_english(self, text: str) -> bool:
        return any(
            _pattern(source).fullmatch(text) and not _pattern(foreign).fullmatch(text)
            for source, foreign in self._foreign.items()
        )


def _foreign(language: str) -> Iterator[tuple[str, str]]:
    for message, forms in po.parse(po.translations()[language].read_text()).items():
        # Less would be found in LuCI's own words.
        if len(MARK.sub("", message.text)) > 10 or not MARK.search(message.text):
            yield message.text, forms[0]


def _pattern(text: str) -> re.Pattern[str]:
    return re.compile(".+".join(map(re.escape, MARK.split(text))))


@pytest.fixture(params=LANGUAGES)
def language(homes: Homes, request: pytest.FixtureRequest) -> Iterator[str]:
    """That of the first home's router."""
    router = homes[0].router
    spoken: str = request.param
    router.uci(
        f"set luci.languages.{spoken}={LANGUAGES[spoken]}",
        f"set luci.main.lang={spoken}",
    )
    yield spoken
    router.uci(f"delete luci.languages.{spoken}", "set luci.main.lang=auto")


@pytest.mark.parametrize("size", SIZES)
def test_every_page_is_in_the_language(
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
        speaker = Speaker(luci, language, size)
        look_at_the_status(luci, speaker)
        look_at_the_assistant(luci, speaker)
        look_at_the_forms(luci, speaker)
        assert not speaker.faults, "\n".join(speaker.faults)


def look_at_the_status(luci: Luci, speaker: Speaker) -> None:
    luci.open("status/pywg")
    trouble = speaker.words("No answer")
    luci.page.locator(".pywg-state", has_text=trouble).wait_for()
    speaker.look("status")
    speaker.press("Disable…", ".pywg-peer")
    speaker.look("disable")


def look_at_the_assistant(luci: Luci, speaker: Speaker) -> None:
    luci.open("network/pywg")
    luci.page.get_by_text(
        speaker.words("The other home has sent its half already")
    ).click()
    luci.label(speaker.words("Its network (LAN)"), "192.168.1.0/24, 192.168.300")
    speaker.look("assistant-problems")
    luci.label(speaker.words("Its network (LAN)"), "172.20.8.0/24")
    luci.label(speaker.words("Our name or address"), "10.77.1.2")
    speaker.look("assistant-1")
    speaker.press("Continue")
    luci.page.get_by_text(speaker.words("All changes to this router")).click()
    speaker.look("assistant-2")
    speaker.press("Save and continue")
    luci.page.locator(".pywg-export-text").wait_for()
    speaker.look("assistant-3")


def look_at_the_forms(luci: Luci, speaker: Speaker) -> None:
    luci.edit(NAME)
    luci.page.locator(".pywg-key code").wait_for()
    speaker.look("interface")
    luci.tab("Advanced Settings")
    speaker.look("advanced")
    luci.tab(speaker.words("Peers"))
    luci.page.locator(".pywg-cell [data-tone=good]").first.wait_for()
    speaker.look("peers")
    speaker.press("Add peer", ".modal")
    luci.row("public_key").wait_for()
    luci.enter("public_key", "x")
    speaker.look("peer")
    luci.enter("public_key", KEY)
    speaker.press("Make its configuration…", ".modal")
    luci.page.locator(".pywg-dialog .pywg-export-text").wait_for()
    speaker.look("other-side")
