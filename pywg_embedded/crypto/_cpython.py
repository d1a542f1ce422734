"""The crypto functions from libsodium (by the binding of PyNaCl) and CPython's BLAKE2s.

The public modules are not used because of their resident memory: ``hashlib`` loads
OpenSSL, 3.7 MB; ``nacl.bindings`` loads twenty modules, ``typing`` and ``re``, 1.7 MB,
and copies each key into memory that cannot be overwritten.
"""

from _blake2 import blake2s as _blake2s

from nacl._sodium import ffi as _ffi
from nacl._sodium import lib as _lib

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

Bytes = bytes | bytearray
_KEY_SIZE = 32
_TAG_SIZE = 16
_NONCE_SIZE = 12
_XNONCE_SIZE = 24
_PAD_SIZE = 32
_INNER = int.from_bytes(b"\x36" * _KEY_SIZE, "big")
_OUTER = int.from_bytes(b"\x5c" * _KEY_SIZE, "big")
_NULL = _ffi.NULL
_at = _ffi.from_buffer


def random(size: int) -> bytearray:
    """Return ``size`` unpredictable bytes."""
    out = bytearray(size)
    _lib.randombytes(_at(out), size)
    return out


def lock(secret: bytearray) -> bool:
    """Keep a secret out of swap; return whether the system allows it."""
    return not _lib.sodium_mlock(_at(secret), len(secret))


def equal(a: Bytes, b: Bytes) -> bool:
    """Return whether two secrets are equal, in constant time for equal lengths."""
    return len(a) == len(b) and not _lib.sodium_memcmp(_at(a), _at(b), len(a))


def public_key(private: Bytes) -> bytes:
    """Return the X25519 public key of a private key, 32 bytes."""
    public = bytearray(_KEY_SIZE)
    _lib.crypto_scalarmult_base(_at(public), _sized(private, _KEY_SIZE))
    return bytes(public)


def dh(private: Bytes, public: Bytes) -> bytearray | None:
    """Return the X25519 shared secret, or None if it is all zero (low-order point)."""
    secret = bytearray(_KEY_SIZE)
    refused = _lib.crypto_scalarmult(
        _at(secret), _sized(private, _KEY_SIZE), _sized(public, _KEY_SIZE)
    )
    return None if refused else secret


def kdf(key: Bytes, data: Bytes, count: int) -> list[bytearray]:
    """Return the first ``count`` outputs of HKDF (paper 5.4), 32 bytes each.

    Unlike libpywg's function, this one leaves copies that cannot be overwritten.
    """
    secret = _hmac(key, data)
    outputs: list[bytearray] = []
    last = b""
    for position in range(1, count + 1):
        last = _hmac(secret, last + bytes((position,)))
        outputs.append(bytearray(last))
    return outputs


def _hmac(key: Bytes, data: Bytes) -> bytes:
    # RFC 2104: blocks of 64 bytes.
    key_value = int.from_bytes(_checked(key, _KEY_SIZE), "big")
    inner = (key_value ^ _INNER).to_bytes(_KEY_SIZE, "big") + b"\x36" * _PAD_SIZE
    outer = (key_value ^ _OUTER).to_bytes(_KEY_SIZE, "big") + b"\x5c" * _PAD_SIZE
    return blake2s(outer + blake2s(inner + bytes(data)))


def blake2s(data: Bytes, key: Bytes = b"", size: int = 32) -> bytes:
    """Return the BLAKE2s hash, keyed if ``key`` is given (RFC 7693)."""
    return _blake2s(data, key=key, digest_size=size).digest()


def seal(key: Bytes, nonce: bytes, plaintext: Bytes, aad: Bytes) -> bytes:
    """Encrypt by ChaCha20-Poly1305 (RFC 8439) with a 12-byte nonce; the tag follows."""
    encrypt = _lib.crypto_aead_chacha20poly1305_ietf_encrypt
    return _sealed(encrypt, key, _sized(nonce, _NONCE_SIZE), plaintext, aad)


def open_sealed(
    key: Bytes, nonce: bytes, ciphertext: Bytes, aad: Bytes
) -> bytes | None:
    """Decrypt the result of ``seal``; return None if it is not authentic."""
    decrypt = _lib.crypto_aead_chacha20poly1305_ietf_decrypt
    return _opened(decrypt, key, _sized(nonce, _NONCE_SIZE), ciphertext, aad)


def xseal(key: Bytes, nonce: Bytes, plaintext: Bytes, aad: Bytes) -> bytes:
    """Encrypt by XChaCha20-Poly1305 with a 24-byte nonce; the tag follows."""
    encrypt = _lib.crypto_aead_xchacha20poly1305_ietf_encrypt
    return _sealed(encrypt, key, _sized(nonce, _XNONCE_SIZE), plaintext, aad)


def xopen(key: Bytes, nonce: bytes, ciphertext: Bytes, aad: Bytes) -> bytes | None:
    """Decrypt the result of ``xseal``; return None if it is not authentic."""
    decrypt = _lib.crypto_aead_xchacha20poly1305_ietf_decrypt
    return _opened(decrypt, key, _sized(nonce, _XNONCE_SIZE), ciphertext, aad)


def _sized(data: Bytes, size: int) -> "Any":
    """Return a pointer to the data; the library does not check sizes."""
    return _at(_checked(data, size))


def _checked(data: Bytes, size: int) -> Bytes:
    if len(data) != size:
        raise ValueError(f"invalid size: {len(data)} bytes (expected {size})")
    return data


def _sealed(
    encrypt: "Callable[..., int]",
    key: Bytes,
    nonce: "Any",
    plaintext: Bytes,
    aad: Bytes,
) -> bytes:
    out = bytearray(len(plaintext) + _TAG_SIZE)
    text = _at(plaintext), len(plaintext), _at(aad), len(aad)
    encrypt(_at(out), _NULL, *text, _NULL, nonce, _sized(key, _KEY_SIZE))
    return bytes(out)


def _opened(
    decrypt: "Callable[..., int]",
    key: Bytes,
    nonce: "Any",
    ciphertext: Bytes,
    aad: Bytes,
) -> bytes | None:
    if len(ciphertext) < _TAG_SIZE:
        return None
    out = bytearray(len(ciphertext) - _TAG_SIZE)
    text = _at(ciphertext), len(ciphertext), _at(aad), len(aad)
    forged = decrypt(_at(out), _NULL, _NULL, *text, nonce, _sized(key, _KEY_SIZE))
    return None if forged else bytes(out)


if _lib.sodium_init() < 0:
    raise ImportError("libsodium cannot be initialised on this machine")
