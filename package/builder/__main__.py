"""``python -m package.builder ipk|feed|apk ARCHITECTURE``.

``ipk`` writes the packages for opkg to build/ipk/ARCHITECTURE. ``feed`` makes that
folder a feed, signed with the key in .cache/feed.key. ``apk`` writes a feed for apk to
build/apk/ARCHITECTURE, signed with the key in .cache/feed.pem. A missing key is made.
"""

import sys
from collections.abc import Callable
from pathlib import Path

from . import apk, feeds, opkg_feed
from .paths import CHECKOUT
from .targets import TARGETS, Target

CACHE = CHECKOUT / ".cache"
BUILD = CHECKOUT / "build"


def main() -> int:
    """Build as the command line says, and return the exit code."""
    if len(sys.argv) != 3 or sys.argv[1] not in GOALS:
        goals = "|".join(GOALS)
        return _refuse(f"usage: python -m package.builder {goals} ARCHITECTURE")
    goal, name = sys.argv[1:]
    if name not in TARGETS:
        known = ", ".join(TARGETS)
        return _refuse(f"unknown architecture: {name} (expected one of {known})")
    if goal == "apk" and not apk.find_tool():
        return _refuse(apk.MISSING)
    GOALS[goal](TARGETS[name])
    return 0


def ipk_folder(target: Target) -> Path:
    """Return the folder that ``ipk`` and ``feed`` write to."""
    return BUILD / "ipk" / target.name


def apk_folder(target: Target) -> Path:
    """Return the folder that ``apk`` writes to."""
    return BUILD / "apk" / target.name


def _make_ipk(target: Target) -> None:
    mtime = feeds.source_date_epoch()
    for built in feeds.build_ipks(target, ipk_folder(target), mtime):
        print(feeds.describe(built))


def _make_feed(target: Target) -> None:
    key = opkg_feed.load_or_create_key(CACHE / "feed.key")
    mtime = feeds.source_date_epoch()
    for built in feeds.build_opkg_feed(target, ipk_folder(target), mtime, key):
        print(feeds.describe(built))
    print(f"index signed with key {key.fingerprint.hex()}")


def _make_apk(target: Target) -> None:
    key = apk.load_or_create_key(CACHE / "feed.pem")
    mtime = feeds.source_date_epoch()
    for built in feeds.build_apk_feed(target, apk_folder(target), mtime, key):
        print(feeds.describe(built))
    print(f"index signed; the public key is in {apk.PUBLIC_KEY}")


GOALS: dict[str, Callable[[Target], None]] = {
    "ipk": _make_ipk,
    "feed": _make_feed,
    "apk": _make_apk,
}


def _refuse(reason: str) -> int:
    print(reason, file=sys.stderr)
    return 1


if __name__ == "__main__":
    sys.exit(main())
