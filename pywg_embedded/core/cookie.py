"""mac1, mac2 and cookie replies (paper 5.3, 5.4.4, 5.4.7)."""

import struct

from .constants import (
    COOKIE_NONCE_SIZE,
    COOKIE_SECRET_LIFETIME,
    COOKIE_SIZE,
    COOKIE_USABLE_TIME,
    KEY_SIZE,
    LABEL_COOKIE,
    LABEL_MAC1,
    MAC_SIZE,
)
from .errors import Drop
from .messages import MAC1_OFFSET, MAC2_OFFSET, cookie_reply
from .secret import overwrite, wipe

TYPE_CHECKING = False
if TYPE_CHECKING:
    from .crypto import Bytes, Crypto
    from .endpoint import Endpoint

NO_MAC = bytes(MAC_SIZE)


class CookieChecker:
    """Checks received macs, and makes cookie replies (the receiving side)."""

    def __init__(self, crypto: "Crypto", public: bytes) -> None:
        self._crypto = crypto
        self._mac1_key = crypto.blake2s(LABEL_MAC1 + public)
        self._cookie_key = crypto.blake2s(LABEL_COOKIE + public)
        self._secret = bytearray(KEY_SIZE)
        self._secret_made_at = -COOKIE_SECRET_LIFETIME

    def mac1_valid(self, message: bytes) -> bool:
        """Return whether mac1 shows knowledge of the public key of this interface."""
        mac1 = self._mac(self._mac1_key, message[:MAC1_OFFSET])
        return self._crypto.equal(mac1, message[MAC1_OFFSET:MAC2_OFFSET])

    def mac2_valid(self, message: bytes, source: "Endpoint", now: int) -> bool:
        """Return whether mac2 shows possession of the cookie of this source."""
        if not self.has_secret(now):
            return False
        mac2 = self._mac(self._cookie(source), message[:MAC2_OFFSET])
        return self._crypto.equal(mac2, message[MAC2_OFFSET:])

    def reply(self, message: bytes, sender: int, source: "Endpoint", now: int) -> bytes:
        """Return the cookie reply to a message whose mac1 is valid.

        Makes a new secret if there is none, or if it has expired.
        """
        if not self.has_secret(now):
            secret = self._crypto.random(KEY_SIZE)
            self.set_secret(secret, now)
            wipe(secret)
        nonce = self._crypto.random(COOKIE_NONCE_SIZE)
        mac1 = message[MAC1_OFFSET:MAC2_OFFSET]
        cookie = self._cookie(source)
        sealed = self._crypto.xseal(self._cookie_key, nonce, cookie, mac1)
        return cookie_reply(sender, nonce, sealed)

    def has_secret(self, now: int) -> bool:
        """Return whether there is a secret that has not expired."""
        return now - self._secret_made_at < COOKIE_SECRET_LIFETIME

    def secret(self) -> bytearray:
        """Return the cookie secret; a copy of it must be overwritten after use."""
        return self._secret

    def set_secret(self, secret: "Bytes", made_at: int) -> None:
        """Replace the secret by another that was made at ``made_at``."""
        overwrite(self._secret, secret)
        self._secret_made_at = made_at

    def wipe(self) -> None:
        """Overwrite the secret."""
        wipe(self._secret)
        self._secret_made_at = -COOKIE_SECRET_LIFETIME

    def _cookie(self, source: "Endpoint") -> bytes:
        bound_to = source.address + struct.pack(">H", source.port)
        return self._crypto.blake2s(bound_to, self._secret, COOKIE_SIZE)

    def _mac(self, key: bytes, data: bytes) -> bytes:
        return self._crypto.blake2s(data, key, MAC_SIZE)


class CookieMaker:
    """Adds macs to messages, and keeps the cookie that a peer sent (the sending side).

    The last mac1 of an initiation and that of a response are kept apart, because each
    may be answered with its own cookie reply.
    """

    __slots__ = ("_cookie", "_cookie_key", "_mac1_key", "_received_at", "_sent")

    def __init__(self, crypto: "Crypto", public: bytes) -> None:
        self._mac1_key = crypto.blake2s(LABEL_MAC1 + public)
        self._cookie_key = crypto.blake2s(LABEL_COOKIE + public)
        self._cookie = bytearray()
        self._received_at = 0
        # message type: (sender index, mac1)
        self._sent: dict[int, tuple[int, bytes]] = {}

    def add_macs(self, crypto: "Crypto", message: bytes, now: int) -> bytes:
        """Return the message with mac1, and with mac2 if there is a valid cookie."""
        body = message[:MAC1_OFFSET]
        mac1 = crypto.blake2s(body, self._mac1_key, MAC_SIZE)
        kind, sender = struct.unpack_from("<II", message)
        self._sent[kind] = (sender, mac1)
        mac2 = NO_MAC
        if self._cookie and now - self._received_at < COOKIE_USABLE_TIME:
            mac2 = crypto.blake2s(body + mac1, self._cookie, MAC_SIZE)
        return body + mac1 + mac2

    def expects_reply(self, index: int) -> bool:
        """Return whether a cookie reply to the message of this index is accepted."""
        return any(sender == index for sender, _ in self._sent.values())

    def receive(
        self, crypto: "Crypto", reply: tuple[int, bytes, bytes], now: int
    ) -> None:
        """Store the cookie of a reply ``(receiver, nonce, sealed cookie)``.

        Raises Drop if the reply is not authentic. Each message accepts one cookie, so
        that a reply cannot be replayed.
        """
        receiver, nonce, sealed = reply
        for kind, (sender, mac1) in self._sent.items():
            if sender != receiver:
                continue
            cookie = crypto.xopen(self._cookie_key, nonce, sealed, mac1)
            if cookie is not None:
                del self._sent[kind]
                wipe(self._cookie)
                self._cookie = bytearray(cookie)
                self._received_at = now
                return
        raise Drop("cookie_reply_not_authentic")

    def wipe(self) -> None:
        """Overwrite the cookie, and accept no reply to earlier messages."""
        wipe(self._cookie)
        self._cookie = bytearray()
        self._sent = {}
