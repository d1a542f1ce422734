"""The largest packet in the tunnel that fits into one datagram to each peer."""

from ...core.constants import DEFAULT_MTU, TRANSPORT_MIN_SIZE

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

# Sizes of the IP and UDP headers, by the size of an address.
_HEADERS = {4: 20 + 8, 16: 40 + 8}
# RFC 8200, section 5.
_IPV6_MIN_MTU = 1280


def tunnel_mtu(paths: "Iterable[tuple[int, int]]") -> int:
    """Return the MTU of the interface for its paths to peers.

    A path is the size of the peer's address and the MTU of the output device, 0 if that
    is unknown.
    """
    sizes = [mtu - _HEADERS[size] - TRANSPORT_MIN_SIZE for size, mtu in paths if mtu]
    return max(_IPV6_MIN_MTU, min(sizes)) if sizes else DEFAULT_MTU
