"""Keys as text: base64 (wg(8)) and hexadecimal (UAPI).

No error message quotes the text: it may be a private key.
"""

from binascii import a2b_base64, b2a_base64, hexlify, unhexlify

from ..core.constants import KEY_SIZE
from ..core.errors import ConfigError

BASE64_LENGTH = 44
HEX_LENGTH = 2 * KEY_SIZE


def from_base64(text: str) -> bytes:
    """Parse 44 characters of canonical base64 into a key of 32 bytes.

    Raises ConfigError.
    """
    if len(text) != BASE64_LENGTH:
        raise ConfigError(
            f"invalid key: length {len(text)} "
            f"(expected {BASE64_LENGTH} characters of base64)"
        )
    try:
        key = a2b_base64(text)
    except ValueError:
        key = b""
    # Decoders ignore invalid characters and trailing bits; a key has one text only.
    if len(key) != KEY_SIZE or to_base64(key) != text:
        raise ConfigError("invalid key: not base64 of 32 bytes")
    return key


def to_base64(key: bytes) -> str:
    """Return the key as 44 characters of base64."""
    return b2a_base64(key)[:-1].decode()


def from_hex(text: str) -> bytes:
    """Parse 64 hexadecimal digits of either case into a key of 32 bytes.

    Raises ConfigError.
    """
    if len(text) != HEX_LENGTH:
        raise ConfigError(
            f"invalid key: length {len(text)} "
            f"(expected {HEX_LENGTH} hexadecimal digits)"
        )
    try:
        key = unhexlify(text)
    except ValueError:
        key = b""
    if len(key) != KEY_SIZE:
        raise ConfigError("invalid key: not hexadecimal")
    return key


def to_hex(key: bytes) -> str:
    """Return the key as 64 lower-case hexadecimal digits."""
    return hexlify(key).decode()


def clamp(private: bytes) -> bytes:
    """Return a private key as X25519 uses it (RFC 7748, section 5)."""
    first, last = private[0] & 248, (private[31] & 127) | 64
    return bytes((first,)) + private[1:31] + bytes((last,))
