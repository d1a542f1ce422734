"""Keys as text: base64 (wg(8)) and hexadecimal (UAPI).

No error message quotes the text: it may be a private key.
"""

from binascii import a2b_base64, b2a_base64, hexlify, unhexlify

from ..core.constants import KEY_SIZE
from ..core.errors import ConfigError
from ..core.secret import wipe

TYPE_CHECKING = False
if TYPE_CHECKING:
    from ..core.crypto import Bytes

BASE64_LENGTH = 44
HEX_LENGTH = 2 * KEY_SIZE
_HEX_DIGITS = b"0123456789abcdef"
_HEX_VALUES = {digit: value for value, digit in enumerate(_HEX_DIGITS)}
_HEX_VALUES.update({digit: value for value, digit in enumerate(b"0123456789ABCDEF")})


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


def to_base64(key: "Bytes") -> str:
    """Return the key as 44 characters of base64."""
    return b2a_base64(key)[:-1].decode()


def from_hex(text: str) -> bytes:
    """Parse 64 hexadecimal digits of either case into a key of 32 bytes.

    Raises ConfigError.
    """
    if len(text) != HEX_LENGTH:
        raise ConfigError(_invalid_hex_length(len(text)))
    try:
        key = unhexlify(text)
    except ValueError:
        key = b""
    if len(key) != KEY_SIZE:
        raise ConfigError("invalid key: not hexadecimal")
    return key


def _invalid_hex_length(length: int) -> str:
    return f"invalid key: length {length} (expected {HEX_LENGTH} hexadecimal digits)"


def to_hex(key: "Bytes") -> str:
    """Return the key as 64 lower-case hexadecimal digits."""
    return hexlify(key).decode()


def secret_from_hex(text: "Bytes | memoryview") -> bytearray:
    """Parse a key as ``from_hex`` does, without a copy that cannot be overwritten.

    Raises ConfigError.
    """
    if len(text) != HEX_LENGTH:
        raise ConfigError(_invalid_hex_length(len(text)))
    key = bytearray(KEY_SIZE)
    for at in range(HEX_LENGTH):
        digit = _HEX_VALUES.get(text[at])
        if digit is None:
            wipe(key)
            raise ConfigError("invalid key: not hexadecimal")
        key[at // 2] = key[at // 2] << 4 & 0xFF | digit
    return key


def write_hex(text: bytearray, offset: int, key: "Bytes") -> None:
    """Write the key into ``text`` as 64 lower-case hexadecimal digits."""
    for at, byte in enumerate(key):
        text[offset + 2 * at] = _HEX_DIGITS[byte >> 4]
        text[offset + 2 * at + 1] = _HEX_DIGITS[byte & 15]


def clamp(private: bytes) -> bytes:
    """Return a private key as X25519 uses it (RFC 7748, section 5)."""
    first, last = private[0] & 248, (private[31] & 127) | 64
    return bytes((first,)) + private[1:31] + bytes((last,))
