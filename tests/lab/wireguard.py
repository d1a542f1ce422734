"""A WireGuard interface on a host, run by a userspace implementation."""

import contextlib
import itertools
import os
import signal
import socket
import subprocess
import sys
from pathlib import Path
from types import TracebackType

from .host import Host, version
from .wait import DEADLINE, becomes

_PROGRAMS = Path(sys.executable).parent
PYWG = str(_PROGRAMS / "pywg")
PYWGD = str(_PROGRAMS / "pywgd")
WIREGUARD_GO = "wireguard-go"
# Each takes the name of an interface as one argument more.
IMPLEMENTATIONS = {
    "pywgd": (PYWGD,),
    "pywgd-two-lanes": (PYWGD, "--threads", "2"),
    "pywgd-python": (PYWGD, "--dataplane", "python"),
    WIREGUARD_GO: (WIREGUARD_GO,),
}
SOCKETS = Path("/var/run/wireguard")
PORT = 51820
_serial = itertools.count(1)


def unique_name() -> str:
    """An interface name that no other run uses: all hosts share one SOCKETS."""
    return f"wg{os.getpid():x}-{next(_serial)}"


def new_key() -> str:
    """A private key, base64."""
    return subprocess.check_output(["wg", "genkey"], text=True).strip()


def public_key_of(private_key: str) -> str:
    """The public key that belongs to a private one, base64."""
    command = ["wg", "pubkey"]
    return subprocess.check_output(command, input=private_key, text=True).strip()


class WireGuard:
    """One interface with a key, a port and inside addresses; runs within ``with``.

    ``implementation`` is one of IMPLEMENTATIONS, or a command in place of them.
    ``inside`` are addresses with their prefix length, ``outside`` the addresses of
    the host that peers use, by IP version; ``control`` is the program that
    configures it and tells its status.
    """

    def __init__(
        self,
        host: Host,
        implementation: str | tuple[str, ...],
        inside: tuple[str, ...] = (),
        outside: dict[int, str] | None = None,
        control: str = "wg",
    ) -> None:
        self.host = host
        if isinstance(implementation, str):
            implementation = IMPLEMENTATIONS[implementation]
        self.command = implementation
        self.control = control
        self.name = unique_name()
        self.inside = inside
        self.outside = outside or {}
        self.private_key = new_key()
        self.public_key = public_key_of(self.private_key)

    def __enter__(self) -> "WireGuard":
        self.start()
        try:
            self._take_addresses()
        except BaseException:
            self.stop()
            raise
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()

    def start(self) -> None:
        """Run the daemon in the foreground and wait until `wg` can talk to it."""
        # wireguard-go holds a lecture if it is told to by -f.
        environment = os.environ | {"WG_PROCESS_FOREGROUND": "1"}
        self.daemon = self.host.start(*self.command, self.name, env=environment)
        becomes(self._ready_or_over)
        if self.daemon.poll() is not None or not answers(self.name):
            self.stop()
            raise RuntimeError(f"{self.command[0]} {self.name} did not come up")

    def _ready_or_over(self) -> bool:
        return self.daemon.poll() is not None or answers(self.name)

    def stop(self) -> None:
        """End the daemon, by force if it must be, and leave no socket file."""
        self.daemon.send_signal(signal.SIGTERM)
        with contextlib.suppress(subprocess.TimeoutExpired):
            self.daemon.wait(DEADLINE)
        self.daemon.kill()
        self.daemon.wait()
        socket_path(self.name).unlink(missing_ok=True)

    def _take_addresses(self) -> None:
        for address in self.inside:
            self.host.add_address(self.name, address)
        self.set("listen-port", str(PORT))
        self.set("private-key", "/dev/stdin", stdin=self.private_key)
        self.host.up(self.name)

    # Configuration.

    def set(self, *arguments: str, stdin: str = "") -> None:
        """``wg set``."""
        self.host.run(self.control, "set", self.name, *arguments, stdin=stdin)

    def add_peer(
        self,
        peer: "WireGuard",
        *arguments: str,
        endpoint: int | None = None,
        preshared_key: str = "",
    ) -> None:
        """Make ``peer`` a peer here; ``endpoint`` is the IP version to reach it by."""
        more = list(arguments)
        if endpoint:
            more += ["endpoint", peer.endpoint(endpoint)]
        if preshared_key:
            more += ["preshared-key", "/dev/stdin"]
        allowed = ",".join(bare(address) for address in peer.inside)
        named = ("peer", peer.public_key, "allowed-ips", allowed)
        self.set(*named, *more, stdin=preshared_key)

    def set_peer(self, peer: "WireGuard", *arguments: str, stdin: str = "") -> None:
        self.set("peer", peer.public_key, *arguments, stdin=stdin)

    def remove_peers(self) -> None:
        for key in self.show("peers").split():
            self.set("peer", key, "remove")

    def endpoint(self, number: int) -> str:
        """Where peers reach this interface over IP version 4 or 6."""
        return at(self.outside[number], PORT)

    def address(self, number: int) -> str:
        """The inside address of IP version 4 or 6."""
        return next(bare(a) for a in self.inside if version(a) == number)

    # Status.

    def show(self, *what: str) -> str:
        """``wg show INTERFACE what``."""
        return self.host.run(self.control, "show", self.name, *what).stdout.strip()

    def show_peer(self, what: str, peer: "WireGuard") -> str:
        """What ``wg show INTERFACE what`` says of ``peer``; empty if unknown."""
        rows = [line.partition("\t") for line in self.show(what).splitlines()]
        return {key: value for key, _, value in rows}.get(peer.public_key, "")

    def handshake_time(self, peer: "WireGuard") -> int:
        """Seconds since the epoch, 0 for never."""
        return int(self.show_peer("latest-handshakes", peer))

    def pings(self, peer: "WireGuard", seconds: float = DEADLINE) -> bool:
        """Whether every inside address of ``peer`` answers through the tunnel."""
        addresses = map(bare, peer.inside)
        return all(self.host.reaches(a, seconds=seconds) for a in addresses)


def bare(address: str) -> str:
    """An address without its prefix length."""
    return address.partition("/")[0]


def at(address: str, port: int) -> str:
    """An endpoint as `wg` writes it."""
    return f"[{address}]:{port}" if version(address) == 6 else f"{address}:{port}"


def socket_path(name: str) -> Path:
    """The UAPI socket of the interface ``name``."""
    return SOCKETS / f"{name}.sock"


def answers(name: str) -> bool:
    """Whether a daemon answers on the UAPI socket of ``name``."""
    with socket.socket(socket.AF_UNIX) as uapi:
        uapi.settimeout(DEADLINE)
        try:
            uapi.connect(str(socket_path(name)))
            uapi.sendall(b"get=1\n\n")
            return bool(uapi.recv(1))
        except OSError:
            return False
