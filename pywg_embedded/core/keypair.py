"""Session keys, and the three slots that a peer keeps them in (paper 6.2, 6.3).

The slots, and what moves a keypair between them:

    derived by us as responder   -> next       (usable only once confirmed)
    first packet under next      -> current    (the old current becomes previous)
    derived by us as initiator   -> current    (the old current becomes previous)
"""

from .constants import (
    REJECT_AFTER_MESSAGES,
    REJECT_AFTER_TIME,
    REKEY_AFTER_MESSAGES,
    REKEY_AFTER_TIME,
    REKEY_AFTER_TIME_RECEIVING,
)
from .secret import wipe


class Keypair:
    """The two transport keys of one session.

    ``created_at`` is in milliseconds; ``local_index`` is what the peer writes into
    its packets, ``remote_index`` what we write into ours.
    """

    __slots__ = (
        "created_at",
        "initiator",
        "local_index",
        "receive_key",
        "remote_index",
        "send_key",
    )

    def __init__(
        self,
        initiator: bool,
        indices: tuple[int, int],
        keys: tuple[bytearray, bytearray],
        created_at: int,
    ) -> None:
        self.initiator = initiator
        self.local_index, self.remote_index = indices
        self.send_key, self.receive_key = keys
        self.created_at = created_at

    def alive(self, counter: int, now: int) -> bool:
        """Whether a message with this counter may still be sent or accepted."""
        age = now - self.created_at
        return age < REJECT_AFTER_TIME and counter < REJECT_AFTER_MESSAGES

    def rekey_on_send(self, counter: int, now: int) -> bool:
        """Whether sending shall ask for a new handshake (6.2)."""
        if counter >= REKEY_AFTER_MESSAGES:
            return True
        return self.initiator and now - self.created_at >= REKEY_AFTER_TIME

    def rekey_on_receive(self, now: int) -> bool:
        """Whether receiving shall ask, so that the session has no gap (6.2)."""
        return self.initiator and now - self.created_at >= REKEY_AFTER_TIME_RECEIVING

    def wipe(self) -> None:
        """Overwrite both keys; the keypair is of no use afterwards."""
        wipe(self.send_key)
        wipe(self.receive_key)
