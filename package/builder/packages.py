"""What the packages hold, and where a router has it.

1. Sources are shipped, for any Python 3.11 and later; a router's own keep no bytecode
   beside them, and flash is not for what can be made again: so it goes to tmpfs.
2. Where it goes, only root may write: whoever writes bytecode runs as who reads it.
3. Names, and what each provides, are those of the feed's packages as OpenWrt's build
   system makes them: a router may change from the ones to the others, and back.
"""

import tomllib
from pathlib import Path
from typing import NamedTuple

from luci import po
from pywg_embedded import __version__
from pywg_embedded.dataplane.signatures import SONAME

from . import libpywg, lmo
from .archive import File
from .paths import CHECKOUT, LIBPYWG
from .targets import Target

PROJECT = tomllib.loads((CHECKOUT / "pyproject.toml").read_text())["project"]
VERSION = f"{__version__}-r1"
MAINTAINER = PROJECT["authors"][0]["name"]
HOME = "usr/lib/pywg-embedded"
# Of libpywg's binary interface.
ABI = SONAME.rpartition(".")[2]
BINDING = "pywg_embedded/dataplane/_libpywg.py"
COMMANDS = {"usr/bin/pywg": "pywg", "usr/sbin/pywgd": "pywgd"}
FEED = CHECKOUT / "package/pywg-embedded"
# Where a file of its folder "files" goes, and its mode.
SYSTEM = {
    "etc/hotplug.d/ntp/50-pywg": ("pywg.ntp", 0o644),
    "etc/init.d/pywg": ("pywg.init", 0o755),
    "lib/netifd/proto/pywg.sh": ("pywg.sh", 0o755),
    "lib/upgrade/keep.d/pywg-embedded": ("pywg.keep", 0o644),
}
# Where a folder of the package for LuCI goes.
LUCI = {"htdocs": "www", "root": ""}
LUCI_LANGUAGES = "usr/lib/lua/luci/i18n"
LAUNCHER = """\
#!/usr/bin/python3
import sys

sys.dont_write_bytecode = False
sys.pycache_prefix = "/var/run/pywg-embedded/bytecode"
sys.path.insert(0, "/{home}")
from pywg_embedded.commands import {command}

sys.exit({command}())
"""


class License(NamedTuple):
    """What it is called, and the files of the source that it is in."""

    name: str
    files: tuple[str, ...]


OURS = License(PROJECT["license"]["text"], ("LICENSE",))
WITH_BLAKE2S = License(
    f"{OURS.name} CC0-1.0",
    (*OURS.files, "pywg_embedded/dataplane/libpywg/third_party/blake2s/COPYING"),
)


class Package(NamedTuple):
    """A package before it has a format; ``architecture`` is "all" for any.

    A library has the version of its binary interface, ``abi``. What it ``provides``,
    with that version, no other may have beside it. ``postinst`` runs when the files
    are there, with OpenWrt's functions at hand; ``postrm`` is a script that runs once
    they are gone. A ``preferred`` one is taken where others provide the same.
    """

    name: str
    architecture: str
    depends: tuple[str, ...]
    section: str
    description: str
    files: dict[str, File]
    provides: tuple[str, ...] = ()
    conflicts: tuple[str, ...] = ()
    license: License = OURS
    postinst: str = ""
    postrm: str = ""
    preferred: bool = False
    abi: str = ""

    @property
    def full_name(self) -> str:
        """What it goes by: a library's may be installed beside one of another abi."""
        return f"{self.name}{self.abi}"

    @property
    def replaces(self) -> tuple[str, ...]:
        """What gives way to it."""
        return tuple(name for name in self.provides if name in self.conflicts)


class Variant(NamedTuple):
    """A libpywg: by where its cipher is from, and the package that has that."""

    aead: str
    depends: str
    of: str


# The first is preferred: Python's cryptography needs that library anyway.
VARIANTS = (
    Variant("sodium", "libsodium", "libsodium"),
    Variant("openssl", "libopenssl3", "OpenSSL"),
)


