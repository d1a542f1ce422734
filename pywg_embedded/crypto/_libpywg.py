"""The primitives that libpywg brings along, for a Python that lacks them."""

from ..dataplane.library import functions, strerror

TYPE_CHECKING = False
if TYPE_CHECKING:
    from ..core.crypto import Bytes

_KEY_SIZE = 32
_TAG_SIZE = 16
_NONCE_SIZE = 12
_XNONCE_SIZE = 24


def random(size: int) -> bytes:
    """So many bytes that nobody can guess."""
    out = bytearray(size)
    _check(functions["random"](out, size))
    return bytes(out)


def equal(a: "Bytes", b: "Bytes") -> bool:
    """Whether two secrets are the same, in constant time for one length."""
    return len(a) == len(b) and functions["equal"](a, b, len(a)) == 1


def public_key(private: "Bytes") -> bytes:
    """The X25519 public key of a private one, 32 bytes."""
    public = bytearray(_KEY_SIZE)
    _check(functions["public_key"](public, _sized(private, _KEY_SIZE)))
    return bytes(public)


def dh(private: "Bytes", public: "Bytes") -> bytes | None:
    """The X25519 shared secret, or None if it is all zero (a low-order point)."""
    secret = bytearray(_KEY_SIZE)
    refused = functions["dh"](
        secret, _sized(private, _KEY_SIZE), _sized(public, _KEY_SIZE)
    )
    return None if refused else bytes(secret)


def blake2s(data: "Bytes", key: "Bytes" = b"", size: int = 32) -> bytes:
    """BLAKE2s, keyed if ``key`` is given (RFC 7693)."""
    out = bytearray(size)
    _check(functions["blake2s"](out, size, data, len(data), key, len(key)))
    return bytes(out)


def seal(key: "Bytes", nonce: bytes, plaintext: "Bytes", aad: "Bytes") -> bytes:
    """ChaCha20-Poly1305 (RFC 8439), 12-byte nonce: ciphertext and tag."""
    return _sealed(key, _sized(nonce, _NONCE_SIZE), plaintext, aad)


def open_sealed(
    key: "Bytes", nonce: bytes, ciphertext: "Bytes", aad: "Bytes"
) -> bytes | None:
    """What ``seal`` sealed, or None if it is not authentic."""
    return _opened(key, _sized(nonce, _NONCE_SIZE), ciphertext, aad)


def xseal(key: "Bytes", nonce: bytes, plaintext: "Bytes", aad: "Bytes") -> bytes:
    """XChaCha20-Poly1305, 24-byte nonce: ciphertext and tag."""
    return _sealed(key, _sized(nonce, _XNONCE_SIZE), plaintext, aad)


def xopen(
    key: "Bytes", nonce: bytes, ciphertext: "Bytes", aad: "Bytes"
) -> bytes | None:
    """What ``xseal`` sealed, or None if it is not authentic."""
    return _opened(key, _sized(nonce, _XNONCE_SIZE), ciphertext, aad)


def _sized(data: "Bytes", size: int) -> "Bytes":
    """The data; the library would read beyond what is too short."""
    if len(data) != size:
        raise ValueError(f"{size} bytes are needed, not {len(data)}")
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
