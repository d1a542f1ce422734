"""``pywg genkey``, ``genpsk`` and ``pubkey``."""

import os
import stat
import sys

from .. import crypto
from ..control import keys
from ..control.text import located
from ..core.constants import KEY_SIZE
from ..core.errors import ConfigError


def genkey(words: list[str]) -> int:
    """Print a new private key."""
    return _print_secret(keys.clamp(bytes(crypto.random(KEY_SIZE))))


def genpsk(words: list[str]) -> int:
    """Print a new preshared key."""
    return _print_secret(bytes(crypto.random(KEY_SIZE)))


def pubkey(words: list[str]) -> int:
    """Print the public key of the private key on standard input."""
    try:
        private = keys.from_base64(sys.stdin.read().strip())
    except ConfigError as error:
        raise located("standard input", error) from None
    except UnicodeError:
        raise ConfigError("standard input: not text") from None
    print(keys.to_base64(crypto.public_key(private)))
    return 0


def _print_secret(key: bytes) -> int:
    mode = os.fstat(sys.stdout.fileno()).st_mode
    if stat.S_ISREG(mode) and mode & stat.S_IRWXO:
        print(
            "pywg: warning: all users have access to this file; "
            "run 'umask 077' before writing keys",
            file=sys.stderr,
        )
    print(keys.to_base64(key))
    return 0
