"""Download and unpack Debian packages of another architecture without installing them.

apt runs in a separate directory with the sources and keys of the host. The package
state and architectures of the host do not change. No maintainer script runs.
"""

import subprocess
from pathlib import Path

from qemu import tools

# Dependencies that only an installation or a complete system needs. A package that the
# status file declares installed provides them.
LEFT_OUT = (
    "debconf",
    "dpkg",
    "initramfs-tools (= 99)",
    "kmod",
    "linux-base (= 99)",
    "linux-initramfs-tool",
    "media-types",
    "tar",
)
STATUS = f"""\
Package: left-out
Status: install ok installed
Architecture: all
Version: 1
Maintainer: none
Provides: {", ".join(LEFT_OUT)}
Description: dependencies that are not needed without package management

"""
# Packages of Debian 12 bring /bin/x, those of Debian 13 /usr/bin/x.
MERGED_DIRECTORIES = ("bin", "lib", "sbin")


def unpack(packages: tuple[str, ...], architecture: str, work: Path) -> Path:
    """Unpack ``packages`` and their dependencies below the empty directory ``work``.

    Returns the path of the root file system.
    """
    root = _merged_root(work / "root")
    for archive in _download(packages, architecture, work / "apt"):
        _run("dpkg-deb", "--extract", str(archive), str(root))
    return root


def _merged_root(root: Path) -> Path:
    for name in MERGED_DIRECTORIES:
        (root / "usr" / name).mkdir(parents=True)
        (root / name).symlink_to(f"usr/{name}")
    return root


def _download(packages: tuple[str, ...], architecture: str, apt: Path) -> list[Path]:
    options = _private_apt(architecture, apt)
    # A mirror may lack an index file; the next command reports packages that are
    # missing for that reason.
    _run("apt-get", *options, "update", check=False)
    _run("apt-get", *options, "--yes", "--download-only", "install", *packages)
    return sorted((apt / "cache/archives").glob("*.deb"))


def _private_apt(architecture: str, apt: Path) -> list[str]:
    (apt / "state/lists/partial").mkdir(parents=True)
    (apt / "cache/archives/partial").mkdir(parents=True)
    status = apt / "state/status"
    status.write_text(STATUS)
    settings = {
        "Dir::State": apt / "state",
        "Dir::State::status": status,
        "Dir::Cache": apt / "cache",
        "APT::Architecture": architecture,
        "APT::Architectures": architecture,
        "APT::Install-Recommends": "false",
        # The user _apt cannot read a checkout below a home directory.
        "APT::Sandbox::User": "root",
    }
    return [f"--option={name}={value}" for name, value in settings.items()]


def _run(tool: str, *arguments: str, check: bool = True) -> None:
    subprocess.run(
        tools.command(tool, *arguments), check=check, stdout=subprocess.DEVNULL
    )
