"""UCI sections <-> an interface and its peers, as the tables of ``options`` say.

1. A wrong value in a peer leaves that peer out, and no other.
2. A wrong value of the interface itself is for the caller to refuse: ``Complaint``
   tells the two apart.
3. What is not in the tables is kept as it was written, and named in a warning.
"""

from ..control.address import format_allowed_ip
from ..core.config import InterfaceChange, PeerChange
from ..core.errors import ConfigError
from .options import INTERFACE_OPTIONS, NETIFD_OPTIONS, PEER_OPTIONS, Option
from .uci import Section

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from ..core.config import AllowedIP
    from .uci import Value

PROTOCOL, STOCK_PROTOCOL = "pywg", "wireguard"
PROTOCOLS = (PROTOCOL, STOCK_PROTOCOL)
# What a complaint is about, from the worst on.
INTERFACE_REFUSED, PEER_LEFT_OUT, WARNING = "error", "peer left out", "warning"


class Complaint:
    """What is wrong with an option; ``section`` and ``option`` as uci(1) names them."""

    __slots__ = ("option", "reason", "section", "severity")

    def __init__(self, severity: str, section: str, option: str, reason: str) -> None:
        self.severity = severity
        self.section = section
        self.option = option
        self.reason = reason

    def __str__(self) -> str:
        place = f"network.{self.section}.{self.option}".rstrip(".")
        return f"{self.severity}: {place}: {self.reason}"


class PeerConfig:
    """A section ``pywg_NAME``: an attribute an option of ``PEER_OPTIONS``.

    ``section`` is how uci(1) names it, ``name`` its name if it has one, ``other`` the
    options that no table has.
    """

    public_key: bytes
    preshared_key: bytes | None
    allowed_ips: "tuple[AllowedIP, ...]"
    route_allowed_ips: bool
    endpoint_host: str | None
    endpoint_port: int
    persistent_keepalive: int
    disabled: bool
    description: str | None
    private_key: str | None

    def __init__(self, section: str = "", name: str = "") -> None:
        self.section = section
        self.name = name
        self.other_options: dict[str, Value] = {}
        _set_defaults(self, PEER_OPTIONS)


class InterfaceConfig:
    """A section ``interface``: an attribute an option of ``INTERFACE_OPTIONS``.

    ``protocol`` is that of PROTOCOLS which it is written for; ``peers`` has those that
    are disabled too; ``other`` is what netifd applies, and what no table has.
    """

    private_key: bytes
    listen_port: int | None
    addresses: "tuple[AllowedIP, ...]"
    mtu: int | None
    fwmark: int | None
    ip6prefix: tuple[str, ...]
    nohostroute: bool
    tunlink: str | None
    metric: int | None
    ip4table: str | None
    ip6table: str | None
    disabled: bool

    def __init__(self, name: str, protocol: str = PROTOCOL) -> None:
        self.name = name
        self.protocol = protocol
        self.other_options: dict[str, Value] = {}
        self.peers: list[PeerConfig] = []
        _set_defaults(self, INTERFACE_OPTIONS)

    def enabled_peers(self) -> "Iterator[PeerConfig]":
        """Those that shall be peers of the interface."""
        return (peer for peer in self.peers if not peer.disabled)

    def routes(self) -> "Iterator[AllowedIP]":
        """What peers want to be routed to the interface, each once, in order."""
        seen = set()
        for peer in self.enabled_peers():
            for allowed_ip in peer.allowed_ips if peer.route_allowed_ips else ():
                if allowed_ip not in seen:
                    seen.add(allowed_ip)
                    yield allowed_ip

    def endpoints(self) -> "dict[bytes, tuple[str, int]]":
        """Host (a name or an address) and port of the peers that have them."""
        return {
            peer.public_key: (peer.endpoint_host, peer.endpoint_port)
            for peer in self.enabled_peers()
            if peer.endpoint_host
        }

    def to_change(self) -> InterfaceChange:
        """What makes an interface this one; of the endpoints it says nothing."""
        change = InterfaceChange()
        change.replace_peers = True
        change.private_key = self.private_key
        change.listen_port = self.listen_port or 0
        change.fwmark = self.fwmark or 0
        change.peers = [_peer_change(peer) for peer in self.enabled_peers()]
        return change


def _peer_change(peer: PeerConfig) -> PeerChange:
    change = PeerChange(peer.public_key)
    change.preshared_key = peer.preshared_key
    change.persistent_keepalive = peer.persistent_keepalive
    change.replace_allowed_ips = True
    change.allowed_ips = dict.fromkeys(peer.allowed_ips, True)
    return change


# Reading.


def read_interface(
    sections: "list[Section]", name: str
) -> "tuple[InterfaceConfig, list[Complaint]]":
    """The interface ``name``, and what is to be said of it.

    Peers are the sections of type ``pywg_NAME`` and, for whoever only changed
    ``proto``, ``wireguard_NAME``. Raises ConfigError if there is no such interface.
    """
    section = find_section(sections, name)
    interface = InterfaceConfig(name, str(section.options.get("proto", "")))
    reader = _Reader()
    reader.fill(interface, section, name, INTERFACE_OPTIONS, INTERFACE_REFUSED)
    for label, peer_section in _peer_sections(sections, name):
        reader.read_peer(interface, label, peer_section)
    return interface, reader.complaints + list(_overlaps(interface))


