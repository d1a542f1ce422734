"""Build all packages of a target into a folder, as files or as a signed feed."""

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

from . import apk, ipk, opkg_feed
from .packages import Package, all_packages
from .paths import CHECKOUT
from .targets import Target

Built = tuple[Package, Path]


def build_ipks(target: Target, folder: Path, mtime: int) -> Iterator[Built]:
    """Write the packages for opkg into ``folder``, which is emptied first.

    ``mtime`` is the time of all packed files, in seconds since 1970.
    """
    _empty(folder)
    for package in all_packages(target):
        path = folder / ipk.file_name(package)
        path.write_bytes(ipk.pack(package, mtime))
        yield package, path


def build_opkg_feed(
    target: Target, folder: Path, mtime: int, key: opkg_feed.UsignKey
) -> Iterator[Built]:
    """Write the packages for opkg, their index, its signature and the public key."""
    yield from build_ipks(target, folder, mtime)
    opkg_feed.write_index(folder, key)


def build_apk_feed(
    target: Target, folder: Path, mtime: int, key: Path
) -> Iterator[Built]:
    """Write the packages for apk, their signed index and the public key.

    ``key`` is the file of the private key.
    """
    _empty(folder)
    for package in all_packages(target):
        path = folder / apk.file_name(package)
        apk.write(package, mtime, path)
        yield package, path
    apk.write_index(folder, key)


def source_date_epoch(checkout: Path = CHECKOUT) -> int:
    """Return the time of the packed files, in seconds since 1970.

    It is SOURCE_DATE_EPOCH, or the time of the last commit in ``checkout``; without git
    or a commit that of pyproject.toml, which a source archive sets to the same.
    """
    variable = os.environ.get("SOURCE_DATE_EPOCH")
    if variable:
        return int(variable)
    log = ("git", "-C", str(checkout), "log", "-1", "--format=%ct")
    try:
        return int(subprocess.run(log, capture_output=True, check=True).stdout)
    except (OSError, subprocess.CalledProcessError):
        return int((checkout / "pyproject.toml").stat().st_mtime)


def describe(built: Built) -> str:
    """Return a line about a package: its path, its size, its installed size."""
    package, path = built
    installed = sum(len(file.content) for file in package.files.values())
    size = path.stat().st_size
    return f"{os.path.relpath(path)}: {size} bytes, {installed} bytes installed"


def _empty(folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for path in folder.iterdir():
        path.unlink()
