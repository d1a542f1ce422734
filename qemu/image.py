"""What the machine starts from: Debian's kernel and an initial file system.

The file system is two cpio archives in one file: Debian's packages, built once and
kept in ``.cache/qemu`` under a name that follows from what they are built by, and
our packages and the checks, as the checkout is now. (To take newer Debian packages,
remove ``.cache/qemu``.)
Nothing is compressed: under emulation, copying is quicker than unpacking.
"""

import hashlib
import io
import platform
import shutil
import subprocess
import tarfile
import tempfile
from pathlib import Path
from typing import BinaryIO, NamedTuple

from package.builder import contents, ipk
from package.builder.targets import TARGETS
from qemu import packages, tools

ARCHITECTURE = "arm64"
PACKAGES = (
    "busybox-static",
    "iproute2",
    "iputils-ping",
    "linux-image-cloud-arm64",
    "python3",
    "python3-nacl",
    "wireguard-tools",
)
NOT_NEEDED = ("boot", "usr/share/doc", "usr/share/locale", "usr/share/man")
MOUNT_POINTS = ("dev", "proc", "run", "sys", "tmp", "var/run")

CHECKOUT = Path(__file__).resolve().parent.parent
CACHE = CHECKOUT / ".cache/qemu"
CHECKS = "qemu"


class Base(NamedTuple):
    """Debian's part: the kernel's file and the cpio archive of the packages."""

    kernel: Path
    archive: Path


def base() -> Base:
    """Debian's part, built if the cache does not hold it."""
    directory = CACHE / _key()
    if not directory.exists():
        _build(directory)
    return Base(directory / "vmlinuz", directory / "packages.cpio")


def with_project(archive: Path, target: Path) -> None:
    """Write ``archive`` to ``target``, then our packages and the checks."""
    shutil.copyfile(archive, target)
    with target.open("ab") as output, tempfile.TemporaryDirectory() as root:
        for package in contents.packages(TARGETS[f"debian_{ARCHITECTURE}"]):
            _install(ipk.pack(package, stamp=0), root)
        _cpio(Path(root), sorted(Path(root).rglob("*")), output)
        _cpio(CHECKOUT, _check_files(), output)


def _install(package: bytes, root: str) -> None:
    with tarfile.open(fileobj=io.BytesIO(ipk.member(package, "data"))) as data:
        data.extractall(root)


def _key() -> str:
    """Changes with the code that builds the base and with Debian's release."""
    release = platform.freedesktop_os_release()["VERSION_CODENAME"]
    digest = hashlib.sha256(release.encode())
    for module in (__file__, packages.__file__):
        digest.update(Path(module).read_bytes())
    return digest.hexdigest()[:16]


def _build(directory: Path) -> None:
    CACHE.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=CACHE) as work:
        root = packages.unpack(PACKAGES, ARCHITECTURE, Path(work))
        result = Path(work) / "result"
        result.mkdir()
        next(root.glob("boot/vmlinuz-*")).rename(result / "vmlinuz")
        _complete(root)
        with (result / "packages.cpio").open("wb") as output:
            _cpio(root, sorted(root.rglob("*")), output)
        # Only a complete base gets the name that others look for.
        result.rename(directory)


def _complete(root: Path) -> None:
    """Do what the packages' maintainer scripts would have done."""
    (release,) = (root / "lib/modules").iterdir()
    for name in NOT_NEEDED:
        shutil.rmtree(root / name, ignore_errors=True)
    for name in MOUNT_POINTS:
        (root / name).mkdir(parents=True, exist_ok=True)
    depmod = tools.command("depmod", "--basedir", str(root), release.name)
    subprocess.run(depmod, check=True)


def _check_files() -> list[Path]:
    top = CHECKOUT / CHECKS
    found = (path for path in top.rglob("*") if "__pycache__" not in path.parts)
    return [top, *sorted(found)]


def _cpio(directory: Path, files: list[Path], output: BinaryIO) -> None:
    names = "\0".join(str(path.relative_to(directory)) for path in files)
    subprocess.run(
        tools.command(
            "cpio", "--create", "--format=newc", "--owner=0:0", "--null", "--quiet"
        ),
        cwd=directory,
        input=names.encode(),
        stdout=output,
        check=True,
    )
