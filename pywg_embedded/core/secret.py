"""Secrets live in bytearrays, and are overwritten when their life ends.

That covers what is kept: keys, chaining keys, ephemerals, cookies. Python's hash and
curve functions answer immutable ``bytes`` on the way there, which nobody can
overwrite; they live for one expression, until the allocator uses their place again.
"""


def wipe(secret: bytearray | None) -> None:
    """Overwrite with zeros, in place; None is nothing to wipe."""
    if secret is not None:
        secret[:] = bytes(len(secret))
