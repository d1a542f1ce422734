"""A host: a network namespace with its links, addresses, processes and sockets."""

import contextlib
import os
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from types import TracebackType
from typing import Any

from pyroute2 import IPRoute, netns

from .wait import DEADLINE

FAMILIES = {4: socket.AF_INET, 6: socket.AF_INET6}
_IFA_F_NODAD = 0x02
_ANYWHERE = {4: "0.0.0.0/0", 6: "::/0"}


def version(address: str) -> int:
    """Return the IP version of an address: 4 or 6."""
    return 6 if ":" in address else 4


class Host:
    """A network namespace that exists within ``with``, and its processes."""

    def __init__(self, name: str) -> None:
        self.name = name

    def __enter__(self) -> "Host":
        netns.create(self.name)
        self._netlink = IPRoute(netns=self.name)
        self.up("lo")
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        for pid in self.pids():
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        self._netlink.close()
        netns.remove(self.name)

    # Links, addresses, routes.

    def wire(self, device: str, peer: "Host", peer_device: str) -> None:
        """Connect ``device`` to ``peer_device`` of ``peer`` by a veth pair, both up."""
        end = {"ifname": peer_device, "net_ns_fd": peer.name}
        self._netlink.link("add", ifname=device, kind="veth", peer=end)
        self.up(device)
        peer.up(peer_device)

    def up(self, device: str) -> None:
        self._netlink.link("set", index=self._index(device), state="up")

    def down(self, device: str) -> None:
        self._netlink.link("set", index=self._index(device), state="down")

    def delete_link(self, device: str) -> None:
        self._netlink.link("del", index=self._index(device))

    def has_link(self, device: str) -> bool:
        return bool(self._netlink.link_lookup(ifname=device))

    def add_address(self, device: str, address: str) -> None:
        """Add an address such as ``192.0.2.1/24``, without duplicate detection."""
        self._address("add", device, address)

    def remove_address(self, device: str, address: str) -> None:
        self._address("del", device, address)

    def _address(self, verb: str, device: str, address: str) -> None:
        bare, _, length = address.partition("/")
        options: dict[str, Any] = {"address": bare, "prefixlen": int(length)}
        if version(bare) == 6 and verb == "add":
            options["flags"] = _IFA_F_NODAD
        self._netlink.addr(verb, index=self._index(device), **options)

    def add_route(
        self, to: str, *, via: str | None = None, device: str | None = None
    ) -> None:
        """Add a route to the prefix ``to`` through a gateway or a device."""
        options: dict[str, Any] = {"dst": to, "family": FAMILIES[version(to)]}
        if via:
            options["gateway"] = via
        if device:
            options["oif"] = self._index(device)
        self._netlink.route("add", **options)

    def add_default_route(self, via: str) -> None:
        self.add_route(_ANYWHERE[version(via)], via=via)

    def _index(self, device: str) -> int:
        indices: list[int] = self._netlink.link_lookup(ifname=device)
        if not indices:
            raise LookupError(f"{self.name} has no device {device}")
        return indices[0]

    # Programs and sockets.

    def sysctl(self, key: str, value: int) -> None:
        self.run("sysctl", "-qw", f"{key}={value}")

    def nft(self, rules: str) -> None:
        """Load ``rules`` in the syntax of an nftables file."""
        self.run("nft", "-f", "-", stdin=rules)

    def forward_packets(self) -> None:
        """Enable forwarding of IPv4 and IPv6."""
        self.sysctl("net.ipv4.ip_forward", 1)
        self.sysctl("net.ipv6.conf.all.forwarding", 1)

    def command(self, *command: str) -> list[str]:
        """Return a command line that runs ``command`` on this host."""
        return ["ip", "netns", "exec", self.name, *command]

    def run(
        self,
        *command: str,
        stdin: str = "",
        check: bool = True,
        env: dict[str, str] | None = None,
        timeout: float = 300,
    ) -> subprocess.CompletedProcess[str]:
        """Run a program on this host to its end.

        Raises:
            RuntimeError: ``check`` is set and the exit code is not 0.
        """
        done = subprocess.run(
            self.command(*command),
            input=stdin,
            env=os.environ | (env or {}),
            timeout=timeout,
            capture_output=True,
            text=True,
        )
        if check and done.returncode:
            output = done.stderr.strip() or done.stdout.strip()
            raise RuntimeError(f"{' '.join(command)}: {output}")
        return done

    def start(self, *command: str, **options: Any) -> subprocess.Popen[str]:
        """Start a program on this host without waiting; it is killed with the host."""
        return subprocess.Popen(self.command(*command), text=True, **options)

    def pids(self) -> list[int]:
        """Return the process ids of this host."""
        listing = subprocess.check_output(["ip", "netns", "pids", self.name], text=True)
        return [int(pid) for pid in listing.split()]

    @contextlib.contextmanager
    def entered(self) -> Iterator[None]:
        """Run the ``with`` block in this host; sockets opened there stay in it."""
        netns.pushns(self.name)
        try:
            yield
        finally:
            netns.popns()

    def socket(self, family: int, kind: int, protocol: int = 0) -> socket.socket:
        """Open a socket of this process on the host."""
        with self.entered():
            return socket.socket(family, kind, protocol)

    def reaches(self, address: str, *options: str, seconds: float = DEADLINE) -> bool:
        """Return whether ``address`` answers a ping within ``seconds``."""
        end = time.monotonic() + seconds
        while (left := end - time.monotonic()) > 0:
            # ping(8) exits early after an ICMP error.
            deadline = str(max(1, round(left)))
            command = ("ping", "-n", "-c1", "-i0.2", "-w", deadline, *options, address)
            if self.run(*command, check=False).returncode == 0:
                return True
        return False
