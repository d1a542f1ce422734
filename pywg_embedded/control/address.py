"""Addresses, allowed IPs and endpoints: text <-> the tuples of ``config``.

The IPv6 text form is the system's own (``inet_ntop``), the one that wg(8) prints.
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
# Looked up: there may be a hundred thousand allowed IPs to read.
_CIDRS = {str(cidr): cidr for cidr in range(129)}
_NO_CIDR = 999
_HOST_MASKS = [(1 << bits) - 1 for bits in range(129)]


def parse_ip(text: str) -> bytes:
    """4 or 16 bytes from an IPv4 or IPv6 address; no leading zeros, no scope."""
    # MicroPython would hand "1.2.3.4\0x" to C, which sees the first part alone.
    if "\0" not in text:
        try:
            return inet_pton(AF_INET6 if ":" in text else AF_INET, text)
        except (OSError, ValueError):
            pass
    raise ConfigError(f"{quote(text)} is not an IP address")


def format_ip(address: bytes) -> str:
    """The text of an address of 4 or 16 bytes."""
    return inet_ntop(AF_INET if len(address) == 4 else AF_INET6, address)


def clear_host_bits(address: bytes, cidr: int) -> bytes:
    """``address`` with everything behind its first ``cidr`` bits zero."""
    size = len(address)
    value = int.from_bytes(address, "big")
    return (value & ~_HOST_MASKS[8 * size - cidr]).to_bytes(size, "big")


def parse_allowed_ip(text: str) -> "AllowedIP":
    """``address[/cidr]`` as ``(address, cidr)`` with the host bits cleared."""
    ip, slash, prefix = text.partition("/")
    address = parse_ip(ip)
    bits = 8 * len(address)
    cidr = _CIDRS.get(prefix, _NO_CIDR) if slash else bits
    if cidr > bits:
        try:
            cidr = _parse_cidr(prefix, bits)
        except ConfigError as error:
            raise ConfigError(f"{quote(text)} is not an address: {error}") from None
    if int.from_bytes(address, "big") & _HOST_MASKS[bits - cidr]:
        address = clear_host_bits(address, cidr)
    return address, cidr


def _parse_cidr(text: str, maximum: int) -> int:
    cidr = parse_number(text, 999)
    if cidr > maximum:
        raise ConfigError(f"prefix length {cidr} is over {maximum}")
    if str(cidr) != text:
        raise ConfigError(f"prefix length {quote(text)} has leading zeros")
    return cidr


def format_allowed_ip(allowed_ip: "AllowedIP") -> str:
    """``address/cidr``."""
    return f"{format_ip(allowed_ip[0])}/{allowed_ip[1]}"


def parse_port(text: str) -> int:
    """A UDP port, 0 meaning "any"."""
    return parse_number(text, MAX_PORT)


def split_endpoint(text: str) -> "tuple[str, int]":
    """Host and port of ``host:port`` or ``[host]:port``; the host is not looked at."""
    host, _, port = text.rpartition(":")
    bracketed = host.startswith("[") and host.endswith("]")
    if not host or (":" in host and not bracketed):
        raise _no_endpoint(text, "it must read HOST:PORT or [IPV6-ADDRESS]:PORT")
    try:
        port_number = parse_port(port)
    except ConfigError as error:
        raise _no_endpoint(text, str(error)) from None
    if port_number == 0:
        raise _no_endpoint(text, "its port is 0")
    return (host[1:-1] if bracketed else host), port_number


def _no_endpoint(text: str, reason: str) -> ConfigError:
    return ConfigError(f"{quote(text)} is not an endpoint: {reason}")


def numeric_endpoint(
    host: str, port: int, scope_of: "ScopeOf | None" = None
) -> "EndpointTuple":
    """The endpoint of an address with or without ``%scope``.

    A scope that is no number is an interface's name; ``scope_of`` turns it into an
    index and raises OSError if there is no such interface.
    """
    ip, percent, scope = host.partition("%")
    address = parse_ip(ip)
    if percent and len(address) == 4:
        raise ConfigError(f"{quote(host)} has a scope, which IPv4 has not")
    return address, port, (_parse_scope(scope, scope_of) if percent else 0)


def parse_endpoint(text: str, scope_of: "ScopeOf | None" = None) -> "EndpointTuple":
    """``address:port`` as ``(address, port, scope)``, see ``numeric_endpoint``."""
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
    raise ConfigError(f"there is no interface {quote(text)}")


def format_endpoint(
    endpoint: "EndpointTuple", scope_name: "Callable[[int], str]" = str
) -> str:
    """``a.b.c.d:port``, ``[v6]:port`` or ``[v6%scope]:port``."""
    address, port, scope = endpoint
    if len(address) == 4:
        return f"{format_ip(address)}:{port}"
    zone = f"%{scope_name(scope)}" if scope else ""
    return f"[{format_ip(address)}{zone}]:{port}"
