"""The root file system of a router, to run its package managers in."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

# Runs in namespaces. Written files are in the folders of the test.
ENTER = """
mount -t overlay overlay -o "lowerdir=$1,upperdir=$2/upper,workdir=$2/work" "$2/root"
mount -t proc proc "$2/root/proc"
mount -t tmpfs tmpfs "$2/root/dev"
mount --bind "$2/tmp" "$2/root/tmp"
mkdir "$2/root/dev/net"
mknod "$2/root/dev/null" c 1 3
mknod "$2/root/dev/urandom" c 1 9
mknod "$2/root/dev/net/tun" c 10 200
ip link set lo up
root=$2/root command=$3
shift 3
[ $# -eq 0 ] || "$@" >/dev/null 2>&1
exec chroot "$root" /bin/sh -c "$command"
"""
PORT = 8080
SERVE = (sys.executable, str(Path(__file__).with_name("http_server.py")))
NAMESPACES = ("unshare", "--mount", "--net", "--pid", "--fork", "--kill-child")
# The environment on OpenWrt, where Python writes no bytecode.
ENVIRONMENT = {
    "PATH": "/usr/sbin:/usr/bin:/sbin:/bin",
    "PYTHONDONTWRITEBYTECODE": "1",
}


class Router:
    """An unpacked OpenWrt root file system in which commands run, but no services.

    ``lower`` is its folder, which is not changed. ``tmp`` is its /tmp; if ``served``,
    that is available over HTTP, too.
    """

    def __init__(self, lower: Path, folder: Path) -> None:
        self.lower, self._folder = lower, folder
        self.tmp = folder / "tmp"
        self.served = False
        for name in ("root", "upper", "work", "tmp/run", "tmp/lock"):
            (folder / name).mkdir(parents=True)

    def run(self, command: str, check: bool = True) -> str:
        """Run a shell command and return its output, with that of errors."""
        server = (*SERVE, self.tmp, str(PORT)) if self.served else ()
        words = (self.lower, self._folder, command, *server)
        done = subprocess.run(
            (*NAMESPACES, "sh", "-ec", ENTER, "sh", *words),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            env=ENVIRONMENT,
            text=True,
        )
        assert not check or done.returncode == 0, f"{command}: {done.stdout}"
        return done.stdout

    def has(self, *tools: str) -> bool:
        """Return whether all these programs exist."""
        return len(self.run(f"which {' '.join(tools)}", False).split()) == len(tools)


@pytest.fixture
def router(tmp_path: Path) -> Router:
    """The root file system in $OPENWRT_ROOTFS; skips if it is not set."""
    folder = os.environ.get("OPENWRT_ROOTFS")
    if not folder:
        pytest.skip("OPENWRT_ROOTFS names no unpacked OpenWrt root file system")
    if os.geteuid():
        pytest.skip("namespaces and mounts need root")
    return Router(Path(folder), tmp_path)
