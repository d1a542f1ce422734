"""Secrets apart from the configuration, which more may read than root.

Where a secret key is expected, ``kept:NAME`` stands for the one in the file NAME.
"""

import os

from ..control import keys
from ..control.text import quote
from ..core.errors import ConfigError

_MARK = "kept:"
_LONGEST_NAME = 64
_NAME = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"


def directory() -> str:
    """Where they are: in PYWG_KEYS, or /etc/pywg/keys."""
    return os.environ.get("PYWG_KEYS") or "/etc/pywg/keys"


def is_reference(text: str) -> bool:
    """Whether this stands for a key that is kept apart."""
    return text.startswith(_MARK)


def parse_secret(text: str) -> bytes:
    """The key itself, or the one that is kept; raises ConfigError."""
    if not is_reference(text):
        return keys.from_base64(text)
    name = text[len(_MARK) :]
    if not 1 <= len(name) <= _LONGEST_NAME or name.strip(_NAME):
        raise ConfigError(f"{quote(name)} cannot be the name of a kept key")
    path = os.path.join(directory(), name)
    try:
        with open(path) as file:
            return keys.from_base64(file.read().strip())
    except OSError as error:
        raise ConfigError(f"{path}: {error.strerror}") from None
    except (ConfigError, ValueError):
        raise ConfigError(f"{path}: no key is in it") from None
