"""A WireGuard interface of a userspace implementation on a host."""

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
# Commands, to be followed by the name of the interface.
IMPLEMENTATIONS = {
    "pywgd": (PYWGD,),
    "pywgd-two-threads": (PYWGD, "--threads", "2"),
    "pywgd-python": (PYWGD, "--dataplane", "python"),
    WIREGUARD_GO: (WIREGUARD_GO,),
}
SOCKETS = Path("/var/run/wireguard")
PORT = 51820
_serial = itertools.count(1)


def unique_name() -> str:
    """Return a unique interface name, because all hosts share SOCKETS."""
    return f"wg{os.getpid():x}-{next(_serial)}"


def new_key() -> str:
    """Return a new private key in base64."""
    return subprocess.check_output(["wg", "genkey"], text=True).strip()


def public_key_of(private_key: str) -> str:
    """Return the public key of a private key, both in base64."""
    command = ["wg", "pubkey"]
    return subprocess.check_output(command, input=private_key, text=True).strip()


class WireGuard:
    """An interface with a key, a port and inner addresses; it exists within ``with``.

    ``implementation`` is a key of IMPLEMENTATIONS or a command. ``inside`` are
    addresses with prefix length, ``outside`` the addresses of the host by IP version.
    ``control`` is the program that configures the interface and shows its status.
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
        """Start the daemon in the foreground and wait for its UAPI socket."""
        # wireguard-go prints a long warning with -f, and none with the variable.
        environment = os.environ | {"WG_PROCESS_FOREGROUND": "1"}
        self.daemon = self.host.start(*self.command, self.name, env=environment)
        becomes(self._ready_or_over)
        if self.daemon.poll() is not None or not answers(self.name):
            self.stop()
            raise RuntimeError(f"{self.command[0]} {self.name} did not start")

    def _ready_or_over(self) -> bool:
        return self.daemon.poll() is not None or answers(self.name)

    def stop(self) -> None:
        """Stop the daemon, with SIGKILL if needed, and remove its socket file."""
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
        """Run ``wg set`` on the interface."""
        self.host.run(self.control, "set", self.name, *arguments, stdin=stdin)

    def add_peer(
        self,
        peer: "WireGuard",
        *arguments: str,
        endpoint: int | None = None,
        preshared_key: str = "",
    ) -> None:
        """Add ``peer``; ``endpoint`` is the IP version of its endpoint, if any."""
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

    def endpoint(self, ip_version: int) -> str:
        """Return the endpoint of this interface for IP version 4 or 6."""
        return at(self.outside[ip_version], PORT)

    def address(self, ip_version: int) -> str:
        """Return the inner address of IP version 4 or 6."""
        return next(bare(a) for a in self.inside if version(a) == ip_version)

    # Status.

    def show(self, *fields: str) -> str:
        """Return the output of ``wg show INTERFACE``, for the given fields."""
        return self.host.run(self.control, "show", self.name, *fields).stdout.strip()

    def show_peer(self, field: str, peer: "WireGuard") -> str:
        """Return a field of ``wg show`` for ``peer``; empty for an unknown peer."""
        rows = [line.partition("\t") for line in self.show(field).splitlines()]
        return {key: value for key, _, value in rows}.get(peer.public_key, "")

    def handshake_time(self, peer: "WireGuard") -> int:
        """Return the time of the last handshake in seconds since the epoch, or 0."""
        return int(self.show_peer("latest-handshakes", peer))

    def pings(self, peer: "WireGuard", seconds: float = DEADLINE) -> bool:
        """Return whether every inner address of ``peer`` answers a ping."""
        addresses = map(bare, peer.inside)
        return all(self.host.reaches(a, seconds=seconds) for a in addresses)


def bare(address: str) -> str:
    """Return an address without its prefix length."""
    return address.partition("/")[0]


def at(address: str, port: int) -> str:
    """Return an endpoint in the syntax of `wg`."""
    return f"[{address}]:{port}" if version(address) == 6 else f"{address}:{port}"


def socket_path(name: str) -> Path:
    """Return the path of the UAPI socket of an interface."""
    return SOCKETS / f"{name}.sock"


def answers(name: str) -> bool:
    """Return whether a daemon answers on the UAPI socket of an interface."""
    with socket.socket(socket.AF_UNIX) as uapi:
        uapi.settimeout(DEADLINE)
        try:
            uapi.connect(str(socket_path(name)))
            uapi.sendall(b"get=1\n\n")
            return bool(uapi.recv(1))
        except OSError:
            return False
