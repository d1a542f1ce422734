"""The arguments of each command: the table of the help, man page and completion."""

from ..dataplane.limits import Limits

TYPE_CHECKING = False
if TYPE_CHECKING:
    # What is written on the command line, and its description in one line.
    Row = tuple[str, str]
    Rows = tuple[Row, ...]

_DEFAULTS = Limits()
_INTERFACE = ("INTERFACE", "name of the interface")

SHOW_FIELDS: "Rows" = (
    ("public-key", "public key of the interface in base64"),
    ("private-key", "private key of the interface in base64"),
    ("listen-port", "UDP port"),
    ("fwmark", "mark of the encrypted packets in hexadecimal, or off"),
    ("peers", "public key of each peer"),
    ("preshared-keys", "public key and preshared key of each peer"),
    ("endpoints", "public key and endpoint of each peer"),
    ("allowed-ips", "public key of each peer and its allowed IPs"),
    (
        "latest-handshakes",
        "public key of each peer and its last handshake, in seconds since 1970",
    ),
    ("transfer", "public key of each peer, received bytes and sent bytes"),
    (
        "persistent-keepalive",
        "public key of each peer and the interval in seconds, or off",
    ),
    ("dump", "all values: a line for the interface and a line for each peer"),
)

INTERFACE_SETTINGS: "Rows" = (
    ("listen-port PORT", "UDP port; 0 lets the kernel choose one"),
    ("fwmark MARK", "mark of the encrypted packets, decimal or 0xHEX; off: none"),
    ("private-key FILE", "file with the private key; an empty file removes the key"),
)

PEER_SETTINGS: "Rows" = (
    ("preshared-key FILE", "file with the preshared key; an empty file removes it"),
    ("endpoint HOST:PORT", "where the peer is reached; IPv6 is written in brackets"),
    ("persistent-keepalive SECONDS", "interval of the keepalives; 0 or off: none"),
    ("allowed-ips [+|-]ADDRESS/CIDR,...", "allowed IPs to set; + adds, - removes"),
    ("remove", "remove the peer"),
)

SETTINGS: "Rows" = (
    *INTERFACE_SETTINGS,
    ("peer PUBLIC-KEY", "the peer that the settings after it apply to"),
    *PEER_SETTINGS,
)

_FILE: "Rows" = (
    _INTERFACE,
    ("FILE", "sections [Interface] and [Peer], in the format of wg(8)"),
)

ARGUMENTS: "dict[str, Rows]" = {
    "show": (
        ("INTERFACE", "name of an interface; by default, all are shown"),
        ("all", "all interfaces; with a field, each line begins with the name"),
        ("interfaces", "the names of all interfaces"),
        ("FIELD", "what to print for scripts, one of the following"),
        *SHOW_FIELDS,
    ),
    "showconf": (_INTERFACE,),
    "set": (_INTERFACE, *SETTINGS),
    "setconf": _FILE,
    "addconf": _FILE,
    "syncconf": _FILE,
    "limits": (
        ("INTERFACE", "an interface, whose limits and entries in use are shown"),
        ("--max-peers N", f"number of peers, by default {_DEFAULTS.peers}"),
        (
            "--max-allowed-ips N",
            f"number of allowed IPs, by default {_DEFAULTS.allowed_ips}",
        ),
    ),
    "genkey": (),
    "genpsk": (),
    "pubkey": (("FILE", "file with the private key in base64"),),
    "migrate": (
        ("--back", "convert from pywg to wireguard"),
        ("--config FILE", "file to change in place of /etc/config/network"),
        _INTERFACE,
    ),
    "purge": (
        ("INTERFACE", "interface to remove, with its keys and its timestamp"),
        ("--unused", "erase the keys stored by LuCI that no configuration names"),
    ),
    "help": (("COMMAND", "a command; by default, all are listed"),),
}
