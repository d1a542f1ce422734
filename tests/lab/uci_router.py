"""A daemon that configures itself from UCI text, beside a peer on another host."""

import signal
import subprocess
from pathlib import Path

from tests.daemon.pywgd import environment

from .host import Host
from .wait import DEADLINE, becomes
from .wireguard import PYWGD, answers, new_key, public_key_of, socket_path, unique_name


class UciRouter:
    """``pywgd --uci`` on a host, its configuration in ``folder``."""

    def __init__(self, host: Host, folder: Path) -> None:
        self.host = host
        # A section's name has no hyphen.
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
        """Put the sections of the interface and its peers into the file."""
        sections = [("interface", self.name, self.interface)]
        sections += [(f"pywg_{self.name}", "", lines) for lines in self.peers]
        self.file.write_text(
            "".join(
                f"config {kind} '{name}'\n" + "".join(f"\t{line}\n" for line in lines)
                for kind, name, lines in sections
            )
        )

    def start(self) -> "subprocess.Popen[str]":
        """The daemon, once it is ready or has ended."""
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
        """That of a program that is to find the file."""
        return environment(UCI_CONFIG_DIR=str(self.file.parent))

    def said(self) -> str:
        """What is in the log by now."""
        return self._log.read_text()

    def reload(self) -> None:
        """Have the file read again, as it is now, and wait until that is done."""
        assert self.daemon
        self.write()
        said = self.said()
        self.daemon.send_signal(signal.SIGHUP)
        assert becomes(lambda: "configuration " in self.said()[len(said) :])

    def stop(self) -> int | None:
        """End the daemon, if it runs; its exit code."""
        if self.daemon is None:
            return None
        self.daemon.send_signal(signal.SIGTERM)
        try:
            return self.daemon.wait(timeout=DEADLINE)
        finally:
            self.daemon.kill()
            self.daemon.wait()
            socket_path(self.name).unlink(missing_ok=True)

    def show(self, *what: str) -> str:
        """``wg show INTERFACE what``."""
        return self.host.run("wg", "show", self.name, *what).stdout.strip()
