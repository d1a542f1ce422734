"""What the protocol remembers of one peer; changed by ``Device`` alone."""

from .constants import KEY_SIZE
from .cookie import CookieMaker
from .secret import wipe

TYPE_CHECKING = False
if TYPE_CHECKING:
    from .crypto import Crypto
    from .noise import Handshake


class Peer:
    """Times are milliseconds, 0 for never; ``persistent_keepalive`` is seconds.

    ``handshake`` is the initiation we wait to be answered. A peer's own initiation
    needs no slot, because it is answered at once: the two can never disturb each
    other.
    """

    __slots__ = (
        "cookies",
        "fired",
        "greatest_timestamp",
        "handshake",
        "handshake_requested_at",
        "handshake_sent_at",
        "id",
        "initiation_received_at",
        "initiation_sent_at",
        "initiations_unanswered",
        "jitter",
        "last_handshake_at",
        "last_timestamp_sent",
        "persistent_keepalive",
        "preshared_key",
        "public_key",
        "response_index",
        "session_created_at",
        "static_static",
    )

    def __init__(self, crypto: "Crypto", peer_id: int, public_key: bytes) -> None:
        self.id = peer_id
        self.public_key = public_key
        self.preshared_key = bytearray(KEY_SIZE)
        self.persistent_keepalive = 0
        self.static_static: bytearray | None = None
        self.cookies = CookieMaker(crypto, public_key)
        self.greatest_timestamp = b""
        self.last_timestamp_sent = 0
        self.handshake: Handshake | None = None
        self.response_index: int | None = None
        # Of the packet that wanted a session last; 0 once there is one.
        self.handshake_requested_at = 0
        self.initiations_unanswered = 0
        # An initiation or a response.
        self.handshake_sent_at = 0
        self.jitter = 0
        self.initiation_sent_at = 0
        self.initiation_received_at = 0
        # When a session was last derived, and last proved to work for both sides.
        self.session_created_at = 0
        self.last_handshake_at = 0
        # timer: the deadline it fired for, so that one deadline fires once.
        self.fired: dict[str, int] = {}

    def wipe_handshake(self) -> None:
        """End the initiation that waits, if there is one."""
        if self.handshake is not None:
            self.handshake.wipe()
        self.handshake = None

    def wipe(self) -> None:
        """Overwrite every secret; the object is of no use afterwards."""
        self.wipe_handshake()
        wipe(self.static_static)
        wipe(self.preshared_key)
        self.cookies.wipe()
