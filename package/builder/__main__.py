"""``python -m package.builder ipk ARCHITECTURE`` or ``feed ARCHITECTURE``.

``ipk`` writes the packages to build/packages/ARCHITECTURE; ``feed`` makes of that a
folder which opkg installs from, signed with the key in .cache/feed.key.
"""

import os
import subprocess
import sys
from pathlib import Path

from . import contents, feed, ipk
from .paths import CHECKOUT
from .targets import TARGETS, Target

KEY = CHECKOUT / ".cache/feed.key"
PACKAGES = CHECKOUT / "build/packages"


def main() -> int:
    """Do as the command line says; the exit code."""
    if len(sys.argv) != 3 or sys.argv[1] not in ("ipk", "feed"):
        print("usage: python -m package.builder ipk|feed ARCHITECTURE", file=sys.stderr)
        return 1
    goal, name = sys.argv[1:]
    if name not in TARGETS:
        known = ", ".join(TARGETS)
        print(f"no such architecture: {name}; there are {known}", file=sys.stderr)
        return 1
    folder = PACKAGES / name
    _write_packages(TARGETS[name], folder)
    if goal == "feed":
        key = feed.load_key(KEY)
        feed.write_index(folder, key)
        print(f"signed with key {key.number.hex()}")
    return 0


def _write_packages(target: Target, folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for old in folder.iterdir():
        old.unlink()
    for package in contents.packages(target):
        path = folder / ipk.file_name(package)
        path.write_bytes(ipk.pack(package, _stamp()))
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
