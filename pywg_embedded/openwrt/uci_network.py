"""UCI sections of an interface and its peers, by the tables of ``options``.

1. A peer with an invalid value is left out; other peers are not affected.
2. An invalid value of an interface option in ``CAN_BE_LEFT_OUT`` is left out. Any other
   makes the configuration unusable; the caller has to reject it. The severity of a
   ``Complaint`` tells these apart.
3. A flag that is no boolean has its default, with a warning, like ``config_get_bool``.
4. Options that are not in the tables are preserved, with a warning.
5. Blanks around a value are ignored, and an IPv4 netmask is accepted for a length.
"""

from ..control.address import format_allowed_ip, parse_ip
from ..core.config import InterfaceChange, PeerChange
from ..core.errors import ConfigError
from .options import (
    ADDRESS,
    ALLOWED_IP,
    CAN_BE_LEFT_OUT,
    FLAG,
    INTERFACE_OPTIONS,
    NETIFD_OPTIONS,
    PEER_OPTIONS,
    TEXT,
    TRUE,
    Option,
)
from .uci import Section

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping

    from ..core.config import AllowedIP
    from .uci import Value

PROTOCOL, STOCK_PROTOCOL = "pywg", "wireguard"
PROTOCOLS = (PROTOCOL, STOCK_PROTOCOL)
# Severities, the highest first.
INTERFACE_REFUSED, PEER_LEFT_OUT = "error", "peer left out"
VALUE_LEFT_OUT, ALLOWED_IP_LEFT_OUT = "value left out", "allowed IP left out"
WARNING = "warning"
# RFC 8200, section 5.
_IPV6_MIN_MTU = 1280
_ALLOWED_IPS = next(option for option in PEER_OPTIONS if option.name == "allowed_ips")
_DISABLED = [[text] for text in TRUE]


class Complaint:
    """A problem of an option; ``section`` and ``option`` as in the syntax of uci(1)."""

    __slots__ = ("option", "reason", "section", "severity")

    def __init__(self, severity: str, section: str, option: str, reason: str) -> None:
        self.severity = severity
        self.section = section
        self.option = option
        self.reason = reason

    def location(self) -> str:
        """Return the option, or else the section, in the syntax of uci(1)."""
        return f"network.{self.section}.{self.option}".rstrip(".")

    def __str__(self) -> str:
        return f"{self.severity}: {self.location()}: {self.reason}"


class PeerConfig:
    """The section of a peer, with an attribute for each option of ``PEER_OPTIONS``.

    ``section`` identifies it in the syntax of uci(1), ``name`` is its name, empty for
    an anonymous section. ``other_options`` are those that are not in the table.
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
    """The section of an interface, with an attribute for each ``INTERFACE_OPTIONS``.

    ``protocol`` is one of PROTOCOLS. ``peers`` includes disabled ones.
    ``other_options`` are those that netifd applies, and unknown ones.
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
    max_peers: int | None
    max_allowed_ips: int | None
    threads: int
    offloads: tuple[str, ...]
    disabled: bool

    def __init__(self, name: str, protocol: str = PROTOCOL) -> None:
        self.name = name
        self.protocol = protocol
        self.other_options: dict[str, Value] = {}
        self.peers: list[PeerConfig] = []
        _set_defaults(self, INTERFACE_OPTIONS)

    def enabled_peers(self) -> "Iterator[PeerConfig]":
        """Return the peers that are not disabled."""
        return (peer for peer in self.peers if not peer.disabled)

    def routes(self) -> "Iterator[AllowedIP]":
        """Yield the allowed IPs to be routed to the interface, without duplicates."""
        seen = set()
        for peer in self.enabled_peers():
            for allowed_ip in peer.allowed_ips if peer.route_allowed_ips else ():
                if allowed_ip not in seen:
                    seen.add(allowed_ip)
                    yield allowed_ip

    def kernel_routes(self) -> "Iterator[AllowedIP]":
        """Yield the routes as the kernel gets them: a default route as two halves.

        Otherwise the default route of an uplink, which has the same metric, would
        replace ours or be replaced. With a metric or a table of its own it cannot.
        """
        tables = {4: self.ip4table, 16: self.ip6table}
        for address, length in self.routes():
            if length or self.metric or tables[len(address)]:
                yield address, length
            else:
                yield address, 1
                yield b"\x80" + address[1:], 1

    def endpoints(self) -> "dict[bytes, tuple[str, int]]":
        """Return host (a name or an address) and port by public key, where set."""
        return {
            peer.public_key: (peer.endpoint_host, peer.endpoint_port)
            for peer in self.enabled_peers()
            if peer.endpoint_host
        }

    def leave_out_own_key(self, public_key: bytes | None) -> "list[Complaint]":
        """Remove the enabled peers with the interface's own key, and return why."""
        own = [peer for peer in self.enabled_peers() if peer.public_key == public_key]
        self.peers = [peer for peer in self.peers if peer not in own]
        reason = "public key of this interface; set that of the other side"
        return [
            Complaint(PEER_LEFT_OUT, peer.section, "public_key", reason) for peer in own
        ]

    def leave_out_peers(
        self, public_keys: "Collection[bytes]", reason: str, most: int
    ) -> "list[Complaint]":
        """Remove the enabled peers with these keys, and return why.

        Of the complaints, ``most`` name a peer; one more counts the rest.
        """
        removed = set(public_keys)
        left_out = [p for p in self.enabled_peers() if p.public_key in removed]
        self.peers = [
            peer
            for peer in self.peers
            if peer.disabled or peer.public_key not in removed
        ]
        complaints = [
            Complaint(PEER_LEFT_OUT, peer.section, "", reason)
            for peer in left_out[:most]
        ]
        if len(left_out) > most:
            more = f"{len(left_out) - most} more peers: {reason}"
            complaints.append(Complaint(PEER_LEFT_OUT, self.name, "", more))
        return complaints

    def leave_out_allowed_ips(
        self, left_out: "Mapping[bytes, Collection[AllowedIP]]"
    ) -> "list[PeerConfig]":
        """Remove allowed IPs by public key, and return the peers that had them."""
        peers = [p for p in self.enabled_peers() if p.public_key in left_out]
        for peer in peers:
            removed = set(left_out[peer.public_key])
            peer.allowed_ips = tuple(
                allowed_ip
                for allowed_ip in peer.allowed_ips
                if allowed_ip not in removed
            )
        return peers

    def to_change(self) -> InterfaceChange:
        """Return the change that applies this configuration, without endpoints."""
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


