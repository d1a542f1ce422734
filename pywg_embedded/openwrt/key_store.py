"""Secret keys in files of their own, outside of the configuration.

Users other than root may read the configuration. An option for a secret key can hold
``kept:NAME`` instead, which refers to the key in the file NAME.
"""

import os

from ..control import keys
from ..control.text import quote
from ..core.errors import ConfigError

_PREFIX = "kept:"
_MAX_NAME_LENGTH = 64
_NAME_CHARACTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"


def directory() -> str:
    """Return the folder of the keys: $PYWG_KEYS, or /etc/pywg/keys."""
    return os.environ.get("PYWG_KEYS") or "/etc/pywg/keys"


def is_reference(text: str) -> bool:
    """Return whether a text refers to a stored key."""
    return text.startswith(_PREFIX)


def reference_name(text: str) -> str:
    """Return the name of the stored key that a text refers to.

    Raises ConfigError if it is no name of a file.
    """
    name = text[len(_PREFIX) :]
    if not 1 <= len(name) <= _MAX_NAME_LENGTH or name.strip(_NAME_CHARACTERS):
        raise ConfigError(
            f"invalid name of a stored key: {quote(name)} (expected 1 to "
            f"{_MAX_NAME_LENGTH} letters, digits, '-' or '_')"
        )
    return name


def parse_secret(text: str) -> bytes:
    """Return the key that a text holds or refers to.

    Raises ConfigError if the text is neither, or the stored key cannot be read.
    """
    if not is_reference(text):
        return keys.from_base64(text)
    path = os.path.join(directory(), reference_name(text))
    try:
        with open(path) as file:
            return keys.from_base64(file.read().strip())
    except FileNotFoundError as error:
        raise ConfigError(
            f"{path}: {error.strerror}; restore it from a backup, or set a new key"
        ) from None
    except OSError as error:
        raise ConfigError(f"{path}: {error.strerror}") from None
    except (ConfigError, ValueError):
        raise ConfigError(f"{path}: no base64 key in this file") from None
