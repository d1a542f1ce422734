"""What the packages hold, and where a router has it.

1. Sources are shipped, for any Python 3.11 and later; a router's own keep no bytecode
   beside them, and flash is not for what can be made again: so it goes to tmpfs.
2. Where it goes, only root may write: whoever writes bytecode runs as who reads it.
"""

import tempfile
from pathlib import Path
from typing import NamedTuple

from pywg_embedded.dataplane.signatures import SONAME

from . import library
from .archive import File
from .paths import CHECKOUT, LIBPYWG
from .targets import Target

HOME = "usr/lib/pywg-embedded"
DATAPLANE = "pywg_embedded/dataplane"
COMMANDS = {
    "usr/bin/pywg": "pywg_embedded.cli.main",
    "usr/sbin/pywgd": "pywg_embedded.daemon.main",
}
FEED = CHECKOUT / "package/pywg-embedded"
# Where a file of its folder "files" goes, and its mode.
SYSTEM = {
    "etc/hotplug.d/ntp/50-pywg": ("pywg.ntp", 0o644),
    "etc/init.d/pywg": ("pywg.init", 0o755),
    "lib/netifd/proto/pywg.sh": ("pywg.sh", 0o755),
    "lib/upgrade/keep.d/pywg-embedded": ("pywg.keep", 0o644),
}
LAUNCHER = """\
#!/usr/bin/python3
import sys

sys.dont_write_bytecode = False
sys.pycache_prefix = "/var/run/pywg-embedded/bytecode"
sys.path.insert(0, "/{home}")
from {module} import main

sys.exit(main())
"""


class Package(NamedTuple):
    """A package before it has a format; ``architecture`` is "all" for any.

    ``postrm`` is a script that runs once the files are gone.
    """

    name: str
    architecture: str
    depends: tuple[str, ...]
    provides: tuple[str, ...]
    section: str
    description: str
    files: dict[str, File]
    postrm: str = ""


def packages(target: Target) -> tuple[Package, ...]:
    """All that a router of this architecture needs of us."""
    return _libpywg(target), pywg_embedded()


def _libpywg(target: Target) -> Package:
    with tempfile.TemporaryDirectory() as work:
        library.install(target, Path(work))
        built = {path.name: path.read_bytes() for path in Path(work).iterdir()}
    return Package(
        "libpywg-sodium",
        target.name,
        ("libc", "libsodium"),
        ("libpywg",),
        "libs",
        "Moves the packets of pywg-embedded, with the cipher of libsodium",
        {
            f"usr/lib/{SONAME}": File(built[SONAME], 0o755),
            f"{HOME}/{DATAPLANE}/_libpywg.py": File(built["_libpywg.py"]),
        },
    )


def pywg_embedded() -> Package:
    """The package without anything compiled."""
    return Package(
        "pywg-embedded",
        "all",
        ("libc", "libpywg", "python3-light", "python3-pynacl", "kmod-tun"),
        (),
        "net",
        "WireGuard without a kernel module",
        {**_sources(), **_launchers(), **_system()},
        (FEED / "postrm").read_text(),
    )


def _sources() -> dict[str, File]:
    tree = CHECKOUT / "pywg_embedded"
    return {
        f"{HOME}/{path.relative_to(CHECKOUT)}": File(path.read_bytes())
        for path in sorted(tree.rglob("*.py"))
        if LIBPYWG not in path.parents
    }


def _launchers() -> dict[str, File]:
    return {
        path: File(LAUNCHER.format(home=HOME, module=module).encode(), 0o755)
        for path, module in COMMANDS.items()
    }


def _system() -> dict[str, File]:
    return {
        path: File((FEED / "files" / name).read_bytes(), mode)
        for path, (name, mode) in SYSTEM.items()
    }