# From sections.


def read_interface(
    sections: "list[Section]", name: str
) -> "tuple[InterfaceConfig, list[Complaint]]":
    """Return the configuration of the interface ``name``, and its complaints.

    The sections of peers have the type ``pywg_NAME``; ``wireguard_NAME`` is accepted,
    too, so that changing ``proto`` is sufficient. Raises ConfigError if there is no
    such interface.
    """
    section = find_section(sections, name)
    interface = InterfaceConfig(name, str(section.options.get("proto", "")))
    reader = _Reader()
    reader.fill(interface, section, name, INTERFACE_OPTIONS, INTERFACE_REFUSED)
    for label, peer_section in _peer_sections(sections, name):
        reader.read_peer(interface, label, peer_section)
    complaints = reader.complaints + list(_overlaps(interface))
    return interface, complaints + list(_mtu_conflicts(interface))


def read_table_sizes(
    sections: "list[Section]", name: str
) -> "tuple[InterfaceConfig, int, int]":
    """Return an interface without its peers, and what its enabled peers need.

    That is a number of peers and of allowed IPs, both of which invalid and repeated
    values can make too large. Raises ConfigError if there is no such interface.
    """
    section = find_section(sections, name)
    interface = InterfaceConfig(name, str(section.options.get("proto", "")))
    _Reader().fill(interface, section, name, INTERFACE_OPTIONS, INTERFACE_REFUSED)
    peers = allowed_ips = 0
    for _, peer_section in _peer_sections(sections, name):
        if peer_section.values("disabled")[-1:] not in _DISABLED:
            peers += 1
            texts = peer_section.values(_ALLOWED_IPS.name)
            allowed_ips += len(_value_texts(_ALLOWED_IPS, texts))
    return interface, peers, allowed_ips


def find_section(sections: "Iterable[Section]", name: str) -> Section:
    """Return the section of an interface.

    Raises ConfigError if there is none, or its protocol is not one of PROTOCOLS.
    """
    for section in sections:
        if section.type == "interface" and section.name == name:
            protocol = section.options.get("proto")
            if protocol in PROTOCOLS:
                return section
            found = f"unsupported protocol {protocol!r}" if protocol else "missing"
            raise ConfigError(f"network.{name}.proto: {found} (expected {PROTOCOL!r})")
    raise ConfigError(f"no interface {name!r} in the configuration")


def peer_types(name: str) -> "tuple[str, ...]":
    """Return the section types of the peers of an interface."""
    return tuple(f"{protocol}_{name}" for protocol in PROTOCOLS)


