"""The largest packet that fits into one datagram on its way to the peers."""

from ...core.constants import DEFAULT_MTU, TRANSPORT_MIN_SIZE

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

# IP and UDP, by the size of an address.
_HEADERS = {4: 20 + 8, 16: 40 + 8}
# IPv6 runs over nothing smaller.
_SMALLEST = 1280


def tunnel_mtu(paths: "Iterable[tuple[int, int]]") -> int:
    """The MTU within, of the ways to the peers: the size of an address, and the MTU
    of the device that leads there (0: not known)."""
    sizes = [mtu - _HEADERS[size] - TRANSPORT_MIN_SIZE for size, mtu in paths if mtu]
    return max(_SMALLEST, min(sizes)) if sizes else DEFAULT_MTU