def find_section(sections: "Iterable[Section]", name: str) -> Section:
    """The section of the interface; raises ConfigError if there is none for us."""
    for section in sections:
        if section.type == "interface" and section.name == name:
            protocol = section.options.get("proto")
            if protocol in PROTOCOLS:
                return section
            raise ConfigError(f"network.{name}.proto: {protocol!r} is not {PROTOCOL!r}")
    raise ConfigError(f"there is no 'config interface' named {name!r}")


def peer_types(name: str) -> "tuple[str, ...]":
    """The types of the sections of an interface's peers."""
    return tuple(f"{protocol}_{name}" for protocol in PROTOCOLS)


def _peer_sections(
    sections: "Iterable[Section]", name: str
) -> "Iterator[tuple[str, Section]]":
    """Each with its label: its name, or ``@type[index]`` among all of its type."""
    counts = dict.fromkeys(peer_types(name), 0)
    for section in sections:
        if section.type in counts:
            label = section.name or f"@{section.type}[{counts[section.type]}]"
            counts[section.type] += 1
            yield label, section


class _Reader:
    def __init__(self) -> None:
        self.complaints: list[Complaint] = []

    def fill(
        self,
        target: InterfaceConfig | PeerConfig,
        section: Section,
        label: str,
        options: "tuple[Option, ...]",
        severity: str,
    ) -> bool:
        """Set what the section says; whether all of it could be read."""
        rows = {option.name: option for option in options}
        before = len(self.complaints)
        for name, value in section.options.items():
            option = rows.get(name)
            try:
                if option:
                    _set(target, option, section.values(name))
            except ConfigError as error:
                self._complain(severity, label, name, str(error))
            if not option and name != "proto":
                target.other_options[name] = value
        complete = len(self.complaints) == before
        self._warn_of_unknown(target, label)
        return complete

    def read_peer(
        self, interface: InterfaceConfig, label: str, section: Section
    ) -> None:
        peer = PeerConfig(label, section.name)
        complete = self.fill(peer, section, label, PEER_OPTIONS, PEER_LEFT_OUT)
        if not complete:
            return
        if not peer.public_key:
            reason = "missing: nobody can be told from others without it"
            self._complain(PEER_LEFT_OUT, label, "public_key", reason)
            return
        for other in interface.enabled_peers():
            if other.public_key == peer.public_key and not peer.disabled:
                reason = f"is that of {other.section} already"
                self._complain(PEER_LEFT_OUT, label, "public_key", reason)
                return
        interface.peers.append(peer)

    def _warn_of_unknown(
        self, target: InterfaceConfig | PeerConfig, label: str
    ) -> None:
        known = NETIFD_OPTIONS if isinstance(target, InterfaceConfig) else ()
        for name in target.other_options:
            if name not in known:
                self._complain(WARNING, label, name, "no option of this name is known")

    def _complain(self, severity: str, label: str, option: str, reason: str) -> None:
        self.complaints.append(Complaint(severity, label, option, reason))


def _set(target: object, option: Option, texts: "list[str]") -> None:
    if option.separators:
        value: object = tuple(option.kind.parse(text) for text in _split(option, texts))
    else:
        # Of a list where one value is due, netifd takes the last as well.
        value = option.kind.parse(texts[-1])
    setattr(target, option.name, value)


def _split(option: Option, texts: "list[str]") -> "list[str]":
    joined = "\n".join(texts)
    for separator in option.separators:
        joined = joined.replace(separator, "\n")
    return [text for text in joined.split("\n") if text]


def _overlaps(interface: InterfaceConfig) -> "Iterator[Complaint]":
    """Allowed IPs that two peers have: the longest prefix decides, but not here."""
    owners: dict[AllowedIP, PeerConfig] = {}
    for peer in interface.enabled_peers():
        for allowed_ip in peer.allowed_ips:
            owner = owners.get(allowed_ip, peer)
            owners[allowed_ip] = peer
            if owner is not peer:
                text = format_allowed_ip(allowed_ip)
                reason = f"{text} is in {owner.section} too; only this peer gets it"
                yield Complaint(WARNING, peer.section, "allowed_ips", reason)


# Writing.


def to_sections(interface: InterfaceConfig) -> "list[Section]":
    """The sections that ``read`` makes the same interface of."""
    section = Section("interface", interface.name)
    section.options["proto"] = interface.protocol
    _write_options(section, interface, INTERFACE_OPTIONS)
    return [section] + [_write_peer(interface, peer) for peer in interface.peers]


def _write_peer(interface: InterfaceConfig, peer: PeerConfig) -> Section:
    section = Section(f"{interface.protocol}_{interface.name}", peer.name)
    _write_options(section, peer, PEER_OPTIONS)
    return section


def _write_options(
    section: Section,
    source: InterfaceConfig | PeerConfig,
    options: "tuple[Option, ...]",
) -> None:
    for option in options:
        value = getattr(source, option.name)
        if value == option.default:
            continue
        if option.separators:
            section.options[option.name] = [option.kind.format(one) for one in value]
        else:
            section.options[option.name] = option.kind.format(value)
    section.options.update(source.other_options)


def _set_defaults(target: object, options: "tuple[Option, ...]") -> None:
    for option in options:
        setattr(target, option.name, option.default)
