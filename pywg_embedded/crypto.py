"""The primitives, bound to libsodium (PyNaCl) and CPython's own BLAKE2s.

``hashlib`` offers the same BLAKE2s, but loads OpenSSL beside it: 3.7 MB of resident
memory for nothing.

Keys and texts may be ``bytes`` or ``bytearray``; results are fresh ``bytes``.
"""

import os
from _blake2 import blake2s as _blake2s

from nacl import bindings as _nacl
from nacl.exceptions import CryptoError
from nacl.exceptions import RuntimeError as NaClRuntimeError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

Bytes = bytes | bytearray

random = os.urandom


def equal(a: Bytes, b: Bytes) -> bool:
    """Whether two secrets of one length are the same, in constant time."""
    return _nacl.sodium_memcmp(bytes(a), bytes(b))


def public_key(private: Bytes) -> bytes:
    """The X25519 public key of a private one, 32 bytes."""
    return _nacl.crypto_scalarmult_base(bytes(private))


def dh(private: Bytes, public: Bytes) -> bytes | None:
    """The X25519 shared secret, or None if it is all zero (a low-order point)."""
    try:
        return _nacl.crypto_scalarmult(bytes(private), bytes(public))
    except NaClRuntimeError:
        return None


def blake2s(data: Bytes, key: Bytes = b"", size: int = 32) -> bytes:
    """BLAKE2s, keyed if ``key`` is given (RFC 7693)."""
    return _blake2s(data, key=key, digest_size=size).digest()


def seal(key: Bytes, nonce: bytes, plaintext: Bytes, aad: Bytes) -> bytes:
    """ChaCha20-Poly1305 (RFC 8439), 12-byte nonce: ciphertext and tag."""
    return _nacl.crypto_aead_chacha20poly1305_ietf_encrypt(
        bytes(plaintext), bytes(aad), nonce, bytes(key)
    )


def open_sealed(
    key: Bytes, nonce: bytes, ciphertext: Bytes, aad: Bytes
) -> bytes | None:
    """What ``seal`` sealed, or None if it is not authentic."""
    return _opened(
        _nacl.crypto_aead_chacha20poly1305_ietf_decrypt, key, nonce, ciphertext, aad
    )


def xseal(key: Bytes, nonce: bytes, plaintext: Bytes, aad: Bytes) -> bytes:
    """XChaCha20-Poly1305, 24-byte nonce: ciphertext and tag."""
    return _nacl.crypto_aead_xchacha20poly1305_ietf_encrypt(
        bytes(plaintext), bytes(aad), nonce, bytes(key)
    )


def xopen(key: Bytes, nonce: bytes, ciphertext: Bytes, aad: Bytes) -> bytes | None:
    """What ``xseal`` sealed, or None if it is not authentic."""
    return _opened(
        _nacl.crypto_aead_xchacha20poly1305_ietf_decrypt, key, nonce, ciphertext, aad
    )


def _opened(
    decrypt: "Callable[[bytes, bytes, bytes, bytes], bytes]",
    key: Bytes,
    nonce: bytes,
    ciphertext: Bytes,
    aad: Bytes,
) -> bytes | None:
    try:
        return decrypt(bytes(ciphertext), bytes(aad), nonce, bytes(key))
    except (CryptoError, ValueError):  # ValueError: shorter than a tag
        return None
