"""Peers of both implementations, each in its own network namespace."""

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
    """What ``wg show`` prints of a peer: ``latest_handshake`` in seconds since the
    epoch, 0 for never; the counters in bytes."""

    endpoint: str
    latest_handshake: int
    received: int
    sent: int


class Peer:
    """A WireGuard interface in a namespace; ``host_part`` is that of its addresses."""

    kind = ""

    def __init__(self, host_part: int, namespace: str) -> None:
        self.namespace = namespace
        # All namespaces share the folder of UAPI sockets, where wg looks first; so the
        # names of interfaces are unique in the machine.
        self.interface = namespace
        self.outside = {f: address.format(host_part) for f, address in OUTSIDE.items()}
        self.inside = {f: address.format(host_part) for f, address in INSIDE.items()}
        run("ip", "netns", "add", namespace)
        self.renew_key()

    def run(self, *command: str, text: str = "") -> str:
        """Run ``command`` in the namespace of the peer and return its output."""
        return run(*self.command(*command), text=text)

    def command(self, *command: str) -> list[str]:
        """Return a command line that runs ``command`` in the namespace of the peer."""
        return ["ip", "netns", "exec", self.namespace, *command]

    def ip(self, *commands: str) -> None:
        """Run lines of ip(8) in the namespace of the peer."""
        run("ip", "-n", self.namespace, "-batch", "-", text="\n".join(commands))

    def set(self, *arguments: str, text: str = "") -> None:
        """Run ``wg set`` on the interface; the file name "-" stands for ``text``."""
        files = ["/proc/self/fd/0" if word == "-" else word for word in arguments]
        self.run("wg", "set", self.interface, *files, text=text)

    def create_interface(self) -> None:
        """Create the WireGuard interface."""
        raise NotImplementedError

    def up(self) -> None:
        """Bring up the outer link and the WireGuard interface."""
        self.bring_up("outside", self.outside)
        self.create_interface()
        self.set("listen-port", str(PORT))
        self.install_key()
        self.bring_up(self.interface, self.inside)

    def down(self) -> None:
        """Delete the interface, which stops the daemon behind it."""
        self.ip(f"link delete {self.interface}")

    def bring_up(self, interface: str, addresses: dict[int, str]) -> None:
        """Set ``interface`` up and add its addresses, without duplicate detection."""
        add = [add_address(interface, *item) for item in addresses.items()]
        self.ip(f"link set {interface} up", *add)

    def move(self, family: int, address: str) -> None:
        """Replace the outer address of ``family``."""
        old = f"{self.outside[family]}/{PREFIX_LENGTH[family]}"
        # In this order: deleting a primary address deletes its secondary ones.
        self.ip(
            f"address delete {old} dev outside", add_address("outside", family, address)
        )
        self.outside[family] = address

    def renew_key(self) -> None:
        """Generate a key pair, without setting it on the interface."""
        self.private_key = run("wg", "genkey")
        self.public_key = run("wg", "pubkey", text=self.private_key).strip()

    def install_key(self) -> None:
        """Set the private key of the interface."""
        self.set("private-key", "-", text=self.private_key)

    def endpoint(self, family: int) -> str:
        """Return the endpoint of the peer as wg(8) writes it."""
        address = self.outside[family]
        return f"[{address}]:{PORT}" if family == 6 else f"{address}:{PORT}"

    def add_peer(self, peer: "Peer") -> None:
        """Add ``peer`` with its inner addresses as allowed IPs."""
        hosts = (f"{peer.inside[family]}/{HOST_LENGTH[family]}" for family in INSIDE)
        self.set_peer(peer, "allowed-ips", ",".join(hosts))

    def set_peer(self, peer: "Peer", *arguments: str, text: str = "") -> None:
        """Run ``wg set`` on ``peer``."""
        self.set("peer", peer.public_key, *arguments, text=text)

    def remove_peer(self, peer: "Peer") -> None:
        """Remove ``peer``."""
        self.set_peer(peer, "remove")

    def session(self, peer: "Peer") -> Session:
        """Return what ``wg show`` prints of ``peer``."""
        lines = self.run("wg", "show", self.interface, "dump").splitlines()
        fields = {line.split("\t")[0]: line.split("\t") for line in lines[1:]}
        _, _, endpoint, _, handshake, received, sent, _ = fields[peer.public_key]
        return Session(endpoint, int(handshake), int(received), int(sent))


class KernelPeer(Peer):
    """A peer that runs the WireGuard of the kernel."""

    kind = "kernel"

    def create_interface(self) -> None:
        self.ip(f"link add {self.interface} type wireguard")


class KernelBaseline(KernelPeer):
    """The WireGuard of the kernel with itself as peer, for comparison."""

    kind = "baseline"


class PywgdPeer(Peer):
    """A peer that runs pywgd, which must be ready when its command returns."""

    kind = "pywgd"

    def create_interface(self) -> None:
        # Its log goes to the console: a pipe would stay open until the daemon exits.
        subprocess.run(
            self.command("pywgd", self.interface),
            env={**os.environ, "LOG_LEVEL": "verbose"},
            stdin=subprocess.DEVNULL,
            check=True,
        )


def connect_veth(first: Peer, second: Peer) -> None:
    """Connect two namespaces by a veth pair; both ends are named "outside"."""
    far_end = f"peer name outside netns {second.namespace}"
    first.ip(f"link add outside type veth {far_end}")


def add_address(interface: str, family: int, address: str) -> str:
    """Return the line of ip(8) that adds an address to ``interface``."""
    flags = " nodad" if family == 6 else ""
    return f"address add {address}/{PREFIX_LENGTH[family]} dev {interface}{flags}"
