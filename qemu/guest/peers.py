"""The two kinds of peer, each in a network namespace of its own."""

import os
import subprocess
from typing import NamedTuple

from qemu.guest.shell import run

PORT = 51820
OUTSIDE = {4: "10.0.0.{}", 6: "fd00::{}"}
INSIDE = {4: "10.9.0.{}", 6: "fd09::{}"}
PREFIX_LENGTH = {4: 24, 6: 64}
HOST_LENGTH = {4: 32, 6: 128}


class Session(NamedTuple):
    """What one side knows of the other: ``latest_handshake`` in seconds of wall
    clock, 0 for never; the counters in bytes."""

    endpoint: str
    latest_handshake: int
    received: int
    sent: int


class Peer:
    """An interface, its namespace and its addresses; ``number`` is 1 or 2."""

    kind = ""

    def __init__(self, number: int, namespace: str) -> None:
        self.namespace = namespace
        # wg looks for a daemon's socket first, and namespaces share these: so no
        # two interfaces of the machine have the same name.
        self.interface = namespace
        self.outside = {f: address.format(number) for f, address in OUTSIDE.items()}
        self.inside = {f: address.format(number) for f, address in INSIDE.items()}
        run("ip", "netns", "add", namespace)
        self.renew_key()

    def run(self, *command: str, text: str = "") -> str:
        """What ``command`` prints when run in the peer's namespace."""
        return run(*self.command(*command), text=text)

    def command(self, *command: str) -> list[str]:
        """The command line that runs ``command`` in the peer's namespace."""
        return ["ip", "netns", "exec", self.namespace, *command]

    def ip(self, *commands: str) -> None:
        """Each of ``commands`` is a line for ip(8), in the peer's namespace."""
        run("ip", "-n", self.namespace, "-batch", "-", text="\n".join(commands))

    def set(self, *arguments: str, text: str = "") -> None:
        """``wg set`` for the peer's interface; "-" as a file name is ``text``."""
        files = ["/proc/self/fd/0" if word == "-" else word for word in arguments]
        self.run("wg", "set", self.interface, *files, text=text)

    def create_interface(self) -> None:
        """Make the WireGuard interface exist."""
        raise NotImplementedError

    def up(self) -> None:
        """Bring up the link to the outside, and the tunnel's interface."""
        self.bring_up("outside", self.outside)
        self.create_interface()
        self.set("listen-port", str(PORT))
        self.install_key()
        self.bring_up(self.interface, self.inside)

    def down(self) -> None:
        """Remove the interface, which ends a daemon that serves it."""
        self.ip(f"link delete {self.interface}")

    def bring_up(self, interface: str, addresses: dict[int, str]) -> None:
        """Give ``interface`` these addresses, to be used at once."""
        add = [add_address(interface, *item) for item in addresses.items()]
        self.ip(f"link set {interface} up", *add)

    def move(self, family: int, address: str) -> None:
        """Replace the outside address of ``family``."""
        old = f"{self.outside[family]}/{PREFIX_LENGTH[family]}"
        # In this order: an address takes those with it that were added later.
        self.ip(
            f"address delete {old} dev outside", add_address("outside", family, address)
        )
        self.outside[family] = address

    def renew_key(self) -> None:
        """Make a key pair; ``install_key`` lets the interface use it."""
        self.private_key = run("wg", "genkey")
        self.public_key = run("wg", "pubkey", text=self.private_key).strip()

    def install_key(self) -> None:
        """Give the interface the private key."""
        self.set("private-key", "-", text=self.private_key)

    def endpoint(self, family: int) -> str:
        """Where the peer listens, as wg(8) writes it."""
        address = self.outside[family]
        return f"[{address}]:{PORT}" if family == 6 else f"{address}:{PORT}"

    def admit(self, other: "Peer") -> None:
        """Add ``other`` as a peer that may use its inside addresses."""
        hosts = (f"{other.inside[family]}/{HOST_LENGTH[family]}" for family in INSIDE)
        self.set_peer(other, "allowed-ips", ",".join(hosts))

    def set_peer(self, other: "Peer", *arguments: str, text: str = "") -> None:
        """``wg set`` for what this side knows of ``other``."""
        self.set("peer", other.public_key, *arguments, text=text)

    def forget(self, other: "Peer") -> None:
        """Remove ``other``."""
        self.set_peer(other, "remove")

    def session(self, other: "Peer") -> Session:
        """What ``wg show`` tells about ``other``."""
        lines = self.run("wg", "show", self.interface, "dump").splitlines()
        fields = {line.split("\t")[0]: line.split("\t") for line in lines[1:]}
        _, _, endpoint, _, handshake, received, sent, _ = fields[other.public_key]
        return Session(endpoint, int(handshake), int(received), int(sent))


class KernelPeer(Peer):
    """The kernel's WireGuard."""

    kind = "kernel"

    def create_interface(self) -> None:
        self.ip(f"link add {self.interface} type wireguard")


class Yardstick(KernelPeer):
    """The kernel's WireGuard as a peer of its own kind."""

    kind = "yardstick"


class PywgdPeer(Peer):
    """The daemon of our package, which has to be ready when it returns."""

    kind = "pywgd"

    def create_interface(self) -> None:
        # Its words go to the console: a pipe would stay open as long as it lives.
        subprocess.run(
            self.command("pywgd", self.interface),
            env={**os.environ, "LOG_LEVEL": "verbose"},
            stdin=subprocess.DEVNULL,
            check=True,
        )


def cable(first: Peer, second: Peer) -> None:
    """Join the two namespaces by a pair of interfaces called "outside"."""
    far_end = f"peer name outside netns {second.namespace}"
    first.ip(f"link add outside type veth {far_end}")


def add_address(interface: str, family: int, address: str) -> str:
    """The line for ip(8) that gives ``interface`` another address."""
    flags = " nodad" if family == 6 else ""
    return f"address add {address}/{PREFIX_LENGTH[family]} dev {interface}{flags}"
