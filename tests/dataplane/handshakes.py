"""Handshake messages as a plane sees them: types, sizes and macs; the rest is zero."""

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
    """What proves that a sender receives at this endpoint."""
    bound_to = source.address + struct.pack(">H", source.port)
    return blake2s(bound_to, key=secret, digest_size=COOKIE_SIZE).digest()


def cookie_key(public: bytes = PUBLIC) -> bytes:
    """Seals the cookie inside a reply."""
    return blake2s(LABEL_COOKIE + public, digest_size=KEY_SIZE).digest()


def message(
    sender: int = 0,
    cookie: bytes = b"",
    kind: int = MESSAGE_INITIATION,
    public: bytes = PUBLIC,
) -> bytes:
    """With a valid mac1, and a mac2 if there is a cookie to make it with."""
    head = struct.pack("<II", kind, sender).ljust(SIZES[kind] - 2 * MAC_SIZE, b"\0")
    head += mac(blake2s(LABEL_MAC1 + public).digest(), head)
    return head + (mac(cookie, head) if cookie else NO_MAC)


def cookie_reply(receiver: int) -> bytes:
    """Not authentic, which is not for a plane to see."""
    head = struct.pack("<II", MESSAGE_COOKIE_REPLY, receiver)
    return head.ljust(COOKIE_REPLY_SIZE, b"\0")