def required_packages(target: Target) -> tuple[Package, ...]:
    """All that a router of this architecture needs of us."""
    return _libpywg(target, VARIANTS[0]), pywg_embedded()


def all_packages(target: Target) -> tuple[Package, ...]:
    """All that there is for a router of this architecture to choose from."""
    libraries = [_libpywg(target, variant) for variant in VARIANTS]
    return *libraries, pywg_embedded(), luci_proto_pywg()


def _libpywg(target: Target, variant: Variant) -> Package:
    built = libpywg.shared_library(target, variant.aead).read_bytes()
    return Package(
        f"libpywg-{variant.aead}",
        target.name,
        ("libc", variant.depends),
        "libs",
        f"Moves the packets of pywg-embedded, with the cipher of {variant.of}",
        {f"usr/lib/{SONAME}": File(built, 0o755)},
        provides=("libpywg",),
        conflicts=tuple(
            f"libpywg-{other.aead}{ABI}" for other in VARIANTS if other != variant
        ),
        license=WITH_BLAKE2S,
        preferred=variant == VARIANTS[0],
        abi=ABI,
    )


def pywg_embedded() -> Package:
    """The package without anything compiled."""
    return Package(
        "pywg-embedded",
        "all",
        ("libc", f"libpywg{ABI}", "kmod-tun", "python3-light", "python3-pynacl"),
        "net",
        "WireGuard without a kernel module",
        {**_sources(), **_launchers(), **_system()},
        postinst=(FEED / "scripts/postinst").read_text(),
        postrm=(FEED / "scripts/postrm").read_text(),
    )


def luci_proto_pywg() -> Package:
    """What makes the protocol a part of LuCI, with all its languages, of which each is
    a package by itself in the feed."""
    languages = tuple(f"luci-i18n-pywg-{language}" for language in po.translations())
    return Package(
        "luci-proto-pywg",
        "all",
        ("libc", "luci-base", "pywg-embedded"),
        "luci",
        "Links over WireGuard without a kernel module, in LuCI",
        {**_pages(), **_languages()},
        provides=languages,
        conflicts=languages,
        postinst=_script("luci-proto-pywg.postinst"),
        postrm=_script("luci-proto-pywg.postrm"),
    )


def _script(name: str) -> str:
    return (Path(__file__).with_name("scripts") / name).read_text()


def _sources() -> dict[str, File]:
    tree = CHECKOUT / "pywg_embedded"
    sources = {
        f"{HOME}/{path.relative_to(CHECKOUT)}": File(path.read_bytes())
        for path in sorted(tree.rglob("*.py"))
        if LIBPYWG not in path.parents
    }
    others = {
        # It calls any libpywg, and is the same for all machines.
        BINDING: libpywg.cffi_binding(),
        "LICENSE": (CHECKOUT / "LICENSE").read_bytes(),
    }
    return sources | {f"{HOME}/{name}": File(others[name]) for name in others}


def _pages() -> dict[str, File]:
    return {
        f"{target}/{path.relative_to(po.PACKAGE / folder)}".lstrip("/"): File(
            path.read_bytes()
        )
        for folder, target in LUCI.items()
        for path in sorted((po.PACKAGE / folder).rglob("*"))
        if path.is_file()
    }


def _languages() -> dict[str, File]:
    return {
        f"{LUCI_LANGUAGES}/pywg.{language}.lmo": File(lmo.compile_po(path.read_text()))
        for language, path in po.translations().items()
    }


def _launchers() -> dict[str, File]:
    return {
        path: File(LAUNCHER.format(home=HOME, command=command).encode(), 0o755)
        for path, command in COMMANDS.items()
    }


def _system() -> dict[str, File]:
    return {
        path: File((FEED / "files" / name).read_bytes(), mode)
        for path, (name, mode) in SYSTEM.items()
    }
