"""The UCI options of an interface with ``proto pywg``, and of its peers.

These tables define how options are read, written, checked and documented; the one of
LuCI is generated from them. Names and meanings are those of the stock ``wireguard``
protocol.
"""

from ..control import keys
from ..control.address import (
    format_allowed_ip,
    numeric_endpoint,
    parse_allowed_ip,
    parse_ip,
    parse_port,
)
from ..control.text import parse_number, quote
from ..control.wgconf import parse_fwmark, parse_keepalive
from ..core.constants import DEFAULT_MTU
from ..core.errors import ConfigError
from ..dataplane.limits import MOST_ALLOWED_IPS, MOST_PEERS, Limits
from .key_store import parse_secret

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from ..core.config import AllowedIP

DEFAULT_PORT = 51820
# The value of option private_key until a key is generated.
GENERATE = b""
_MAX_HOST_NAME, _MAX_LABEL = 253, 63
_HOST = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789.-_"
TRUE = ("1", "on", "true", "yes", "enabled")
FALSE = ("0", "off", "false", "no", "disabled")
# Kernel offloads by name, and the name for no offload at all.
OFFLOADS, NO_OFFLOAD = ("tso", "uso", "gso", "gro"), "none"


class Kind:
    """The type of a value: how its text is parsed and formatted.

    ``parse`` raises ConfigError. ``syntax`` describes the text in the documentation.
    ``range`` has the least and the greatest value of a number, and is None otherwise.
    """

    __slots__ = ("format", "parse", "range", "syntax")

    def __init__(
        self,
        syntax: str,
        parse: "Callable[[str], Any]",
        format_: "Callable[[Any], str]" = str,
        range_: "tuple[int, int] | None" = None,
    ) -> None:
        self.syntax = syntax
        self.parse = parse
        self.format = format_
        self.range = range_


class Option:
    """An option: its name, the kind of its value, its default and a description.

    A list has ``separators``. It can be written as ``list`` statements, as one
    ``option`` with separators between the values, or both.
    """

    __slots__ = ("default", "description", "kind", "name", "separators")

    def __init__(
        self,
        name: str,
        kind: Kind,
        default: object,
        description: str,
        separators: str = "",
    ) -> None:
        self.name = name
        self.kind = kind
        self.default = default
        self.description = description
        self.separators = separators


def _parse_flag(text: str) -> bool:
    if text not in TRUE + FALSE:
        raise ConfigError(f"invalid value {quote(text)} (expected 0 or 1)")
    return text in TRUE


def _parse_private_key(text: str) -> bytes:
    return GENERATE if text == "generate" else parse_secret(text)


def _format_private_key(key: bytes) -> str:
    return "generate" if key == GENERATE else keys.to_base64(key)


def _parse_address(text: str) -> "AllowedIP":
    """Unlike an allowed IP, an address keeps its host bits."""
    prefix = parse_allowed_ip(text)[1]
    return parse_ip(text.partition("/")[0]), prefix


def _parse_delegated(text: str) -> str:
    """Parse ``prefix[,preferred[,valid[,...]]]``; netifd parses what follows."""
    prefix, comma, rest = text.partition(",")
    address, size = parse_allowed_ip(prefix)
    if len(address) == 4 or not 1 <= size <= 64:
        raise ConfigError(
            f"invalid prefix {quote(text)} (expected an IPv6 prefix with a length "
            "from 1 to 64)"
        )
    return format_allowed_ip((address, size)) + comma + rest


def _parse_mtu(text: str) -> int:
    mtu = parse_number(text, _MTU_RANGE[1])
    if mtu < _MTU_RANGE[0]:
        raise ConfigError(f"MTU too small: {mtu} (minimum {_MTU_RANGE[0]})")
    return mtu


def _parse_in_range(text: str, range_: "tuple[int, int]") -> int:
    least, greatest = range_
    value = parse_number(text, greatest)
    if value < least:
        raise ConfigError(
            f"invalid number {quote(text)} (expected {least} to {greatest})"
        )
    return value


