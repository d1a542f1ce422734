"""The packages: their files, dependencies and scripts.

1. Python sources are shipped, for Python 3.11 and later. Bytecode goes to tmpfs:
   OpenWrt's Python writes none beside its sources, and flash is not for files that can
   be made again.
2. Only root may write to the bytecode folder, because root executes what is in it.
3. Names and provides are those of the packages that OpenWrt's build system makes of the
   feed, so that either kind can replace the other.
"""

import tomllib
from pathlib import Path
from typing import NamedTuple

from luci import po
from pywg_embedded import __version__
from pywg_embedded.dataplane.signatures import SONAME

from . import elf, libpywg, lmo
from .archive import File
from .paths import CHECKOUT, LIBPYWG
from .targets import Target

PROJECT = tomllib.loads((CHECKOUT / "pyproject.toml").read_text())["project"]
VERSION = f"{__version__}-r1"
MAINTAINER = PROJECT["authors"][0]["name"]
HOME = "usr/lib/pywg-embedded"
# The version of libpywg's binary interface.
ABI = SONAME.rpartition(".")[2]
BINDING = "pywg_embedded/dataplane/_libpywg.py"
COMMANDS = {"usr/bin/pywg": "pywg", "usr/sbin/pywgd": "pywgd"}
FEED = CHECKOUT / "package/pywg-embedded"
# Installed path: file in the folder "files", mode.
SYSTEM = {
    "etc/hotplug.d/ntp/50-pywg": ("pywg.ntp", 0o644),
    "etc/init.d/pywg": ("pywg.init", 0o755),
    "lib/netifd/proto/pywg.sh": ("pywg.sh", 0o755),
    "usr/share/pywg-embedded/kept": ("pywg.kept", 0o644),
    "usr/share/pywg-embedded/reinstall": ("pywg.reinstall", 0o755),
}
# Folder of luci-proto-pywg: folder on the router.
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


class Dependency(NamedTuple):
    """A package that another one needs, with its least version, or "" for any."""

    name: str
    least: str = ""


class License(NamedTuple):
    """An SPDX expression, and the licence files in the source."""

    name: str
    files: tuple[str, ...]


OURS = License(PROJECT["license"]["text"], ("LICENSE",))
WITH_BLAKE2S = License(
    f"{OURS.name} CC0-1.0",
    (*OURS.files, "pywg_embedded/dataplane/libpywg/third_party/blake2s/COPYING"),
)


class Package(NamedTuple):
    """A package, independent of the format; ``architecture`` "all" fits any.

    ``abi`` is the version of the binary interface of a library, else empty; only one
    package that provides a name with the same version can be installed. ``postinst``
    is a script that runs after the files are installed, with OpenWrt's functions
    loaded; ``postrm`` one that runs after they are removed. A ``preferred`` package is
    chosen among those that provide the same name.
    """

    name: str
    architecture: str
    depends: tuple[Dependency, ...]
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
        """The name with the ABI version; libraries of different ABIs can coexist."""
        return f"{self.name}{self.abi}"

    @property
    def replaces(self) -> tuple[str, ...]:
        """The packages that this one replaces when it is installed."""
        return tuple(name for name in self.provides if name in self.conflicts)


class Variant(NamedTuple):
    """A variant of libpywg: its AEAD, and the name of the crypto library."""

    aead: str
    library: str


# The first is preferred: PyNaCl needs that library anyway.
VARIANTS = (Variant("sodium", "libsodium"), Variant("openssl", "OpenSSL"))
# The packages of shared libraries. Where the name of a package has no version of the
# library's binary interface, the first version of the package with that interface.
PROVIDERS = {
    "libc.so": Dependency("libc"),
    "libc.so.6": Dependency("libc"),
    "libcrypto.so.3": Dependency("libopenssl3"),
    "libsodium.so.23": Dependency("libsodium"),
    "libsodium.so.26": Dependency("libsodium", "1.0.19"),
}


def required_packages(target: Target) -> tuple[Package, ...]:
    """Return the packages that a router of this architecture needs at least."""
    return _libpywg(target, VARIANTS[0]), pywg_embedded()


