"""The programs of the host, and the Debian package that each comes from."""

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
# Debian keeps depmod where an ordinary user does not look.
SEARCH_PATH = os.environ.get("PATH", os.defpath) + ":/usr/sbin:/sbin"


class MissingTools(Exception):
    """Programs that the host lacks; the text says what to install."""


def require_all() -> None:
    """Raise MissingTools unless the host has every program."""
    missing = [package for tool, package in PACKAGES.items() if not find(tool)]
    if missing:
        raise MissingTools(f"please install: apt install {' '.join(missing)}")


def find(tool: str) -> str | None:
    """The program's path, None if the host lacks it."""
    return shutil.which(tool, path=SEARCH_PATH)


def command(tool: str, *arguments: str) -> list[str]:
    """A command line that starts ``tool``, wherever it is."""
    return [find(tool) or tool, *arguments]
