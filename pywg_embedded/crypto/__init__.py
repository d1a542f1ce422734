"""The crypto functions of the handshake, from the library that this Python has.

Keys and texts may be ``bytes`` or ``bytearray``. Results are new objects: secrets are
``bytearray``, which the caller overwrites, and all others ``bytes``. A key or nonce of
the wrong size raises ValueError.
"""

import sys

if sys.implementation.name == "micropython":
    from ._libpywg import (
        blake2s,
        dh,
        equal,
        kdf,
        lock,
        open_sealed,
        public_key,
        random,
        seal,
        xopen,
        xseal,
    )
else:
    from ._cpython import (
        blake2s,
        dh,
        equal,
        lock,
        open_sealed,
        public_key,
        random,
        seal,
        xopen,
        xseal,
    )

    try:
        from ._libpywg import kdf
    except Exception:  # without libpywg, or with another version: the daemon says so
        from ._cpython import kdf

__all__ = [
    "blake2s",
    "dh",
    "equal",
    "kdf",
    "lock",
    "open_sealed",
    "public_key",
    "random",
    "seal",
    "xopen",
    "xseal",
]