def _parse_offload(text: str) -> str:
    if text not in OFFLOADS and text != NO_OFFLOAD:
        expected = ", ".join((*OFFLOADS, NO_OFFLOAD))
        raise ConfigError(f"invalid value {quote(text)} (expected {expected})")
    return text


def _parse_endpoint_port(text: str) -> int:
    port = parse_port(text)
    if not port:
        raise ConfigError("invalid port 0 (expected 1 to 65535)")
    return port


def _parse_host(text: str) -> str:
    bracketed = text.startswith("[") and text.endswith("]")
    host = text[1:-1] if bracketed else text
    if ":" in host or not host.strip("0123456789."):
        numeric_endpoint(host.partition("%")[0], DEFAULT_PORT)
        return host
    labels = (host[:-1] if host.endswith(".") else host).split(".")
    sizes_fit = all(1 <= len(label) <= _MAX_LABEL for label in labels)
    if host.strip(_HOST) or len(host) > _MAX_HOST_NAME or not sizes_fit:
        raise ConfigError(
            f"invalid host {quote(text)} (expected an IP address or a host name)"
        )
    return host


_UINT16, _UINT32 = (0, 0xFFFF), (0, 0xFFFFFFFF)
_MTU_RANGE = (68, 0xFFFF)
_PEERS_RANGE, _ALLOWED_IPS_RANGE = (1, MOST_PEERS), (1, MOST_ALLOWED_IPS)
_THREADS_RANGE = (1, 2)
_DEFAULT_LIMITS = Limits()

FLAG = Kind("0 or 1", _parse_flag, lambda flag: "1" if flag else "0")
KEY = Kind("base64 key", keys.from_base64, keys.to_base64)
PRIVATE_KEY = Kind("base64 key or `kept:NAME`", _parse_private_key, _format_private_key)
SECRET = Kind("base64 key or `kept:NAME`", parse_secret, keys.to_base64)
PORT = Kind("port", parse_port, range_=_UINT16)
ENDPOINT_PORT = Kind("port", _parse_endpoint_port, range_=(1, 0xFFFF))
ADDRESS = Kind("address[/length]", _parse_address, format_allowed_ip)
ALLOWED_IP = Kind("address[/length]", parse_allowed_ip, format_allowed_ip)
DELEGATED = Kind("IPv6 prefix", _parse_delegated)
MTU = Kind("bytes", _parse_mtu, range_=_MTU_RANGE)
MARK = Kind("number or 0xHEX", parse_fwmark, hex, range_=_UINT32)
METRIC = Kind("number", lambda text: parse_number(text, _UINT32[1]), range_=_UINT32)
KEEPALIVE = Kind("seconds", parse_keepalive, range_=_UINT16)
PEER_COUNT = Kind(
    "number", lambda text: _parse_in_range(text, _PEERS_RANGE), range_=_PEERS_RANGE
)
ALLOWED_IP_COUNT = Kind(
    "number",
    lambda text: _parse_in_range(text, _ALLOWED_IPS_RANGE),
    range_=_ALLOWED_IPS_RANGE,
)
THREADS = Kind(
    "1 or 2", lambda text: _parse_in_range(text, _THREADS_RANGE), range_=_THREADS_RANGE
)
OFFLOAD = Kind("offload", _parse_offload)
HOST = Kind("host name or address", _parse_host)
TEXT = Kind("text", str)

_ANY = " \t\n,"
# A comma within a prefix precedes its lifetimes.
_SPACE = " \t\n"

