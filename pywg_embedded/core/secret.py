"""Secrets are kept in bytearrays, and overwritten at the end of their use.

``bytes`` and ``str`` cannot be overwritten: neither a secret nor its text is ever one
of them in the daemon. Where a secret is copied, no other object may hold it meanwhile;
an assignment to a slice of a bytearray makes a temporary copy of anything that is not a
bytearray itself.
"""

TYPE_CHECKING = False
if TYPE_CHECKING:
    from .crypto import Bytes


def overwrite(secret: bytearray, value: "Bytes | memoryview") -> None:
    """Replace a secret in place by another one of the same size."""
    memoryview(secret)[:] = value


def wipe(secret: bytearray | None) -> None:
    """Overwrite a secret with zeros in place; None is ignored."""
    if secret is not None:
        secret[:] = bytes(len(secret))
