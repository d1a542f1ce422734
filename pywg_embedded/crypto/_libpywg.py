"""The crypto functions from libpywg, for a Python that lacks them."""

from ..dataplane.library import functions, strerror

TYPE_CHECKING = False
if TYPE_CHECKING:
    from ..core.crypto import Bytes

_KEY_SIZE = 32
_TAG_SIZE = 16
_NONCE_SIZE = 12
_XNONCE_SIZE = 24


def random(size: int) -> bytearray:
    """Return ``size`` unpredictable bytes."""
    out = bytearray(size)
    _check(functions["random"](out, size))
    return out


def lock(secret: bytearray) -> bool:
    """Keep a secret out of swap; return whether the system allows it."""
    return not functions["lock_memory"](secret, len(secret))


def equal(a: "Bytes", b: "Bytes") -> bool:
    """Return whether two secrets are equal, in constant time for equal lengths."""
    return len(a) == len(b) and functions["equal"](a, b, len(a)) == 1


def public_key(private: "Bytes") -> bytes:
    """Return the X25519 public key of a private key, 32 bytes."""
    public = bytearray(_KEY_SIZE)
    _check(functions["public_key"](public, _sized(private, _KEY_SIZE)))
    return bytes(public)


def dh(private: "Bytes", public: "Bytes") -> bytearray | None:
    """Return the X25519 shared secret, or None if it is all zero (low-order point)."""
    secret = bytearray(_KEY_SIZE)
    refused = functions["dh"](
        secret, _sized(private, _KEY_SIZE), _sized(public, _KEY_SIZE)
    )
    return None if refused else secret


def kdf(key: "Bytes", data: "Bytes", count: int) -> list[bytearray]:
    """Return the first ``count`` outputs of HKDF (paper 5.4), 32 bytes each."""
    out = bytearray(count * _KEY_SIZE)
    _check(functions["kdf"](out, count, _sized(key, _KEY_SIZE), data, len(data)))
    keys = [out[at : at + _KEY_SIZE] for at in range(0, len(out), _KEY_SIZE)]
    out[:] = bytes(len(out))
    return keys


def blake2s(data: "Bytes", key: "Bytes" = b"", size: int = 32) -> bytes:
    """Return the BLAKE2s hash, keyed if ``key`` is given (RFC 7693)."""
    out = bytearray(size)
    _check(functions["blake2s"](out, size, data, len(data), key, len(key)))
    return bytes(out)


def seal(key: "Bytes", nonce: bytes, plaintext: "Bytes", aad: "Bytes") -> bytes:
    """Encrypt by ChaCha20-Poly1305 (RFC 8439) with a 12-byte nonce; the tag follows."""
    return _sealed(key, _sized(nonce, _NONCE_SIZE), plaintext, aad)


def open_sealed(
    key: "Bytes", nonce: bytes, ciphertext: "Bytes", aad: "Bytes"
) -> bytes | None:
    """Decrypt the result of ``seal``; return None if it is not authentic."""
    return _opened(key, _sized(nonce, _NONCE_SIZE), ciphertext, aad)


def xseal(key: "Bytes", nonce: "Bytes", plaintext: "Bytes", aad: "Bytes") -> bytes:
    """Encrypt by XChaCha20-Poly1305 with a 24-byte nonce; the tag follows."""
    return _sealed(key, _sized(nonce, _XNONCE_SIZE), plaintext, aad)


def xopen(
    key: "Bytes", nonce: bytes, ciphertext: "Bytes", aad: "Bytes"
) -> bytes | None:
    """Decrypt the result of ``xseal``; return None if it is not authentic."""
    return _opened(key, _sized(nonce, _XNONCE_SIZE), ciphertext, aad)


def _sized(data: "Bytes", size: int) -> "Bytes":
    """Return the data; the library does not check sizes."""
    if len(data) != size:
        raise ValueError(f"invalid size: {len(data)} bytes (expected {size})")
    return data


def _sealed(key: "Bytes", nonce: "Bytes", plaintext: "Bytes", aad: "Bytes") -> bytes:
    out = bytearray(len(plaintext) + _TAG_SIZE)
    text = plaintext, len(plaintext), aad, len(aad)
    with_key = nonce, len(nonce), _sized(key, _KEY_SIZE)
    _check(functions["seal"](out, *text, *with_key))
    return bytes(out)


def _opened(
    key: "Bytes", nonce: "Bytes", ciphertext: "Bytes", aad: "Bytes"
) -> bytes | None:
    if len(ciphertext) < _TAG_SIZE:
        return None
    out = bytearray(len(ciphertext) - _TAG_SIZE)
    text = ciphertext, len(ciphertext), aad, len(aad)
    with_key = nonce, len(nonce), _sized(key, _KEY_SIZE)
    forged = functions["unseal"](out, *text, *with_key)
    return None if forged else bytes(out)


def _check(result: int) -> None:
    if result < 0:
        raise OSError(-result, strerror(-result))