def _peer_sections(
    sections: "Iterable[Section]", name: str
) -> "Iterator[tuple[str, Section]]":
    """Yield each with its name, or with ``@type[index]`` if it is anonymous."""
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
        """Set the options of a section, and return whether no complaint is severe."""
        rows = {option.name: option for option in options}
        before = len(self.complaints)
        for name, value in section.options.items():
            option = rows.get(name)
            if option:
                self._set(target, option, section.values(name), label, severity)
            elif name != "proto":
                target.other_options[name] = value
        complete = all(
            complaint.severity != severity for complaint in self.complaints[before:]
        )
        self._warn_of_unknown(target, label)
        return complete

    def _set(
        self,
        target: InterfaceConfig | PeerConfig,
        option: Option,
        texts: "list[str]",
        label: str,
        severity: str,
    ) -> None:
        """Set an option to its valid values, and complain of each invalid one."""
        values = []
        for text in _value_texts(option, texts):
            try:
                values.append(option.kind.parse(text))
            except ConfigError as error:
                reason = str(error)
                if option.kind is FLAG:
                    severity = WARNING
                    reason += f"; the default is used: {FLAG.format(option.default)}"
                elif severity == INTERFACE_REFUSED and option.name in CAN_BE_LEFT_OUT:
                    severity = VALUE_LEFT_OUT
                elif option.kind is ALLOWED_IP:
                    severity = ALLOWED_IP_LEFT_OUT
                self._complain(severity, label, option.name, reason)
        if option.separators:
            setattr(target, option.name, tuple(values))
        elif values:
            setattr(target, option.name, values[0])

    def read_peer(
        self, interface: InterfaceConfig, label: str, section: Section
    ) -> None:
        peer = PeerConfig(label, section.name)
        complete = self.fill(peer, section, label, PEER_OPTIONS, PEER_LEFT_OUT)
        if not complete:
            return
        if not peer.public_key:
            reason = "missing; set the public key of the peer"
            self._complain(PEER_LEFT_OUT, label, "public_key", reason)
            return
        for first in interface.enabled_peers():
            if first.public_key == peer.public_key and not peer.disabled:
                # As with the stock protocol, the last section of a peer is used.
                reason = f"also used by peer {first.section}; only this section is used"
                self._complain(WARNING, label, "public_key", reason)
                interface.peers.remove(first)
                break
        interface.peers.append(peer)

    def _warn_of_unknown(
        self, target: InterfaceConfig | PeerConfig, label: str
    ) -> None:
        known = NETIFD_OPTIONS if isinstance(target, InterfaceConfig) else ()
        for name in target.other_options:
            if name not in known:
                self._complain(WARNING, label, name, "unknown option")

    def _complain(self, severity: str, label: str, option: str, reason: str) -> None:
        self.complaints.append(Complaint(severity, label, option, reason))


def _value_texts(option: Option, texts: "list[str]") -> "list[str]":
    """Return the text of each value, as ``option.kind`` parses it."""
    if option.kind is not TEXT:
        texts = [text.strip() for text in texts]
    if not option.separators:
        # Like netifd, use the last value of a list where one is expected.
        return texts[-1:]
    joined = "\n".join(texts)
    for separator in option.separators:
        joined = joined.replace(separator, "\n")
    found = [text for text in joined.split("\n") if text]
    return list(map(_with_length, found)) if option.kind in _WITH_NETMASK else found


_WITH_NETMASK = (ADDRESS, ALLOWED_IP)


def _with_length(text: str) -> str:
    """Replace the netmask of an IPv4 address, as in /255.255.255.0, by its length."""
    ip, _, mask = text.partition("/")
    if mask.count(".") != 3 or ":" in text:
        return text
    try:
        host_bits = int.from_bytes(parse_ip(mask), "big") ^ 0xFFFFFFFF
    except ConfigError:
        return text
    if host_bits & (host_bits + 1):
        return text
    return f"{ip}/{32 - host_bits.bit_length()}"


def _overlaps(interface: InterfaceConfig) -> "Iterator[Complaint]":
    """Warn of allowed IPs that two peers have; only the last of them gets it."""
    owners: dict[AllowedIP, PeerConfig] = {}
    for peer in interface.enabled_peers():
        for allowed_ip in peer.allowed_ips:
            owner = owners.get(allowed_ip, peer)
            owners[allowed_ip] = peer
            if owner is not peer:
                text = format_allowed_ip(allowed_ip)
                reason = f"{text} is also in {owner.section}; only this peer gets it"
                yield Complaint(WARNING, peer.section, "allowed_ips", reason)


def _mtu_conflicts(interface: InterfaceConfig) -> "Iterator[Complaint]":
    """Warn of an MTU with which Linux disables IPv6 on the interface."""
    if interface.mtu is None or interface.mtu >= _IPV6_MIN_MTU:
        return
    prefixes = [*interface.addresses, *interface.routes()]
    if interface.ip6prefix or any(len(address) == 16 for address, _ in prefixes):
        reason = (
            f"{interface.mtu} is too small for IPv6 (minimum {_IPV6_MIN_MTU}); "
            "the kernel rejects IPv6 addresses and routes of the interface"
        )
        yield Complaint(WARNING, interface.name, "mtu", reason)


# To sections.


def to_sections(interface: InterfaceConfig) -> "list[Section]":
    """Return the sections that ``read_interface`` reads the same interface from."""
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
            section.options[option.name] = [
                option.kind.format(element) for element in value
            ]
        else:
            section.options[option.name] = option.kind.format(value)
    section.options.update(source.other_options)


def _set_defaults(target: object, options: "tuple[Option, ...]") -> None:
    for option in options:
        setattr(target, option.name, option.default)
