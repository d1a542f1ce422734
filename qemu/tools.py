"""The required programs of the host and the Debian packages that contain them."""

import os
import shutil

PACKAGES = {
    "apt-get": "apt",
    "cmake": "cmake",
    "cpio": "cpio",
    "depmod": "kmod",
    "dpkg-deb": "dpkg",
    "mke2fs": "e2fsprogs",
    "qemu-system-aarch64": "qemu-system-arm",
    "qemu-system-arm": "qemu-system-arm",
}
# Debian installs depmod outside the PATH of an ordinary user.
SEARCH_PATH = os.environ.get("PATH", os.defpath) + ":/usr/sbin:/sbin"


class MissingTools(Exception):
    """Required programs are not installed; the message names the packages."""


def require_all() -> None:
    """Check that the host has every required program.

    Raises:
        MissingTools: a program is not installed.
    """
    missing = [package for tool, package in PACKAGES.items() if not find(tool)]
    if missing:
        raise MissingTools(f"missing programs; run: apt install {' '.join(missing)}")


def find(tool: str) -> str | None:
    """Return the path of a program, or None if it is not installed."""
    return shutil.which(tool, path=SEARCH_PATH)


def command(tool: str, *arguments: str) -> list[str]:
    """Return a command line with the full path of ``tool``."""
    return [find(tool) or tool, *arguments]
