"""A router: an unpacked OpenWrt root file system that runs in namespaces."""

import json
import os
import shutil
import signal
import subprocess
from pathlib import Path
from types import TracebackType
from typing import Any

from tests.lab.host import Host
from tests.lab.wait import becomes

INIT = Path(__file__).with_name("init.sh")
# Capabilities that are not confined by namespaces.
FORBIDDEN = "-sys_time,-sys_module,-syslog,-sys_rawio"
CONFINED = ("setpriv", f"--bounding-set={FORBIDDEN}", f"--inh-caps={FORBIDDEN}")
# The environment on OpenWrt, where Python writes no bytecode.
VARIABLES = ("PATH=/usr/sbin:/usr/bin:/sbin:/bin", "HOME=/root")
ENVIRONMENT = ("env", "-i", *VARIABLES, "PYTHONDONTWRITEBYTECODE=1")
BOOT_SECONDS = 30


class Router:
    """A router on a host, with an overlay over the files in ``lower``.

    ``root`` is its root file system as seen from the host, without /tmp. The router
    runs during the ``with`` block; ``files`` are written before, by their paths.
    """

    def __init__(
        self, host: Host, lower: Path, folder: Path, files: dict[str, str]
    ) -> None:
        self.host = host
        self.root = folder / "root"
        self._lower = lower
        self._upper, self._work = folder / "upper", folder / "work"
        self._log = folder / "log"
        self._files = files

    def __enter__(self) -> "Router":
        for directory in (self.root, self._upper, self._work):
            directory.mkdir(parents=True)
        layers = f"lowerdir={self._lower},upperdir={self._upper},workdir={self._work}"
        mount = ("mount", "-t", "overlay", "overlay", "-o", layers, str(self.root))
        subprocess.run(mount, check=True)
        for path, text in self._files.items():
            self.write(path, text)
        shutil.copy(INIT, self._upper / "live-init")
        with self._log.open("w") as log:
            self._parent = self.host.start(
                *("unshare", "--mount", "--pid", "--uts", "--ipc", "--fork"),
                *("--propagation", "private", *CONFINED),
                *("chroot", str(self.root), "/bin/sh", "/live-init"),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
            )
        assert becomes(self._has_booted, BOOT_SECONDS), self._log.read_text()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        # All processes of the namespace end with its first process.
        if pid := self._init():
            os.kill(pid, signal.SIGKILL)
        self._parent.wait()
        subprocess.run(("umount", "-l", str(self.root)), check=True)

    def write(self, path: str, text: str) -> None:
        """Write a file, before or while the router runs."""
        target = self.root / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text)

    # Commands.

    def run(self, command: str, check: bool = True) -> str:
        """Run a shell command on the router and return its output."""
        done = subprocess.run(
            (*self._inside(), "/bin/sh", "-c", command),
            capture_output=True,
            text=True,
            timeout=60,
        )
        if check and done.returncode:
            raise RuntimeError(f"{command}: {done.stderr or done.stdout}")
        return done.stdout

    def start(self, *command: str) -> subprocess.Popen[str]:
        """Start a program, with pipes as its input and output.

        The process that is returned is that of the program itself.
        """
        inside = (*self._inside(), "-F", *command)
        pipe = subprocess.PIPE
        return subprocess.Popen(inside, stdin=pipe, stdout=pipe, text=True)

    def ubus(self, path: str, method: str, arguments: str = "{}") -> dict[str, Any]:
        """Return the answer of a method; empty if there is none."""
        output = self.run(f"ubus call {path} {method} '{arguments}'", check=False)
        answer: dict[str, Any] = json.loads(output or "{}")
        return answer

    def uci(self, *commands: str) -> None:
        """Change the configuration and announce the change."""
        batch = "\n".join(commands)
        self.run(f"uci -q batch <<'END'\n{batch}\ncommit\nEND\nreload_config")

    def pid(self, name: str) -> int | None:
        """Return the process id of the daemon of an interface, or None."""
        listing = self.run(f"pgrep -f '^[^ ]*python3 .*pywgd .*{name}$'", check=False)
        return int(listing.split()[0]) if listing else None

    def kill(self, pid: int) -> None:
        """Kill a process with SIGKILL."""
        self.run(f"kill -9 {pid}")

    def _has_booted(self) -> bool:
        return bool(self._init()) and "ok" in self.run(
            "[ ! -e /tmp/booted ] || echo ok", check=False
        )

    def _inside(self) -> tuple[str, ...]:
        enter = ("nsenter", "-t", str(self._init()), "-m", "-u", "-i", "-n", "-p", "-r")
        return (*CONFINED, *ENVIRONMENT, *enter, f"-w/proc/{self._init()}/root")

    def _init(self) -> int | None:
        """Return the process id of the first process in the namespace of the host."""
        pid = self._parent.pid
        try:
            children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
        except OSError:
            return None
        return int(children[0]) if children else None
