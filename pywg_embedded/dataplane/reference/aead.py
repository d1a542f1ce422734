"""ChaCha20-Poly1305 in place, by the binding of PyNaCl.

The functions of PyNaCl copy each message twice, and allocate once.
"""

import struct

from nacl._sodium import ffi, lib

from ...core.constants import TAG_SIZE

_NO_BYTES = ffi.NULL


class InPlaceAead:
    """Encrypts and decrypts in one buffer, which lives as long as this object."""

    def __init__(self, buffer: bytearray) -> None:
        self._start = ffi.from_buffer("unsigned char[]", buffer)
        self._nonce = bytearray(12)
        self._nonce_at = ffi.from_buffer("unsigned char[]", self._nonce)

    def seal(self, key: bytearray, counter: int, offset: int, length: int) -> None:
        """Encrypt ``length`` bytes at ``offset``, and write the tag behind them."""
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
        """Decrypt ``length`` bytes, tag included, at ``offset``.

        Return False if they are not authentic.
        """
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
