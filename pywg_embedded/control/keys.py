"""Keys as text: base64 for people (wg(8)), hexadecimal for the UAPI.

No message here repeats the text: it may be a private key.
"""

from binascii import a2b_base64, b2a_base64, hexlify, unhexlify

from ..core.constants import KEY_SIZE
from ..core.errors import ConfigError

BASE64_LENGTH = 44
HEX_LENGTH = 2 * KEY_SIZE


def from_base64(text: str) -> bytes:
    """The 32 bytes of a key written as 44 characters of canonical base64."""
    if len(text) != BASE64_LENGTH:
        raise ConfigError(
            f"a key has {BASE64_LENGTH} base64 characters, this has {len(text)}"
        )
    try:
        key = a2b_base64(text)
    except ValueError:
        key = b""
    # Decoders skip foreign characters and stray bits; one key has one text.
    if len(key) != KEY_SIZE or to_base64(key) != text:
        raise ConfigError("not the base64 form of a key")
    return key


def to_base64(key: bytes) -> str:
    """44 characters of base64."""
    return b2a_base64(key)[:-1].decode()


def from_hex(text: str) -> bytes:
    """The 32 bytes of a key written as 64 hexadecimal digits of either case."""
    if len(text) != HEX_LENGTH:
        raise ConfigError(
            f"a key has {HEX_LENGTH} hexadecimal digits, this has {len(text)}"
        )
    try:
        key = unhexlify(text)
    except ValueError:
        key = b""
    if len(key) != KEY_SIZE:
        raise ConfigError("not the hexadecimal form of a key")
    return key


def to_hex(key: bytes) -> str:
    """64 lower-case hexadecimal digits."""
    return hexlify(key).decode()


def clamp(private: bytes) -> bytes:
    """``private`` as X25519 uses it (RFC 7748, section 5)."""
    first, last = private[0] & 248, (private[31] & 127) | 64
    return bytes((first,)) + private[1:31] + bytes((last,))
