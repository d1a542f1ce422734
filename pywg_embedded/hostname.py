"""Name resolution by the system's resolver, which may block for a minute."""

import socket

from .control.address import parse_ip
from .control.text import quote
from .core.errors import ConfigError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from .core.config import EndpointTuple


def resolve(host: str, port: int) -> "list[EndpointTuple]":
    """Return the endpoints of an address or host name, in the resolver's order.

    Raises:
        socket.gaierror: the name cannot be resolved.
        ConfigError: it is neither an address nor a host name.
    """
    if not host.strip("0123456789."):
        # The resolver would take 10.1 for 10.0.0.1.
        return [(parse_ip(host), port, 0)]
    try:
        # Bytes, because a str would import the IDNA tables.
        found = socket.getaddrinfo(host.encode("ascii"), port, type=socket.SOCK_DGRAM)
    except UnicodeError:
        raise ConfigError(f"invalid host name {quote(host)}") from None
    return [_endpoint(where, port) for *_, where in found]


def _endpoint(where: "tuple[Any, ...]", port: int) -> "EndpointTuple":
    # (address, port) for IPv4, (address, port, flow, scope) for IPv6.
    scope = where[3] if len(where) == 4 else 0
    return parse_ip(where[0].partition("%")[0]), port, scope
