"""``python -m package.builder ipk|feed|apk ARCHITECTURE``.

``ipk`` writes the packages that opkg installs to build/ipk/ARCHITECTURE; ``feed`` makes
of that a folder which opkg installs from, signed with the key in .cache/feed.key;
``apk`` makes such a folder for apk, build/apk/ARCHITECTURE, with .cache/feed.pem.
"""

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

from . import apk, ipk, opkg_feed, packages
from .paths import CHECKOUT
from .targets import TARGETS, Target

CACHE = CHECKOUT / ".cache"
BUILD = CHECKOUT / "build"


def main() -> int:
    """Do as the command line says; the exit code."""
    if len(sys.argv) != 3 or sys.argv[1] not in GOALS:
        goals = "|".join(GOALS)
        return _refuse(f"usage: python -m package.builder {goals} ARCHITECTURE")
    goal, name = sys.argv[1:]
    if name not in TARGETS:
        known = ", ".join(TARGETS)
        return _refuse(f"no such architecture: {name}; there are {known}")
    if goal == "apk" and not apk.tool():
        return _refuse(apk.MISSING)
    GOALS[goal](TARGETS[name])
    return 0


def _make_ipk(target: Target) -> Path:
    folder = _emptied(BUILD / "ipk" / target.name)
    for package in packages.all_packages(target):
        path = folder / ipk.file_name(package)
        path.write_bytes(ipk.pack(package, _stamp()))
        _tell(package, path)
    return folder


def _make_feed(target: Target) -> None:
    folder = _make_ipk(target)
    key = opkg_feed.load_key(CACHE / "feed.key")
    opkg_feed.write_index(folder, key)
    print(f"signed with key {key.fingerprint.hex()}")


def _make_apk(target: Target) -> None:
    folder = _emptied(BUILD / "apk" / target.name)
    for package in packages.all_packages(target):
        path = folder / apk.file_name(package)
        apk.write(package, _stamp(), path)
        _tell(package, path)
    apk.write_index(folder, apk.load_key(CACHE / "feed.pem"))
    print(f"signed; the key for it is {apk.PUBLIC_KEY}")


GOALS: dict[str, Callable[[Target], object]] = {
    "ipk": _make_ipk,
    "feed": _make_feed,
    "apk": _make_apk,
}


def _refuse(reason: str) -> int:
    print(reason, file=sys.stderr)
    return 1


def _emptied(folder: Path) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    for old in folder.iterdir():
        old.unlink()
    return folder


def _tell(package: packages.Package, path: Path) -> None:
    installed = sum(len(file.content) for file in package.files.values())
    size = path.stat().st_size
    print(f"{path.relative_to(CHECKOUT)}: {size} bytes, installed {installed}")


def _stamp() -> int:
    """SOURCE_DATE_EPOCH, or else when the checkout was last committed to."""
    given = os.environ.get("SOURCE_DATE_EPOCH")
    if given:
        return int(given)
    log = ("git", "-C", str(CHECKOUT), "log", "-1", "--format=%ct")
    return int(subprocess.run(log, capture_output=True, check=True).stdout)


if __name__ == "__main__":
    sys.exit(main())
