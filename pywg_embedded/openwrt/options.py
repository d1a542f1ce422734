"""The one list of options: of an interface whose ``proto`` is ``pywg``, and its peers.

Reading, writing, checking and documenting all go by this table. The names and what
they mean are those of the stock ``wireguard`` protocol.
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
from ..core.errors import ConfigError
from .key_store import parse_secret

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from ..core.config import AllowedIP

DEFAULT_PORT = 51820
GENERATE = b""
_SMALLEST_MTU = 68
_LARGEST_MTU = 65_535
_GREATEST_METRIC = 0xFFFFFFFF
_LONGEST_NAME = 253
_HOST = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789.-_"
_TRUE = ("1", "on", "true", "yes", "enabled")
_FALSE = ("0", "off", "false", "no", "disabled")


class Kind:
    """How the values of an option are written: text to value, value to text.

    ``parse`` raises ConfigError; ``form`` is what the documentation says of it.
    """

    __slots__ = ("form", "format", "parse")

    def __init__(
        self,
        form: str,
        parse: "Callable[[str], Any]",
        format_: "Callable[[Any], str]" = str,
    ) -> None:
        self.form = form
        self.parse = parse
        self.format = format_


class Option:
    """One row. A list (``separators`` not empty) may be written as ``list``s, as one
    ``option`` with the separators between, or both ways at once.
    """

    __slots__ = ("default", "kind", "meaning", "name", "separators")

    def __init__(
        self,
        name: str,
        kind: Kind,
        default: object,
        meaning: str,
        separators: str = "",
    ) -> None:
        self.name = name
        self.kind = kind
        self.default = default
        self.meaning = meaning
        self.separators = separators


def _parse_flag(text: str) -> bool:
    if text not in _TRUE + _FALSE:
        raise ConfigError(f"{quote(text)} is neither 0 nor 1")
    return text in _TRUE


def _parse_private_key(text: str) -> bytes:
    return GENERATE if text == "generate" else parse_secret(text)


def _format_private_key(key: bytes) -> str:
    return "generate" if key == GENERATE else keys.to_base64(key)


def _parse_address(text: str) -> "AllowedIP":
    """Unlike an allowed IP, it keeps its host bits."""
    prefix = parse_allowed_ip(text)[1]
    return parse_ip(text.partition("/")[0]), prefix


def _parse_delegated(text: str) -> str:
    """``prefix[,preferred[,valid[,...]]]``; what follows the prefix is netifd's."""
    prefix, comma, rest = text.partition(",")
    address, size = parse_allowed_ip(prefix)
    if len(address) == 4 or not 1 <= size <= 64:
        raise ConfigError(f"{quote(text)} is not an IPv6 prefix of 1 to 64 bits")
    return format_allowed_ip((address, size)) + comma + rest


def _parse_mtu(text: str) -> int:
    mtu = parse_number(text, _LARGEST_MTU)
    if mtu < _SMALLEST_MTU:
        raise ConfigError(f"{mtu} is below the least MTU, {_SMALLEST_MTU}")
    return mtu


def _parse_endpoint_port(text: str) -> int:
    port = parse_port(text)
    if not port:
        raise ConfigError("nobody listens on port 0")
    return port


def _parse_host(text: str) -> str:
    bracketed = text.startswith("[") and text.endswith("]")
    host = text[1:-1] if bracketed else text
    if ":" in host or not host.strip("0123456789."):
        numeric_endpoint(host.partition("%")[0], DEFAULT_PORT)
        return host
    labels = (host[:-1] if host.endswith(".") else host).split(".")
    sizes_fit = all(1 <= len(label) <= 63 for label in labels)
    if host.strip(_HOST) or len(host) > _LONGEST_NAME or not sizes_fit:
        raise ConfigError(f"{quote(text)} is neither an address nor a host name")
    return host


FLAG = Kind("0 or 1", _parse_flag, lambda flag: "1" if flag else "0")
KEY = Kind("key, base64", keys.from_base64, keys.to_base64)
PRIVATE_KEY = Kind("key or kept:NAME", _parse_private_key, _format_private_key)
SECRET = Kind("key or kept:NAME", parse_secret, keys.to_base64)
PORT = Kind("port", parse_port)
ENDPOINT_PORT = Kind("port", _parse_endpoint_port)
ADDRESS = Kind("address[/length]", _parse_address, format_allowed_ip)
ALLOWED_IP = Kind("address[/length]", parse_allowed_ip, format_allowed_ip)
DELEGATED = Kind("IPv6 prefix", _parse_delegated)
MTU = Kind("bytes", _parse_mtu)
MARK = Kind("0xHEX or number", parse_fwmark, hex)
METRIC = Kind("number", lambda text: parse_number(text, _GREATEST_METRIC))
KEEPALIVE = Kind("seconds", parse_keepalive)
HOST = Kind("name or address", _parse_host)
TEXT = Kind("text", str)

