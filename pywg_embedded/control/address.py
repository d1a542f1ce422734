"""Addresses, allowed IPs and endpoints as text, and as the tuples of ``core.config``.

The text of IPv6 addresses is that of ``inet_ntop``, which wg(8) prints too.
"""

from socket import AF_INET, AF_INET6, inet_ntop, inet_pton

from ..core.errors import ConfigError
from .text import parse_number, quote

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from ..core.config import AllowedIP, EndpointTuple

    ScopeOf = Callable[[str], int]

MAX_PORT = 0xFFFF
# A table is faster than int(): there may be 100,000 allowed IPs to parse.
_CIDRS = {str(cidr): cidr for cidr in range(129)}
_NO_CIDR = 999
_HOST_MASKS = [(1 << bits) - 1 for bits in range(129)]


def parse_ip(text: str) -> bytes:
    """Parse an IPv4 or IPv6 address without scope into 4 or 16 bytes.

    Raises ConfigError; leading zeros are refused.
    """
    # MicroPython passes "1.2.3.4\0x" to C, which stops at the zero byte.
    if "\0" not in text:
        try:
            return inet_pton(AF_INET6 if ":" in text else AF_INET, text)
        except (OSError, ValueError):
            pass
    raise ConfigError(f"invalid IP address {quote(text)}")


def format_ip(address: bytes) -> str:
    """Return the text of an address of 4 or 16 bytes."""
    return inet_ntop(AF_INET if len(address) == 4 else AF_INET6, address)


def clear_host_bits(address: bytes, cidr: int) -> bytes:
    """Return ``address`` with all bits after its first ``cidr`` bits cleared."""
    size = len(address)
    value = int.from_bytes(address, "big")
    return (value & ~_HOST_MASKS[8 * size - cidr]).to_bytes(size, "big")


def parse_allowed_ip(text: str) -> "AllowedIP":
    """Parse ``address[/cidr]`` into ``(address, cidr)``, with the host bits cleared.

    Raises ConfigError.
    """
    ip, slash, prefix = text.partition("/")
    address = parse_ip(ip)
    bits = 8 * len(address)
    cidr = _CIDRS.get(prefix, _NO_CIDR) if slash else bits
    if cidr > bits:
        try:
            cidr = _parse_cidr(prefix, bits)
        except ConfigError as error:
            raise ConfigError(f"invalid allowed IP {quote(text)}: {error}") from None
    if int.from_bytes(address, "big") & _HOST_MASKS[bits - cidr]:
        address = clear_host_bits(address, cidr)
    return address, cidr


def _parse_cidr(text: str, maximum: int) -> int:
    cidr = parse_number(text, 999)
    if cidr > maximum:
        raise ConfigError(f"invalid prefix length {cidr} (expected 0 to {maximum})")
    if str(cidr) != text:
        raise ConfigError(
            f"invalid prefix length {quote(text)} (expected no leading zeros)"
        )
    return cidr


def format_allowed_ip(allowed_ip: "AllowedIP") -> str:
    """Return ``address/cidr``."""
    return f"{format_ip(allowed_ip[0])}/{allowed_ip[1]}"


def parse_port(text: str) -> int:
    """Parse a UDP port; 0 stands for any port. Raises ConfigError."""
    return parse_number(text, MAX_PORT)


def split_endpoint(text: str) -> "tuple[str, int]":
    """Split ``host:port`` or ``[host]:port``; a host name is not checked.

    As for wg(8), the last colon after an IPv6 address without brackets precedes the
    port. Raises ConfigError.
    """
    host, _, port = text.rpartition(":")
    bracketed = host.startswith("[") and host.endswith("]")
    if not host or (":" in host and not bracketed and not _is_ip(host)):
        raise _endpoint_error(text, "expected HOST:PORT or [IPV6-ADDRESS]:PORT")
    try:
        port_number = parse_port(port)
    except ConfigError as error:
        raise _endpoint_error(text, str(error)) from None
    if port_number == 0:
        raise _endpoint_error(text, "the port is 0")
    return (host[1:-1] if bracketed else host), port_number


def _is_ip(host: str) -> bool:
    try:
        return bool(parse_ip(host.partition("%")[0]))
    except ConfigError:
        return False


def _endpoint_error(text: str, reason: str) -> ConfigError:
    return ConfigError(f"invalid endpoint {quote(text)}: {reason}")


def numeric_endpoint(
    host: str, port: int, scope_of: "ScopeOf | None" = None
) -> "EndpointTuple":
    """Return the endpoint of an address with or without ``%scope``.

    A scope is an interface index or an interface name; ``scope_of`` returns the index
    of a name, and raises OSError if there is no such interface. Raises ConfigError.
    """
    ip, percent, scope = host.partition("%")
    address = parse_ip(ip)
    if percent and len(address) == 4:
        raise ConfigError(f"invalid address {quote(host)}: IPv4 has no scope")
    return address, port, (_parse_scope(scope, scope_of) if percent else 0)


def parse_endpoint(text: str, scope_of: "ScopeOf | None" = None) -> "EndpointTuple":
    """Parse ``address:port`` into ``(address, port, scope)``.

    See ``numeric_endpoint`` for ``scope_of``. Raises ConfigError.
    """
    host, port = split_endpoint(text)
    return numeric_endpoint(host, port, scope_of)


def _parse_scope(text: str, scope_of: "ScopeOf | None") -> int:
    if text and not text.strip("0123456789"):
        return parse_number(text, 0xFFFFFFFF)
    if scope_of is not None:
        try:
            return scope_of(text)
        except (OSError, ValueError):
            pass
    raise ConfigError(f"no interface {quote(text)}")


def format_endpoint(
    endpoint: "EndpointTuple", scope_name: "Callable[[int], str]" = str
) -> str:
    """Return ``a.b.c.d:port``, ``[v6]:port`` or ``[v6%scope]:port``."""
    address, port, scope = endpoint
    if len(address) == 4:
        return f"{format_ip(address)}:{port}"
    zone = f"%{scope_name(scope)}" if scope else ""
    return f"[{format_ip(address)}{zone}]:{port}"
