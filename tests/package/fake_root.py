"""A root file system with busybox alone, to run the scripts of packages in."""

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from package.builder.packages import Package

BUSYBOX = Path("/bin/busybox")
# Programs of OpenWrt that the scripts call. Each notes its call; an own one can replace
# it.
PROGRAMS = (
    "bin/opkg",
    "bin/ubus",
    "etc/init.d/firewall",
    "etc/init.d/network",
    "etc/init.d/rpcd",
    "usr/bin/logger",
    "usr/bin/sleep",
)
NOTE = '#!/bin/sh\necho "${0##*/} $*" >>/calls\n'
PATH = "/usr/sbin:/usr/bin:/sbin:/bin"


class FakeRoot:
    """A root file system; ``path`` is its folder. Scripts run in it by ``chroot``."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._add_busybox()
        for name in PROGRAMS:
            self.program(name)
        for folder in ("etc/config", "lib/upgrade/keep.d", "tmp", "var/run"):
            (path / folder).mkdir(parents=True)
        self.write("dev/null", "", 0o666)

    def program(self, name: str, text: str = "") -> None:
        """Write a program that notes its call, and then does what ``text`` says."""
        self.write(name, NOTE + text, 0o755)

    def write(self, name: str, text: str, mode: int = 0o644) -> None:
        """Write a file, in folders that are made if they are missing."""
        file = self.path / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
        file.chmod(mode)

    def run(self, script: str, **variables: str) -> str:
        """Run a script and return what it prints, on either output."""
        done = subprocess.run(
            ("chroot", str(self.path), "/bin/sh", "-c", script),
            env={"PATH": PATH, **variables},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        assert done.returncode == 0, done.stdout
        return done.stdout

    def calls(self) -> list[str]:
        """Return the calls of the programs since the last time."""
        notes = self.path / "calls"
        lines = notes.read_text().splitlines() if notes.exists() else []
        notes.unlink(missing_ok=True)
        return lines

    def install(self, package: Package, **variables: str) -> str:
        """Write the files of a package, run its postinst and return what that prints.

        Like opkg, refuse files that exist and belong to no package.
        """
        owned = self.path / f"usr/lib/opkg/info/{package.full_name}.list"
        before = owned.read_text().splitlines() if owned.exists() else []
        for name, file in package.files.items():
            path = self.path / name
            assert name in before or not path.exists(), f"{name} already exists"
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(file.content)
            path.chmod(file.mode)
        self.write(str(owned.relative_to(self.path)), "\n".join(package.files))
        self.write(str(owned.with_suffix(".control").relative_to(self.path)), "")
        return self.run(package.postinst, **variables)

    def remove(self, package: Package, **variables: str) -> str:
        """Remove the files of a package, run its postrm and return what that prints.

        Like opkg, leave the folders.
        """
        for name in package.files:
            (self.path / name).unlink()
        for note in (self.path / "usr/lib/opkg/info").glob(f"{package.full_name}.*"):
            note.unlink()
        return self.run(package.postrm, **variables)

    def sysupgrade(self) -> "FakeRoot":
        """Return a new root file system with the files that sysupgrade keeps."""
        lists = sorted((self.path / "lib/upgrade/keep.d").iterdir())
        kept = [line for path in lists for line in path.read_text().split()]
        new = FakeRoot(self.path.with_name(f"{self.path.name}-upgraded"))
        for name in ("/etc/config", *kept):
            source, target = self.path / name.strip("/"), new.path / name.strip("/")
            if source.is_dir():
                shutil.copytree(source, target, dirs_exist_ok=True)
            elif source.exists():
                target.parent.mkdir(parents=True, exist_ok=True)
                shutil.copy2(source, target)
        return new

    def files(self, folder: str = "") -> dict[str, int]:
        """Return the paths below a folder, with their modes; folders end in "/"."""
        top = self.path / folder
        return {
            f"{path.relative_to(self.path)}{'/' if path.is_dir() else ''}": (
                path.stat().st_mode & 0o777
            )
            for path in sorted(top.rglob("*"))
        }

    def _add_busybox(self) -> None:
        listing = subprocess.run(("ldd", BUSYBOX), capture_output=True, text=True)
        libraries = [Path(name) for name in re.findall(r"(/\S+) \(0x", listing.stdout)]
        for source in (BUSYBOX, *libraries):
            target = self.path / str(source).lstrip("/")
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(source, target)
        applets = subprocess.run((BUSYBOX, "--list"), capture_output=True, text=True)
        for name in applets.stdout.split():
            if name != "busybox":
                (self.path / "bin" / name).symlink_to("busybox")


@pytest.fixture
def fake_root(tmp_path: Path) -> FakeRoot:
    """A root file system with busybox alone; skips if this user may not chroot."""
    if os.geteuid():
        pytest.skip("chroot needs root")
    return FakeRoot(tmp_path / "root")
