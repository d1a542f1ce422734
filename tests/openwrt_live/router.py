"""A router: an unpacked OpenWrt root file system, running in namespaces of its own."""

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
# What reaches beyond namespaces: the clock, modules, the kernel's log, raw devices.
FORBIDDEN = "-sys_time,-sys_module,-syslog,-sys_rawio"
CAGE = ("setpriv", f"--bounding-set={FORBIDDEN}", f"--inh-caps={FORBIDDEN}")
# As OpenWrt has it, whose Python keeps no bytecode by itself.
VARIABLES = ("PATH=/usr/sbin:/usr/bin:/sbin:/bin", "HOME=/root")
ENVIRONMENT = ("env", "-i", *VARIABLES, "PYTHONDONTWRITEBYTECODE=1")
PATIENCE = 30


class Router:
    """Runs on a host, on top of the files in ``lower``, which stay as they are.

    ``root`` is its file system as seen from here, /tmp and the like excepted. Up as
    long as the ``with`` lasts; ``files`` are written before, by their path.
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
                *("--propagation", "private", *CAGE),
                *("chroot", str(self.root), "/bin/sh", "/live-init"),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
            )
        assert becomes(self._has_booted, PATIENCE), self._log.read_text()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        # The namespace ends with its first process, and everything in it.
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
        """What a shell command says on the router."""
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
        """A program that goes on, and is the very process; its input and output are
        pipes."""
        inside = (*self._inside(), "-F", *command)
        pipe = subprocess.PIPE
        return subprocess.Popen(inside, stdin=pipe, stdout=pipe, text=True)

    def ubus(self, path: str, method: str, arguments: str = "{}") -> dict[str, Any]:
        """What a method answers; empty if there is nobody or nothing."""
        said = self.run(f"ubus call {path} {method} '{arguments}'", check=False)
        answer: dict[str, Any] = json.loads(said or "{}")
        return answer

    def uci(self, *commands: str) -> None:
        """Change the configuration, and let everybody know."""
        batch = "\n".join(commands)
        self.run(f"uci -q batch <<'END'\n{batch}\ncommit\nEND\nreload_config")

    def pid(self, name: str) -> int | None:
        """The daemon of an interface."""
        listing = self.run(f"pgrep -f '^[^ ]*python3 .*pywgd .*{name}$'", check=False)
        return int(listing.split()[0]) if listing else None

    def kill(self, pid: int) -> None:
        """End a process without a word."""
        self.run(f"kill -9 {pid}")

    def _has_booted(self) -> bool:
        return bool(self._init()) and "ok" in self.run(
            "[ ! -e /tmp/booted ] || echo ok", check=False
        )

    def _inside(self) -> tuple[str, ...]:
        enter = ("nsenter", "-t", str(self._init()), "-m", "-u", "-i", "-n", "-p", "-r")
        return (*CAGE, *ENVIRONMENT, *enter, f"-w/proc/{self._init()}/root")

    def _init(self) -> int | None:
        """The first process, by the number that it has here."""
        pid = self._parent.pid
        try:
            children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
        except OSError:
            return None
        return int(children[0]) if children else None
