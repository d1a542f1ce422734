"""The crypto functions of the handshake, from the library that this Python has.

Keys and texts may be ``bytes`` or ``bytearray``; results are new ``bytes`` objects. A
key or nonce of the wrong size raises ValueError.
"""

import sys

if sys.implementation.name == "micropython":
    from ._libpywg import (
        blake2s,
        dh,
        equal,
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
        open_sealed,
        public_key,
        random,
        seal,
        xopen,
        xseal,
    )

__all__ = [
    "blake2s",
    "dh",
    "equal",
    "open_sealed",
    "public_key",
    "random",
    "seal",
    "xopen",
    "xseal",
]
