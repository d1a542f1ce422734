"""Where a datagram came from, and so where the answer goes."""


class Endpoint:
    """A remote UDP address, and the local one it spoke to.

    ``address`` is 4 or 16 bytes; ``scope`` the interface index of a link-local IPv6
    address, otherwise 0. ``source`` is the local address that replies leave from
    (empty: the kernel chooses), ``interface`` the index of the interface it was
    spoken to on (0: unknown). Immutable by convention: a change is a new object.
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
        """``(address, port, scope)``, without the local side."""
        return self.address, self.port, self.scope

    def without_source(self) -> "Endpoint":
        """The same remote, with the local side left to the kernel."""
        return Endpoint(self.address, self.port, self.scope)

    def with_source(self, source: bytes, interface: int) -> "Endpoint":
        """The same remote, spoken to from there."""
        return Endpoint(self.address, self.port, self.scope, source, interface)
