"""Secrets are kept in bytearrays, and overwritten at the end of their use.

This covers stored secrets: keys, chaining keys, ephemeral keys, cookies. The hash and
curve functions of Python return intermediate values as immutable ``bytes``, which
cannot be overwritten; they exist for one expression, until their memory is reused.
"""


def wipe(secret: bytearray | None) -> None:
    """Overwrite a secret with zeros in place; None is ignored."""
    if secret is not None:
        secret[:] = bytes(len(secret))
