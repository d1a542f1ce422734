"""Secrets live in bytearrays, and are overwritten when their life ends."""


def wipe(secret: bytearray | None) -> None:
    """Overwrite with zeros, in place; None is nothing to wipe."""
    if secret is not None:
        secret[:] = bytes(len(secret))
