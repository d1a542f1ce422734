"""Release notes, from the change log."""

import re
from typing import NamedTuple

CHANGELOG = "CHANGELOG.md"
_HEADING = re.compile(r"^## \[?([^\]\s]+)\]?(?: - (.*))?$", re.MULTILINE)
_NOTES = """\
# pywg-embedded {version}

{body}

## Install

On OpenWrt, add the feed for the architecture of the router (`DISTRIB_ARCH` in
`/etc/openwrt_release`), then install `luci-proto-pywg`, or `pywg-embedded` without the
web interface. `SHA256SUMS` has the checksums of these files and of the feeds, and is
signed with the key of the opkg feeds: `sha256sum --check --ignore-missing SHA256SUMS`.
"""


class Section(NamedTuple):
    """The section of a version: its heading, and the Markdown below it."""

    version: str
    date: str
    body: str


def find_section(changelog: str, version: str) -> Section | None:
    """Return the section of ``version`` in a change log, or None."""
    headings = list(_HEADING.finditer(changelog))
    for index, heading in enumerate(headings):
        if heading[1] == version:
            rest = headings[index + 1 :]
            end = rest[0].start() if rest else len(changelog)
            body = changelog[heading.end() : end].strip()
            return Section(version, heading[2] or "", body)
    return None


def format_notes(section: Section) -> str:
    """Return the release notes in Markdown."""
    return _NOTES.format(version=section.version, body=section.body)
