"""The main routing table without our interface: where endpoints are outside the tunnel.

The kernel cannot be asked for that: a lookup uses the routes through the tunnel, and
once an endpoint has a host route, finds that.
"""

import socket

from ...openwrt.netifd import NextHop
from .routes import PROTOCOL, TableRoute, list_main_table


class MainTable:
    """A copy of the main table for addresses of ``size`` bytes.

    It lacks the routes through the interface ``ifindex``, and its host routes to
    endpoints, whose metric is that index. Raises OSError if the kernel does not reply.
    """

    def __init__(self, size: int, ifindex: int) -> None:
        self._bits = 8 * size
        # The best route by length of the prefix, then by its bits.
        self._routes: dict[int, dict[int, TableRoute]] = {}
        for route in list_main_table(size):
            network, length = route.prefix
            is_host_route = length == self._bits and route.protocol == PROTOCOL
            if route.ifindex == ifindex or (is_host_route and route.metric == ifindex):
                continue
            routes = self._routes.setdefault(length, {})
            key = int.from_bytes(network, "big") >> (self._bits - length)
            if key not in routes or route.metric < routes[key].metric:
                routes[key] = route

    def next_hop(self, address: bytes) -> NextHop | None:
        """Return the next hop to an address, None if it is unreachable."""
        value = int.from_bytes(address, "big")
        for length in sorted(self._routes, reverse=True):
            route = self._routes[length].get(value >> (self._bits - length))
            if route:
                return _to_next_hop(route)
        return None


def _to_next_hop(route: TableRoute) -> NextHop | None:
    try:
        device = socket.if_indextoname(route.ifindex)
    except OSError:
        return None  # unreachable, or the device was deleted meanwhile
    return NextHop(device, route.gateway, route.source, route.onlink)
