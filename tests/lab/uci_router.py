"""A daemon that is configured by a UCI file."""

import signal
import subprocess
from pathlib import Path

from tests.daemon.pywgd import environment

from .host import Host
from .wait import DEADLINE, becomes
from .wireguard import PYWGD, answers, new_key, public_key_of, socket_path, unique_name


class UciRouter:
    """``pywgd --uci`` on a host, with its configuration file in ``folder``."""

    def __init__(self, host: Host, folder: Path) -> None:
        self.host = host
        # The name of a UCI section cannot contain a hyphen.
        self.name = unique_name().replace("-", "_")
        self.private_key = new_key()
        self.public_key = public_key_of(self.private_key)
        self.file = folder / "network"
        self._log = folder / "log"
        self.daemon: subprocess.Popen[str] | None = None
        self.interface = [
            "option proto 'pywg'",
            f"option private_key '{self.private_key}'",
        ]
        self.peers: list[list[str]] = []

    def write(self) -> None:
        """Write the sections of the interface and its peers to the file."""
        sections = [("interface", self.name, self.interface)]
        sections += [(f"pywg_{self.name}", "", lines) for lines in self.peers]
        self.file.write_text(
            "".join(
                f"config {kind} '{name}'\n" + "".join(f"\t{line}\n" for line in lines)
                for kind, name, lines in sections
            )
        )

    def start(self) -> "subprocess.Popen[str]":
        """Start the daemon and wait until it is ready or has exited."""
        self.write()
        with self._log.open("a") as log:
            daemon = self.host.start(
                *(PYWGD, "-f", "--uci", "--state", str(self.file.parent), self.name),
                env=self.environment() | {"LOG_LEVEL": "verbose"},
                stderr=log,
            )
        self.daemon = daemon
        assert becomes(lambda: answers(self.name) or daemon.poll() is not None)
        return daemon

    def environment(self) -> dict[str, str]:
        """Return the environment in which programs find the file."""
        return environment(UCI_CONFIG_DIR=str(self.file.parent))

    def said(self) -> str:
        """Return the content of the log."""
        return self._log.read_text()

    def reload(self) -> None:
        """Write the file, send SIGHUP, and wait until the daemon has read it."""
        assert self.daemon
        self.write()
        said = self.said()
        self.daemon.send_signal(signal.SIGHUP)
        assert becomes(lambda: "configuration " in self.said()[len(said) :])

    def stop(self) -> int | None:
        """Stop the daemon if it runs and return its exit code."""
        if self.daemon is None:
            return None
        self.daemon.send_signal(signal.SIGTERM)
        try:
            return self.daemon.wait(timeout=DEADLINE)
        finally:
            self.daemon.kill()
            self.daemon.wait()
            socket_path(self.name).unlink(missing_ok=True)

    def show(self, *fields: str) -> str:
        """Return the output of ``wg show INTERFACE``, for the given fields."""
        return self.host.run("wg", "show", self.name, *fields).stdout.strip()
