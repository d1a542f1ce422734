"""ChaCha20-Poly1305 in place, through the binding that PyNaCl is made of.

PyNaCl's own functions copy every message twice and allocate once.
"""

import struct

from nacl._sodium import ffi, lib

from ...core.constants import TAG_SIZE

_NO_BYTES = ffi.NULL


class InPlaceAead:
    """Seals and opens inside one buffer that lives as long as this object."""

    def __init__(self, buffer: bytearray) -> None:
        self._start = ffi.from_buffer("unsigned char[]", buffer)
        self._nonce = bytearray(12)
        self._nonce_at = ffi.from_buffer("unsigned char[]", self._nonce)

    def seal(self, key: bytearray, counter: int, offset: int, length: int) -> None:
        """Encrypt ``length`` bytes at ``offset``; the tag follows them."""
        struct.pack_into("<Q", self._nonce, 4, counter)
        at = self._start + offset
        lib.crypto_aead_chacha20poly1305_ietf_encrypt(
            at,
            _NO_BYTES,
            at,
            length,
            _NO_BYTES,
            0,
            _NO_BYTES,
            self._nonce_at,
            ffi.from_buffer(key),
        )

    def open(self, key: bytearray, counter: int, offset: int, length: int) -> bool:
        """Decrypt ``length`` bytes, tag included, at ``offset``; False if forged."""
        if length < TAG_SIZE:
            return False
        struct.pack_into("<Q", self._nonce, 4, counter)
        at = self._start + offset
        result: int = lib.crypto_aead_chacha20poly1305_ietf_decrypt(
            at,
            _NO_BYTES,
            _NO_BYTES,
            at,
            length,
            _NO_BYTES,
            0,
            self._nonce_at,
            ffi.from_buffer(key),
        )
        return result == 0