def all_packages(target: Target) -> tuple[Package, ...]:
    """Return all packages for a router of this architecture."""
    libraries = [_libpywg(target, variant) for variant in VARIANTS]
    return *libraries, pywg_embedded(), luci_proto_pywg()


def _libpywg(target: Target, variant: Variant) -> Package:
    built = libpywg.shared_library(target, variant.aead).read_bytes()
    return Package(
        f"libpywg-{variant.aead}",
        target.name,
        library_dependencies(built),
        "libs",
        f"Data plane of pywg-embedded, AEAD from {variant.library}",
        {f"usr/lib/{SONAME}": File(built, 0o755)},
        provides=("libpywg",),
        conflicts=tuple(
            f"libpywg-{rival.aead}{ABI}" for rival in VARIANTS if rival != variant
        ),
        license=WITH_BLAKE2S,
        preferred=variant == VARIANTS[0],
        abi=ABI,
    )


def library_dependencies(library: bytes) -> tuple[Dependency, ...]:
    """Return the packages of the libraries that a shared library needs.

    Raises ValueError if PROVIDERS lacks one: the package would not load.
    """
    needed = elf.needed_libraries(library)
    unknown = [name for name in needed if name not in PROVIDERS]
    if unknown:
        raise ValueError(f"no known package has {unknown[0]}; add it to PROVIDERS")
    return tuple(sorted({PROVIDERS[name] for name in needed}))


def _dependencies(*names: str) -> tuple[Dependency, ...]:
    return tuple(Dependency(name) for name in names)


def pywg_embedded() -> Package:
    """Return the package of the daemon and the tool; it fits all architectures."""
    return Package(
        "pywg-embedded",
        "all",
        _dependencies(
            *("libc", f"libpywg{ABI}", "kmod-tun", "python3-light", "python3-pynacl")
        ),
        "net",
        "WireGuard without a kernel module",
        {**_python_files(), **_launchers(), **_system_files()},
        postinst=(FEED / "scripts/postinst").read_text(),
        postrm=(FEED / "scripts/postrm").read_text(),
    )


def luci_proto_pywg() -> Package:
    """Return the package of the LuCI pages, with all translations.

    In the feed each translation is a package of its own.
    """
    languages = tuple(f"luci-i18n-pywg-{language}" for language in po.translations())
    return Package(
        "luci-proto-pywg",
        "all",
        _dependencies("libc", "luci-base", "pywg-embedded"),
        "luci",
        "LuCI support for the protocol pywg (WireGuard without a kernel module)",
        {**_luci_files(), **_translations()},
        provides=languages,
        conflicts=languages,
        postinst=_script("luci-proto-pywg.postinst"),
        postrm=_script("luci-proto-pywg.postrm"),
    )


def _script(name: str) -> str:
    return (Path(__file__).with_name("scripts") / name).read_text()


def _python_files() -> dict[str, File]:
    tree = CHECKOUT / "pywg_embedded"
    sources = {
        f"{HOME}/{path.relative_to(CHECKOUT)}": File(path.read_bytes())
        for path in sorted(tree.rglob("*.py"))
        if LIBPYWG not in path.parents
    }
    others = {
        # The binding is the same for all architectures.
        BINDING: libpywg.cffi_binding(),
        "LICENSE": (CHECKOUT / "LICENSE").read_bytes(),
    }
    return sources | {f"{HOME}/{name}": File(others[name]) for name in others}


def _luci_files() -> dict[str, File]:
    return {
        f"{target}/{path.relative_to(po.PACKAGE / folder)}".lstrip("/"): File(
            path.read_bytes()
        )
        for folder, target in LUCI.items()
        for path in sorted((po.PACKAGE / folder).rglob("*"))
        if path.is_file()
    }


def _translations() -> dict[str, File]:
    return {
        f"{LUCI_LANGUAGES}/pywg.{language}.lmo": File(lmo.compile_po(path.read_text()))
        for language, path in po.translations().items()
    }


def _launchers() -> dict[str, File]:
    return {
        path: File(LAUNCHER.format(home=HOME, command=command).encode(), 0o755)
        for path, command in COMMANDS.items()
    }


def _system_files() -> dict[str, File]:
    return {
        path: File((FEED / "files" / name).read_bytes(), mode)
        for path, (name, mode) in SYSTEM.items()
    }
