"""The endpoint of a peer, or of a received datagram."""


class Endpoint:
    """A remote UDP address, and the local address that it is reached from.

    ``address`` is 4 or 16 bytes; ``scope`` is the interface index of a link-local IPv6
    address, otherwise 0. ``source`` is the local address that replies leave from
    (empty: chosen by the kernel), ``interface`` the index of the interface that the
    datagram was received on (0: unknown). Immutable by convention.
    """

    __slots__ = ("address", "interface", "port", "scope", "source")

    def __init__(
        self,
        address: bytes,
        port: int,
        scope: int = 0,
        source: bytes = b"",
        interface: int = 0,
    ) -> None:
        self.address = address
        self.port = port
        self.scope = scope
        self.source = source
        self.interface = interface

    def remote(self) -> tuple[bytes, int, int]:
        """Return ``(address, port, scope)``."""
        return self.address, self.port, self.scope

    def without_source(self) -> "Endpoint":
        """Return a copy whose source address the kernel chooses."""
        return Endpoint(self.address, self.port, self.scope)

    def with_source(self, source: bytes, interface: int) -> "Endpoint":
        """Return a copy with this source address and interface."""
        return Endpoint(self.address, self.port, self.scope, source, interface)
