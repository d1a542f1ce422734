"""opkg and apk: commands on a router, and how our packages are built for each."""

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import NamedTuple

from package.builder import apk, ipk, opkg_feed
from package.builder.packages import Package
from package.builder.targets import TARGETS, Target

STAMP = 1_700_000_000
# Paths in an unpacked root file system: dynamic loaders, and folders of libraries.
_MUSL = "lib/ld-musl-x86_64.so.1"
_LOADERS = (_MUSL, "lib64/ld-linux-x86-64.so.2")
_LIBRARIES = ("lib", "usr/lib", "lib/*-linux-*")


class Manager(NamedTuple):
    """A package manager. ``pack`` writes a package to a folder; ``sign`` turns the
    folder into a signed feed and returns the path of its public key. The other fields
    are names and commands on the router."""

    pack: Callable[[Package, Path], Path]
    sign: Callable[[Path, Path], Path]
    name: str
    tools: tuple[str, ...]
    accept: str
    trust: str
    use: str
    add: str
    add_files: str
    upgrade: str
    remove: str
    installed: str


def _pack_ipk(package: Package, folder: Path) -> Path:
    path = folder / ipk.file_name(package)
    path.write_bytes(ipk.pack(package, STAMP))
    return path


def _sign_ipk(folder: Path, key: Path) -> Path:
    signer = opkg_feed.load_or_create_key(key)
    opkg_feed.write_index(folder, signer)
    return folder / signer.fingerprint.hex()


def _pack_apk(package: Package, folder: Path) -> Path:
    path = folder / apk.file_name(package)
    apk.write(package, STAMP, path)
    return path


def _sign_apk(folder: Path, key: Path) -> Path:
    apk.write_index(folder, apk.load_or_create_key(key))
    return folder / apk.PUBLIC_KEY


OPKG = Manager(
    _pack_ipk,
    _sign_ipk,
    "opkg",
    ("opkg", "opkg-key", "usign"),
    "echo arch {architecture} 20 >>/etc/opkg.conf",
    "cp {key} /etc/opkg/keys && echo option check_signature >>/etc/opkg.conf",
    "echo src/gz ours {place} >/etc/opkg/customfeeds.conf && opkg update",
    "opkg install",
    "opkg install",
    "opkg upgrade",
    "opkg remove",
    "opkg list-installed",
)
APK = Manager(
    _pack_apk,
    _sign_apk,
    "apk",
    ("apk",),
    "echo {architecture} >>/etc/apk/arch",
    "cp {key} /etc/apk/keys",
    "echo {place}/packages.adb >/etc/apk/repositories.d/customfeeds.list && apk update",
    "apk add",
    "apk add --allow-untrusted",
    "apk upgrade",
    "apk del",
    "apk list --installed",
)


def borrow_apk(root: Path, folder: Path) -> None:
    """Write a wrapper to ``folder`` for the apk of a root file system, if any."""
    program = root / "usr/bin/apk"
    loaders = [path for name in _LOADERS for path in root.glob(name)]
    if not program.exists() or not loaders:
        return
    libraries = ":".join(str(path) for name in _LIBRARIES for path in root.glob(name))
    ours = folder / "apk"
    ours.write_text(
        f'#!/bin/sh\nexec {loaders[0]} --library-path {libraries} {program} "$@"\n'
    )
    ours.chmod(0o755)


def target_of(root: Path) -> Target:
    """Return the target of an unpacked root file system, by its C library."""
    return TARGETS["x86_64" if any(root.glob(_MUSL)) else "debian_amd64"]


def ciphers_of(root: Path) -> list[str]:
    """Return the ciphers whose libraries an unpacked root file system has."""
    target = target_of(root)
    return [
        cipher
        for cipher in ("openssl", "sodium")
        if any(root.rglob(target.soname(cipher)))
    ]


def with_cipher(cipher: str, packages: Iterable[Package]) -> list[Package]:
    """Return ``packages`` without the libraries that use another cipher."""
    return [
        package
        for package in packages
        if package.section != "libs" or cipher in package.name
    ]


def managers_of(root: Path) -> list[Manager]:
    """Return the package managers of an unpacked root file system."""
    programs = {path.name for path in (*root.glob("bin/*"), *root.glob("usr/bin/*"))}
    return [manager for manager in (OPKG, APK) if manager.name in programs]
