"""Transport keys, and the three slots that a peer keeps them in (paper 6.2, 6.3).

The moves of a keypair between the slots:

    derived as responder         -> next       (sends only once it is confirmed)
    first packet under next      -> current    (the old current becomes previous)
    derived as initiator         -> current    (the old current becomes previous)
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
    """The two transport keys of one handshake.

    ``created_at`` is in milliseconds. ``local_index`` is the receiver index of incoming
    packets, ``remote_index`` that of outgoing packets.
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
        """Return whether a message with this counter may be sent or accepted now."""
        age = now - self.created_at
        return age < REJECT_AFTER_TIME and counter < REJECT_AFTER_MESSAGES

    def rekey_on_send(self, counter: int, now: int) -> bool:
        """Return whether sending this message requests a rekey (6.2)."""
        if counter >= REKEY_AFTER_MESSAGES:
            return True
        return self.initiator and now - self.created_at >= REKEY_AFTER_TIME

    def rekey_on_receive(self, now: int) -> bool:
        """Return whether receiving requests a rekey, close to expiry (6.2)."""
        return self.initiator and now - self.created_at >= REKEY_AFTER_TIME_RECEIVING

    def wipe(self) -> None:
        """Overwrite both keys; the keypair must not be used afterwards."""
        wipe(self.send_key)
        wipe(self.receive_key)
