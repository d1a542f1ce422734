"""The boot files of a virtual machine: Debian's kernel and an initial file system.

The file system is a file of two cpio archives. The first holds Debian packages; it is
built once and cached in ``.cache/qemu`` under a hash of its inputs (remove that folder
to update the packages). The second holds the current checkout: the OpenWrt packages
that the machine installs, and the checks. Neither is compressed, because copying is
faster than decompression under emulation.
"""

import hashlib
import platform
import shutil
import subprocess
import tempfile
from pathlib import Path
from typing import BinaryIO, NamedTuple

from package.builder import ipk
from package.builder.lock import exclusive
from package.builder.packages import required_packages
from package.builder.targets import TARGETS
from qemu import architectures, packages, tools
from qemu.architectures import Architecture

PACKAGES = (
    "busybox-static",
    "iproute2",
    "iputils-ping",
    "python3",
    "python3-nacl",
    "wireguard-tools",
)
# Kernel modules to keep, with their dependencies.
MODULES = (
    *("virtio_mmio", "virtio_console", "virtio_blk", "virtio_net"),
    *("crc32c_generic", "ext4", "overlay"),
    *("tun", "veth", "wireguard"),
)
NOT_NEEDED = ("boot", "usr/share/doc", "usr/share/locale", "usr/share/man")
MOUNT_POINTS = ("dev", "mnt", "proc", "run", "sys", "tmp", "var/run")

CHECKOUT = Path(__file__).resolve().parent.parent
CACHE = CHECKOUT / ".cache/qemu"
CHECKS = ("qemu", "tests/lab/dns_message.py")
# Paths in the file system of the machine.
PACKAGE_FOLDER = "packages"
MODULE_LIST = "etc/modules"


class Base(NamedTuple):
    """The files from Debian: the kernel and the cpio archive of the packages."""

    kernel: Path
    archive: Path


def base(architecture: Architecture) -> Base:
    """Return the files from Debian; build them if they are not in the cache."""
    directory = CACHE / _key(architecture)
    with exclusive(directory):
        if not directory.exists():
            _build(architecture, directory)
    return Base(directory / "vmlinuz", directory / "packages.cpio")


def build(architecture: Architecture, target: Path) -> Path:
    """Write the initial file system to ``target`` and return the path of the kernel."""
    kernel, archive = base(architecture)
    shutil.copyfile(archive, target)
    with target.open("ab") as output, tempfile.TemporaryDirectory() as root:
        _write_packages(architecture, Path(root, PACKAGE_FOLDER))
        _cpio(Path(root), sorted(Path(root).rglob("*")), output)
        _cpio(CHECKOUT, _check_files(), output)
    return kernel


def _write_packages(architecture: Architecture, folder: Path) -> None:
    folder.mkdir()
    for package in required_packages(TARGETS[f"debian_{architecture}"]):
        (folder / ipk.file_name(package)).write_bytes(ipk.pack(package, mtime=0))


def _key(architecture: Architecture) -> str:
    """Return a hash of the code that builds the base and of the Debian release."""
    release = platform.freedesktop_os_release()["VERSION_CODENAME"]
    digest = hashlib.sha256(f"{architecture} {release}".encode())
    for module in (__file__, packages.__file__, architectures.__file__):
        digest.update(Path(module).read_bytes())
    return digest.hexdigest()[:16]


def _build(architecture: Architecture, directory: Path) -> None:
    CACHE.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=CACHE) as work:
        wanted = (*PACKAGES, architecture.kernel)
        root = packages.unpack(wanted, architecture.name, Path(work))
        result = Path(work) / "result"
        result.mkdir()
        next(root.glob("boot/vmlinuz-*")).rename(result / "vmlinuz")
        _complete(root)
        with (result / "packages.cpio").open("wb") as output:
            _cpio(root, sorted(root.rglob("*")), output)
        # Renamed last, so that an incomplete base is never found.
        result.rename(directory)


def _complete(root: Path) -> None:
    """Make the changes of the maintainer scripts, which are not run."""
    (release,) = (root / "lib/modules").iterdir()
    for name in NOT_NEEDED:
        shutil.rmtree(root / name, ignore_errors=True)
    for name in MOUNT_POINTS:
        (root / name).mkdir(parents=True, exist_ok=True)
    (root / "bin/sh").symlink_to("busybox")
    (root / MODULE_LIST).write_text("".join(f"{name}\n" for name in MODULES))
    _list_modules(root, release.name)
    _leave_out_modules(release)
    _list_modules(root, release.name)


def _list_modules(root: Path, release: str) -> None:
    depmod = tools.command("depmod", "--basedir", str(root), release)
    subprocess.run(depmod, check=True)


def _leave_out_modules(release: Path) -> None:
    lines = (release / "modules.dep").read_text().splitlines()
    needs = dict(line.split(":") for line in lines)
    kept = {path for path in needs if _module(path) in MODULES}
    kept.update(*(needs[path].split() for path in tuple(kept)))
    for path in needs.keys() - kept:
        (release / path).unlink()


def _module(path: str) -> str:
    """Return the module name for a path: ``a_b`` for kernel/net/a-b.ko.xz."""
    return Path(path).name.partition(".")[0].replace("-", "_")


def _check_files() -> list[Path]:
    found = {path for top in CHECKS for path in _below(CHECKOUT / top)}
    # cpio needs a folder before the files in it.
    parents = {parent for path in found for parent in path.parents}
    inside = {path for path in parents if CHECKOUT in path.parents}
    return sorted(path for path in found | inside if path.name != "__pycache__")


def _below(top: Path) -> list[Path]:
    return [path for path in (top, *top.rglob("*")) if path.suffix != ".pyc"]


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
