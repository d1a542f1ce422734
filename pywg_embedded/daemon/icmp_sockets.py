"""The raw sockets on which the data plane sends ICMP errors."""

import socket

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

_ICMPV6_FILTER = 1
_BLOCK_ALL = b"\xff" * 32


def open_icmp_sockets() -> tuple[int, int]:
    """Return a descriptor for IPv4 and one for IPv6; -1 for each that is unavailable.

    They belong to the network namespace of the process, and are never closed. To be
    called while the process has CAP_NET_RAW.
    """
    return _open(_open_v4), _open(_open_v6)


def _open(opener: "Callable[[], socket.socket]") -> int:
    try:
        return opener().detach()
    except OSError:
        return -1  # not root, or the machine lacks this family


def _open_v4() -> socket.socket:
    # Sends packets with their IP header, and receives none.
    return socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_RAW)


def _open_v6() -> socket.socket:
    sock = socket.socket(socket.AF_INET6, socket.SOCK_RAW, socket.IPPROTO_ICMPV6)
    sock.setsockopt(socket.IPPROTO_ICMPV6, _ICMPV6_FILTER, _BLOCK_ALL)
    return sock