INTERFACE_OPTIONS = (
    Option(
        "private_key", PRIVATE_KEY, GENERATE,
        "Private key of the interface. Absent or `generate`: a new key is generated "
        "and written here.",
    ),
    Option(
        "listen_port", PORT, None,
        "UDP port. Absent or 0: the kernel chooses a free port.",
    ),
    Option(
        "addresses", ADDRESS, (),
        "Addresses of the interface; without a length, /32 or /128.", _ANY,
    ),
    Option(
        "mtu", MTU, None,
        "MTU of the interface, at least 1280 for IPv6. Absent: derived from the path "
        f"MTU to the peers; {DEFAULT_MTU} without netifd.",
    ),
    Option(
        "fwmark", MARK, None,
        "Firewall mark of the encrypted packets. Absent or 0: none.",
    ),
    Option(
        "ip6prefix", DELEGATED, (),
        "IPv6 prefixes that netifd assigns to other interfaces.", _SPACE,
    ),
    Option(
        "nohostroute", FLAG, False,
        "Add no host routes to endpoints that the tunnel's routes would cover.",
    ),
    Option(
        "tunlink", TEXT, None,
        "The only network interface that endpoints are reached through.",
    ),
    Option("metric", METRIC, None, "Metric of the routes to the peers' allowed IPs."),
    Option("ip4table", TEXT, None, "Routing table of the interface's IPv4 routes."),
    Option("ip6table", TEXT, None, "Routing table of the interface's IPv6 routes."),
    Option(
        "max_peers", PEER_COUNT, None,
        "Size of the table of peers; a peer beyond it is left out. Absent: room for "
        f"twice the peers of the interface and for at least {_DEFAULT_LIMITS.peers}, "
        "as far as free memory allows.",
    ),
    Option(
        "max_allowed_ips", ALLOWED_IP_COUNT, None,
        "Size of the table of allowed IPs; an allowed IP beyond it is left out. "
        "Absent: room for twice the allowed IPs of the interface and for at least "
        f"{_DEFAULT_LIMITS.allowed_ips}, as far as free memory allows.",
    ),
    Option(
        "threads", THREADS, 1,
        "2: receive in a thread of its own, on a router with two or more cores.",
    ),
    Option(
        "offloads", OFFLOAD, (),
        "Kernel offloads to use, of `tso`, `uso`, `gso` and `gro`, or `none`. Absent: "
        "all that the kernel has.", _ANY,
    ),
    Option("disabled", FLAG, False, "Do not bring the interface up."),
)  # fmt: skip

PEER_OPTIONS = (
    Option("public_key", KEY, None, "Public key of the peer. Required."),
    Option(
        "preshared_key", SECRET, None, "Preshared key; the same on both sides."
    ),
    Option(
        "allowed_ips", ALLOWED_IP, (),
        "Prefixes that are routed to the peer, and accepted as source addresses from "
        "it; without a length, /32 or /128.", _ANY,
    ),
    Option(
        "route_allowed_ips", FLAG, False,
        "Add routes to the allowed IPs through the interface.",
    ),
    Option(
        "endpoint_host", HOST, None,
        "Address or name of the endpoint. Absent: the source of the last authenticated "
        "packet.",
    ),
    Option("endpoint_port", ENDPOINT_PORT, DEFAULT_PORT, "UDP port of the endpoint."),
    Option(
        "persistent_keepalive", KEEPALIVE, 0,
        "Longest interval between two packets to the peer; `off` or 0: no limit.",
    ),
    Option("disabled", FLAG, False, "Ignore this peer."),
    Option("description", TEXT, None, "Free text."),
    Option(
        "private_key", TEXT, None,
        "Private key of the peer, for LuCI to export; the daemon does not use it.",
    ),
)  # fmt: skip

# Options of the interface without which the tunnel can work. Not the fwmark: it can
# select the path of the encrypted packets.
CAN_BE_LEFT_OUT = (
    "listen_port", "addresses", "mtu", "ip6prefix", "metric", "max_peers",
    "max_allowed_ips", "threads", "offloads",
)  # fmt: skip

# Options whose value is a secret, or ``kept:NAME``.
SECRETS = ("private_key", "preshared_key")

# Options that netifd applies to an interface of any protocol.
NETIFD_OPTIONS = (
    "auto", "carrier_loss_delay", "defaultroute", "delegate", "device", "dns",
    "dns_metric", "dns_search", "force_link", "host_device", "ifname", "interface",
    "ip6assign", "ip6class", "ip6hint", "ip6ifaceid", "ip6weight", "jail",
    "jail_device", "jail_ifname", "peerdns", "proto", "renew", "tags", "zone",
)  # fmt: skip
