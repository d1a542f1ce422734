"""Explicit congestion notification through the tunnel (RFC 6040)."""

ECN_MASK = 0x03
_NOT_ECT, _ECT1, _ECT0, _CE = 0, 1, 2, 3

# (outer, inner) for which decapsulation changes the inner field; None drops (4.2).
_DECAPSULATION = {
    (_ECT1, _ECT0): _ECT1,
    (_CE, _ECT0): _CE,
    (_CE, _ECT1): _CE,
    (_CE, _NOT_ECT): None,
}


def encapsulate(inner: int) -> int:
    """Return the outer ECN field for an inner one (normal mode, 4.1)."""
    return inner & ECN_MASK


def decapsulate(outer: int, inner: int) -> int | None:
    """Return the inner ECN field after decapsulation, or None to drop (4.2)."""
    inner &= ECN_MASK
    return _DECAPSULATION.get((outer & ECN_MASK, inner), inner)
