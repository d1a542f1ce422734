"""The protocol state of a peer, which only ``Device`` changes."""

from .constants import KEY_SIZE
from .cookie import CookieMaker
from .secret import wipe

TYPE_CHECKING = False
if TYPE_CHECKING:
    from .crypto import Crypto
    from .noise import Handshake


class Peer:
    """The state of one peer.

    Times are milliseconds, 0 for never; ``persistent_keepalive`` is in seconds.
    ``handshake`` is the handshake whose initiation was sent. A received initiation
    needs no slot, because it is answered at once: the two cannot interfere.
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
        crypto.lock(self.preshared_key)
        self.persistent_keepalive = 0
        self.static_static: bytearray | None = None
        self.cookies = CookieMaker(crypto, public_key)
        self.greatest_timestamp = b""
        self.last_timestamp_sent = 0
        self.handshake: Handshake | None = None
        self.response_index: int | None = None
        # When data last needed a handshake; 0 once there is a keypair.
        self.handshake_requested_at = 0
        self.initiations_unanswered = 0
        # When an initiation or a response was last sent.
        self.handshake_sent_at = 0
        self.jitter = 0
        self.initiation_sent_at = 0
        self.initiation_received_at = 0
        # When a keypair was last derived, and when one was last confirmed.
        self.session_created_at = 0
        self.last_handshake_at = 0
        # Timer name: the deadline that it fired for, so that each fires once.
        self.fired: dict[str, int] = {}

    def wipe_handshake(self) -> None:
        """End the handshake that waits for a response, if any."""
        if self.handshake is not None:
            self.handshake.wipe()
        self.handshake = None

    def wipe(self) -> None:
        """Overwrite every secret; the object must not be used afterwards."""
        self.wipe_handshake()
        wipe(self.static_static)
        wipe(self.preshared_key)
        self.cookies.wipe()
