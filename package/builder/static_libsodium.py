"""A static libsodium for test programs: fetched once, compiled once per target."""

import hashlib
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from . import toolchain
from .lock import exclusive
from .paths import CACHE
from .targets import Target

RECIPE = Path(__file__).with_name("libsodium")
REQUIREMENTS = RECIPE / "requirements.txt"


def prefix(target: Target) -> Path:
    """Return the prefix that libsodium is installed below."""
    directory = CACHE / f"libsodium-{target.name}-{_key(target)}"
    CACHE.mkdir(parents=True, exist_ok=True)
    if not directory.exists():
        with tempfile.TemporaryDirectory(dir=CACHE) as work:
            _build(target, Path(work), directory)
    return directory


def _key(target: Target) -> str:
    """Return a hash of everything that the library depends on."""
    digest = hashlib.sha256(f"{target} {toolchain.cache_key(target)}".encode())
    for file in sorted(RECIPE.iterdir()):
        digest.update(file.read_bytes())
    return digest.hexdigest()[:16]


def _build(target: Target, work: Path, directory: Path) -> None:
    settings = {
        "CMAKE_INSTALL_PREFIX": str(directory),
        "SODIUM": str(_sources()),
    }
    toolchain.configure(RECIPE, work, target, settings)
    toolchain.build(work, "install")


def _sources() -> Path:
    """Return the folder of the sources; pip checks the pinned hash."""
    digest = hashlib.sha256(REQUIREMENTS.read_bytes()).hexdigest()[:16]
    directory = CACHE / f"libsodium-sources-{digest}"
    with exclusive(directory):
        if not directory.exists():
            with tempfile.TemporaryDirectory(dir=CACHE) as work:
                _unpack(_download(Path(work)), Path(work)).rename(directory)
    return directory


def _download(work: Path) -> Path:
    pip = (sys.executable, "-m", "pip", "--quiet", "--disable-pip-version-check")
    sources = ("--no-deps", "--no-binary=PyNaCl", "--require-hashes")
    wanted = ("--requirement", str(REQUIREMENTS), "--dest", str(work))
    subprocess.run((*pip, "download", *sources, *wanted), check=True)
    (archive,) = work.glob("*.tar.gz")
    return archive


def _unpack(archive: Path, work: Path) -> Path:
    shutil.unpack_archive(archive, work)
    (directory,) = work.glob("*/src/libsodium")
    return directory
