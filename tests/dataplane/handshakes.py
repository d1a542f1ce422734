"""Handshake messages with valid types, sizes and macs; all other fields are zero."""

import struct
from hashlib import blake2s

from pywg_embedded.core.constants import (
    COOKIE_REPLY_SIZE,
    COOKIE_SIZE,
    INITIATION_SIZE,
    KEY_SIZE,
    LABEL_COOKIE,
    LABEL_MAC1,
    MAC_SIZE,
    MESSAGE_COOKIE_REPLY,
    MESSAGE_INITIATION,
    MESSAGE_RESPONSE,
    RESPONSE_SIZE,
)
from pywg_embedded.core.endpoint import Endpoint

PUBLIC = bytes(range(32))
SIZES = {MESSAGE_INITIATION: INITIATION_SIZE, MESSAGE_RESPONSE: RESPONSE_SIZE}
NO_MAC = bytes(MAC_SIZE)


def mac(key: bytes, data: bytes) -> bytes:
    return blake2s(data, key=key, digest_size=MAC_SIZE).digest()


def cookie_of(secret: bytes, source: Endpoint) -> bytes:
    """Return the cookie of a source."""
    bound_to = source.address + struct.pack(">H", source.port)
    return blake2s(bound_to, key=secret, digest_size=COOKIE_SIZE).digest()


def cookie_key(public: bytes = PUBLIC) -> bytes:
    """Return the key that encrypts cookies in cookie replies."""
    return blake2s(LABEL_COOKIE + public, digest_size=KEY_SIZE).digest()


def message(
    sender: int = 0,
    cookie: bytes = b"",
    kind: int = MESSAGE_INITIATION,
    public: bytes = PUBLIC,
) -> bytes:
    """Return a message with mac1, and with mac2 if there is a cookie."""
    head = struct.pack("<II", kind, sender).ljust(SIZES[kind] - 2 * MAC_SIZE, b"\0")
    head += mac(blake2s(LABEL_MAC1 + public).digest(), head)
    return head + (mac(cookie, head) if cookie else NO_MAC)


def cookie_reply(receiver: int) -> bytes:
    """Return a cookie reply that is not authentic; a plane cannot check that."""
    head = struct.pack("<II", MESSAGE_COOKIE_REPLY, receiver)
    return head.ljust(COOKIE_REPLY_SIZE, b"\0")
