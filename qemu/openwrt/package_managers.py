"""opkg and apk: how each installs from a feed."""

from typing import NamedTuple


class Manager(NamedTuple):
    """A package manager: ``goal`` and ``folder`` of the builder, the pattern of the key
    file there, and the paths, feed line and command on the router."""

    program: str
    goal: str
    folder: str
    key: str
    keys: str
    feeds: str
    line: str
    install: str


# From OpenWrt 25.12 on, and up to 24.10.
_BOTH = (
    Manager(
        "apk",
        "apk",
        "build/apk",
        "*.pem",
        "/etc/apk/keys",
        "/etc/apk/repositories.d/customfeeds.list",
        "{feed}/packages.adb",
        "add",
    ),
    Manager(
        "opkg",
        "feed",
        "build/ipk",
        "[0-9a-f]" * 16,
        "/etc/opkg/keys",
        "/etc/opkg/customfeeds.conf",
        "src/gz pywg {feed}",
        "install",
    ),
)
MANAGERS = {manager.program: manager for manager in _BOTH}
