"""Networks of hosts; a ``Lab`` removes all that it created."""

import contextlib
import itertools
import os

from .host import Host
from .wireguard import WireGuard

_serial = itertools.count(1)

# Documentation prefixes outside (RFC 5737, RFC 3849), private ones inside.
OUTSIDE = (
    {4: "192.0.2.1", 6: "2001:db8::1"},
    {4: "192.0.2.2", 6: "2001:db8::2"},
)
INSIDE = (("10.0.0.1/24", "fd00::1/64"), ("10.0.0.2/24", "fd00::2/64"))
PREFIX_LENGTH = {4: 24, 6: 64}
# The default MTU of a WireGuard interface.
INSIDE_MTU = 1420
WIRE = "eth0"


class Lab(contextlib.ExitStack):
    """Creates hosts and interfaces, isolated from other labs, and removes them."""

    def host(self, name: str) -> Host:
        """Create a host; ``name`` need not be unique."""
        unique = f"pywg-{os.getpid():x}-{next(_serial)}-{name}"
        return self.enter_context(Host(unique))

    def wired_pair(self) -> tuple[Host, Host]:
        """Create two hosts that are connected by a cable, with OUTSIDE addresses."""
        left, right = self.host("left"), self.host("right")
        left.wire(WIRE, right, WIRE)
        for host, addresses in zip((left, right), OUTSIDE, strict=True):
            for version, address in addresses.items():
                host.add_address(WIRE, f"{address}/{PREFIX_LENGTH[version]}")
        return left, right

    def tunnel(
        self, left: str | tuple[str, ...], right: str | tuple[str, ...]
    ) -> "Tunnel":
        """Create a wired pair whose hosts run the given implementations."""
        near, far = self.wired_pair()
        return Tunnel(
            self.enter_context(WireGuard(near, left, INSIDE[0], OUTSIDE[0])),
            self.enter_context(WireGuard(far, right, INSIDE[1], OUTSIDE[1])),
        )


class Tunnel:
    """Two interfaces, initially without peers, whose hosts reach each other."""

    def __init__(self, left: WireGuard, right: WireGuard) -> None:
        self.left = left
        self.right = right

    def disconnect(self) -> None:
        """Remove the peers, and so the sessions, of both ends."""
        self.left.remove_peers()
        self.right.remove_peers()

    def connect(
        self, outside: int = 4, *arguments: str, preshared_key: str = ""
    ) -> None:
        """Add each end to the other; only left has an endpoint, so left initiates."""
        self.disconnect()
        self.right.add_peer(self.left, preshared_key=preshared_key)
        self.left.add_peer(
            self.right, *arguments, endpoint=outside, preshared_key=preshared_key
        )
