"""Configuration objects: a change of an interface, and the status of an interface.

``InterfaceChange`` is what UAPI ``set=1``, a wg(8) file and UCI ask for; ``None``
leaves a value unchanged. ``InterfaceStatus`` is what UAPI ``get=1`` reports.

A key is 32 ``bytes``; the all-zero key means "none". A secret key may be a
``bytearray``, which its owner overwrites. An address is ``bytes``, 4 for IPv4 and 16
for IPv6. An endpoint is ``(address, port, scope)``; scope is the interface index
of a link-local IPv6 address, otherwise 0. An allowed IP is ``(address, cidr)`` with the
host bits cleared.
"""

from .secret import wipe

TYPE_CHECKING = False
if TYPE_CHECKING:
    from .crypto import Bytes

    EndpointTuple = tuple[bytes, int, int]
    AllowedIP = tuple[bytes, int]

ZERO_KEY = bytes(32)


def clamp(private: bytearray) -> None:
    """Change a private key to what X25519 uses (RFC 7748, section 5), in place."""
    private[0] &= 248
    private[31] = private[31] & 127 | 64


def same_private_key(a: "Bytes", b: "Bytes") -> bool:
    """Return whether X25519 uses two private keys alike; "none" equals none only."""
    if ZERO_KEY in (a, b):
        return a == b
    ends = (a[0] ^ b[0]) & 248 | (a[31] ^ b[31]) & 63
    return not ends and memoryview(a)[1:31] == memoryview(b)[1:31]


class PeerChange:
    """A change of the peer ``public_key``; None leaves a value unchanged.

    ``allowed_ips`` maps ``(address, cidr)`` to True (assign to this peer, and take it
    from any other) or False (remove it if this peer has it).
    """

    __slots__ = (
        "allowed_ips",
        "endpoint",
        "persistent_keepalive",
        "preshared_key",
        "public_key",
        "remove",
        "replace_allowed_ips",
        "update_only",
    )

    def __init__(self, public_key: bytes) -> None:
        self.public_key = public_key
        self.remove = False
        self.update_only = False
        self.preshared_key: Bytes | None = None
        self.endpoint: EndpointTuple | None = None
        self.persistent_keepalive: int | None = None
        self.replace_allowed_ips = False
        self.allowed_ips: dict[AllowedIP, bool] = {}


class InterfaceChange:
    """A change of the interface; its peer changes are applied in their order.

    ``peers_omitted`` and ``allowed_ips_omitted`` count what was not read because no
    table has room for it.
    """

    __slots__ = (
        "allowed_ips_omitted",
        "fwmark",
        "listen_port",
        "peers",
        "peers_omitted",
        "private_key",
        "replace_peers",
    )

    def __init__(self) -> None:
        self.private_key: Bytes | None = None
        self.listen_port: int | None = None
        self.fwmark: int | None = None
        self.replace_peers = False
        self.peers: list[PeerChange] = []
        self.peers_omitted = 0
        self.allowed_ips_omitted = 0

    def wipe_secrets(self) -> None:
        """Overwrite the secret keys that can be; the change must not be used then."""
        for secret in [self.private_key] + [peer.preshared_key for peer in self.peers]:
            if isinstance(secret, bytearray):
                wipe(secret)


class PeerStatus:
    """The status of a peer.

    Counters are in bytes; ``last_handshake`` is wall-clock time as ``(seconds,
    nanoseconds)``, ``(0, 0)`` for never. ``allowed_ips_left_out`` is the number of
    allowed IPs that the table had no room for.
    """

    __slots__ = (
        "allowed_ips",
        "allowed_ips_left_out",
        "endpoint",
        "last_handshake",
        "persistent_keepalive",
        "preshared_key",
        "public_key",
        "rx_bytes",
        "tx_bytes",
    )

    def __init__(self, public_key: bytes) -> None:
        self.public_key = public_key
        self.preshared_key: Bytes = ZERO_KEY
        self.endpoint: EndpointTuple | None = None
        self.persistent_keepalive = 0
        self.allowed_ips: list[AllowedIP] = []
        self.allowed_ips_left_out = 0
        self.last_handshake = (0, 0)
        self.rx_bytes = 0
        self.tx_bytes = 0


class InterfaceStatus:
    """The status of an interface.

    ``dataplane`` names the data plane, "" for the usual one (libpywg). ``max_peers``
    and ``max_allowed_ips`` are the sizes of the tables, 0 if unknown;
    ``peers_left_out`` are the public keys of peers that the table had no room for.
    """

    __slots__ = (
        "dataplane",
        "fwmark",
        "listen_port",
        "max_allowed_ips",
        "max_peers",
        "peers",
        "peers_left_out",
        "private_key",
    )

    def __init__(self) -> None:
        self.private_key: Bytes = ZERO_KEY
        self.listen_port = 0
        self.fwmark = 0
        self.dataplane = ""
        self.max_peers = 0
        self.max_allowed_ips = 0
        self.peers: list[PeerStatus] = []
        self.peers_left_out: list[bytes] = []