_ANY = " \t\n,"
# A comma within belongs to one prefix: lifetimes follow it.
_SPACE = " \t\n"

INTERFACE_OPTIONS = (
    Option(
        "private_key", PRIVATE_KEY, GENERATE,
        "Our key. Absent or `generate`: one is made and written here.",
    ),
    Option(
        "listen_port", PORT, None, "UDP port. Absent or 0: the kernel chooses one."
    ),
    Option(
        "addresses", ADDRESS, (),
        "Addresses of the interface; without a length, /32 or /128.", _ANY,
    ),
    Option(
        "mtu", MTU, None,
        "MTU of the interface. Absent: what fits on the way to the peers.",
    ),
    Option("fwmark", MARK, None, "Mark of the encrypted packets. Absent or 0: none."),
    Option(
        "ip6prefix", DELEGATED, (), "Prefixes that other interfaces may share.", _SPACE
    ),
    Option(
        "nohostroute", FLAG, False,
        "Make no ways to endpoints that the tunnel would swallow.",
    ),
    Option("tunlink", TEXT, None, "Only this interface may lead to the endpoints."),
    Option("metric", METRIC, None, "Metric of the routes to the peers' allowed IPs."),
    Option("ip4table", TEXT, None, "Table of all IPv4 routes of the interface."),
    Option("ip6table", TEXT, None, "Table of all IPv6 routes of the interface."),
    Option("disabled", FLAG, False, "Leave the interface down."),
)  # fmt: skip

PEER_OPTIONS = (
    Option("public_key", KEY, None, "Who it is. Required."),
    Option("preshared_key", SECRET, None, "A secret that both ends share besides."),
    Option(
        "allowed_ips", ALLOWED_IP, (),
        "What it may send from and is sent; without a length, /32 or /128.", _ANY,
    ),
    Option("route_allowed_ips", FLAG, False, "Route its allowed IPs to the interface."),
    Option(
        "endpoint_host", HOST, None, "Where it is. Absent: where it last spoke from."
    ),
    Option("endpoint_port", ENDPOINT_PORT, DEFAULT_PORT, "The port there."),
    Option(
        "persistent_keepalive", KEEPALIVE, 0,
        "Seconds from one packet to the next at most; `off` or 0: no limit.",
    ),
    Option("disabled", FLAG, False, "As if this peer were not written here."),
    Option("description", TEXT, None, "For people."),
    Option("private_key", TEXT, None, "Its own key, for LuCI to export; not used."),
)  # fmt: skip

# Of interfaces and of peers: they may be ``kept:NAME`` instead.
SECRETS = ("private_key", "preshared_key")

# What netifd applies to an interface of any protocol by itself.
NETIFD_OPTIONS = (
    "auto", "carrier_loss_delay", "defaultroute", "delegate", "device", "dns",
    "dns_metric", "dns_search", "force_link", "host_device", "ifname", "interface",
    "ip6assign", "ip6class", "ip6hint", "ip6ifaceid", "ip6weight", "jail",
    "jail_device", "jail_ifname", "peerdns", "proto", "renew", "tags", "zone",
)  # fmt: skip


def documentation() -> str:
    """The tables, in Markdown."""
    parts = ["# Options of the `pywg` protocol\n"]
    for heading, options in (
        ("`config interface 'NAME'` with `option proto 'pywg'`", INTERFACE_OPTIONS),
        ("`config pywg_NAME`, one section a peer", PEER_OPTIONS),
    ):
        parts.append(f"\n## {heading}\n\n| option | form | default | meaning |\n")
        parts.append("|---|---|---|---|\n")
        parts.extend(map(_documented, options))
    names = ", ".join(f"`{name}`" for name in NETIFD_OPTIONS if name != "proto")
    parts.append(f"\nnetifd itself applies {names}.\n")
    return "".join(parts)


def _documented(option: Option) -> str:
    form = f"list of {option.kind.form}" if option.separators else option.kind.form
    default = option.default
    text = f"`{option.kind.format(default)}`" if default not in (None, ()) else ""
    return f"| `{option.name}` | {form} | {text} | {option.meaning} |\n"
