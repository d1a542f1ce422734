"""The interface of ``pywg_embedded.crypto`` for MicroPython's unix port.

Bound with ``ffi`` to libsodium, and to OpenSSL's libcrypto for BLAKE2s.
"""

import os
import struct

import ffi
import uctypes  # type: ignore[import-not-found]

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    Foreign = Callable[..., int]

_sodium = ffi.open("libsodium.so.23")
_openssl = ffi.open("libcrypto.so.3")

# Letters of ffi: p pointer, i int, L size_t, Q unsigned long long. A sealed message
# is (out, out_size, in, in_size, aad, aad_size, nothing, nonce, key); opening it has
# the "nothing" before the input.
_SEAL = "pppQpQppp"
_OPEN = "ppppQpQpp"

_base = _sodium.func("i", "crypto_scalarmult_base", "pp")
_scalarmult = _sodium.func("i", "crypto_scalarmult", "ppp")
_memcmp = _sodium.func("i", "sodium_memcmp", "ppL")
_CHACHA = "crypto_aead_chacha20poly1305_ietf_"
_XCHACHA = "crypto_aead_xchacha20poly1305_ietf_"
_chacha_seal = _sodium.func("i", _CHACHA + "encrypt", _SEAL)
_chacha_open = _sodium.func("i", _CHACHA + "decrypt", _OPEN)
_xchacha_seal = _sodium.func("i", _XCHACHA + "encrypt", _SEAL)
_xchacha_open = _sodium.func("i", _XCHACHA + "decrypt", _OPEN)
_q_mac = _openssl.func("p", "EVP_Q_mac", "ppppppLpLpLp")
_digest_init = _openssl.func("i", "EVP_DigestInit_ex2", "ppp")
_digest_update = _openssl.func("i", "EVP_DigestUpdate", "ppL")
_digest_final = _openssl.func("i", "EVP_DigestFinal_ex", "ppp")
_blake2s256 = _openssl.func("p", "EVP_MD_fetch", "ppp")(None, b"BLAKE2S-256\0", None)
_context = _openssl.func("p", "EVP_MD_CTX_new", "")()

_TAG_SIZE = 16

random = os.urandom


def equal(a: bytes, b: bytes) -> bool:
    """Compares in constant time."""
    return len(a) == len(b) and _memcmp(a, b, len(a)) == 0


def public_key(private: bytes | bytearray) -> bytes:
    """The X25519 public key of a private one, 32 bytes."""
    public = bytearray(32)
    _base(public, private)
    return bytes(public)


def dh(private: bytes | bytearray, public: bytes) -> bytes | None:
    """The X25519 shared secret, or None if it is all zero (a low-order point)."""
    shared = bytearray(32)
    if _scalarmult(shared, private, public) != 0:
        return None
    return bytes(shared)


def blake2s(data: bytes, key: bytes = b"", size: int = 32) -> bytes:
    """BLAKE2s, keyed if ``key`` is given (RFC 7693)."""
    out = bytearray(size)
    name, value = b"size\0", struct.pack("@L", size)
    params = _ossl_param(name, value)
    done = _mac(out, data, key, params) if key else _hash(out, data, params)
    if not done:
        raise RuntimeError("libcrypto failed")
    return bytes(out)


def _hash(out: bytearray, data: bytes, params: bytes) -> bool:
    return bool(
        _digest_init(_context, _blake2s256, params)
        and _digest_update(_context, data, len(data))
        and _digest_final(_context, out, None)
    )


def _mac(out: bytearray, data: bytes, key: bytes, params: bytes) -> bool:
    algorithm = None, b"BLAKE2SMAC\0", None, None, params
    texts = key, len(key), data, len(data), out, len(out), None
    return bool(_q_mac(*algorithm, *texts))


def _ossl_param(name: bytes, value: bytes) -> bytes:
    """An OSSL_PARAM array of one unsigned integer; both arguments must outlive it."""
    unsigned_integer = 2
    pointers = uctypes.addressof(name), uctypes.addressof(value)
    param = struct.pack(
        "@PIPLL", pointers[0], unsigned_integer, pointers[1], len(value), 0
    )
    return param + bytes(len(param))


def _seal(
    encrypt: "Foreign", key: bytes, nonce: bytes, plaintext: bytes, aad: bytes
) -> bytes:
    out = bytearray(len(plaintext) + _TAG_SIZE)
    encrypt(out, None, plaintext, len(plaintext), aad, len(aad), None, nonce, key)
    return bytes(out)


def _open(
    decrypt: "Foreign", key: bytes, nonce: bytes, ciphertext: bytes, aad: bytes
) -> bytes | None:
    size = len(ciphertext)
    out = bytearray(max(0, size - _TAG_SIZE))
    if decrypt(out, None, None, ciphertext, size, aad, len(aad), nonce, key) != 0:
        return None
    return bytes(out)


def seal(key: bytes, nonce: bytes, plaintext: bytes, aad: bytes) -> bytes:
    """ChaCha20-Poly1305 (RFC 8439): ciphertext and tag."""
    return _seal(_chacha_seal, key, nonce, plaintext, aad)


def open_sealed(
    key: bytes, nonce: bytes, ciphertext: bytes, aad: bytes
) -> bytes | None:
    """The plaintext, or None if the tag is wrong."""
    return _open(_chacha_open, key, nonce, ciphertext, aad)


def xseal(key: bytes, nonce: bytes, plaintext: bytes, aad: bytes) -> bytes:
    """XChaCha20-Poly1305, the nonce being 24 bytes: ciphertext and tag."""
    return _seal(_xchacha_seal, key, nonce, plaintext, aad)


def xopen(key: bytes, nonce: bytes, ciphertext: bytes, aad: bytes) -> bytes | None:
    """The plaintext, or None if the tag is wrong."""
    return _open(_xchacha_open, key, nonce, ciphertext, aad)
