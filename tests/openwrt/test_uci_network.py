"""UCI sections to the configuration of an interface, and back."""

from ipaddress import IPv4Network
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from netjsonconfig import OpenWrt

from pywg_embedded.control.address import clear_host_bits, parse_allowed_ip
from pywg_embedded.core.errors import ConfigError
from pywg_embedded.openwrt import options
from pywg_embedded.openwrt.options import INTERFACE_OPTIONS, PEER_OPTIONS, Option
from pywg_embedded.openwrt.uci import format_sections, parse
from pywg_embedded.openwrt.uci_network import (
    INTERFACE_REFUSED,
    PEER_LEFT_OUT,
    VALUE_LEFT_OUT,
    WARNING,
    InterfaceConfig,
    PeerConfig,
    read_interface,
    to_sections,
)

from .samples import interface_text, key, key_text, peer_text, read_text, read_well


def allowed(*texts: str) -> tuple[tuple[bytes, int], ...]:
    return tuple(map(parse_allowed_ip, texts))


def values(config: InterfaceConfig | PeerConfig) -> dict[str, object]:
    """All attributes except the place in the file."""
    found = {name: value for name, value in vars(config).items() if name != "section"}
    if isinstance(config, InterfaceConfig):
        found["peers"] = [values(peer) for peer in config.peers]
    return found


# Text that netjsonconfig renders.

NETJSON = {
    "interfaces": [
        {
            "name": "wg0",
            "type": "wireguard",
            "private_key": key_text(99),
            "port": 51820,
            "mtu": 1400,
            "nohostroute": True,
            "fwmark": "0xa",
            "ip6prefix": ["2001:db8::/48"],
            "metric": 5,
            "addresses": [
                {
                    "proto": "static",
                    "family": "ipv4",
                    "address": "10.0.0.5",
                    "mask": 24,
                },
                {"proto": "static", "family": "ipv6", "address": "fd00::5", "mask": 64},
            ],
        }
    ],
    "wireguard_peers": [
        {
            "interface": "wg0",
            "public_key": key_text(1),
            "preshared_key": key_text(2),
            "allowed_ips": ["10.0.0.1/32", "fd00::/64"],
            "endpoint_host": "vpn.example.com",
            "endpoint_port": 1234,
            "persistent_keepalive": 60,
            "route_allowed_ips": True,
        },
        {
            "interface": "wg0",
            "public_key": key_text(3),
            "allowed_ips": ["10.0.0.2/32"],
        },
    ],
}


def test_text_of_netjsonconfig_is_read() -> None:
    interface, complaints = read_interface(parse(OpenWrt(NETJSON).render()), "wg0")
    expected = InterfaceConfig("wg0", "wireguard")
    expected.private_key = key(99)
    expected.listen_port = 51820
    expected.mtu = 1400
    expected.nohostroute = True
    expected.fwmark = 10
    expected.ip6prefix = ("2001:db8::/48",)
    expected.metric = 5
    expected.addresses = (
        (bytes((10, 0, 0, 5)), 24),
        (b"\xfd" + bytes(14) + b"\5", 64),
    )
    first, second = PeerConfig("", "wgpeer_wg0"), PeerConfig("", "wgpeer_wg0_2")
    first.public_key, second.public_key = key(1), key(3)
    first.preshared_key = key(2)
    first.allowed_ips = allowed("10.0.0.1/32", "fd00::/64")
    first.endpoint_host, first.endpoint_port = "vpn.example.com", 1234
    first.persistent_keepalive = 60
    first.route_allowed_ips = True
    second.allowed_ips = allowed("10.0.0.2/32")
    expected.peers = [first, second]
    assert values(interface) == values(expected)
    assert not complaints


def test_text_of_netjsonconfig_is_unchanged_when_read_and_written() -> None:
    text = OpenWrt(NETJSON).render()
    again = format_sections(
        to_sections(read_interface(parse(text), "wg0")[0]), "network"
    )
    assert sorted(again.split("\n")) == sorted(text.split("\n") + [""])


# Round trips.

octets = st.integers(0, 255)
addresses = st.one_of(
    st.tuples(st.binary(min_size=4, max_size=4), st.integers(0, 32)),
    st.tuples(st.binary(min_size=16, max_size=16), st.integers(0, 128)),
)
prefixes = addresses.map(lambda address: (clear_host_bits(*address), address[1]))
keys = st.binary(min_size=32, max_size=32)
texts = st.text(st.characters(exclude_categories=["Cs"]), min_size=1)
DRAWN: dict[options.Kind, st.SearchStrategy[Any]] = {
    options.FLAG: st.booleans(),
    options.KEY: keys,
    options.SECRET: keys,
    options.PRIVATE_KEY: st.one_of(keys, st.just(options.GENERATE)),
    options.PORT: st.integers(0, 65535),
    options.ENDPOINT_PORT: st.integers(1, 65535),
    options.ADDRESS: addresses,
    options.ALLOWED_IP: prefixes,
    options.DELEGATED: st.sampled_from(["2001:db8::/32", "fd00::/64,60,120"]),
    options.MTU: st.integers(68, 65535),
    options.MARK: st.integers(0, 2**32 - 1),
    options.METRIC: st.integers(0, 2**32 - 1),
    options.PEER_COUNT: st.integers(1, 65_535),
    options.ALLOWED_IP_COUNT: st.integers(1, 1_048_576),
    options.THREADS: st.integers(1, 2),
    options.OFFLOAD: st.sampled_from(["tso", "uso", "gso", "gro", "none"]),
    options.KEEPALIVE: st.integers(0, 65535),
    options.HOST: st.sampled_from(["192.0.2.1", "2001:db8::1", "vpn.example.com"]),
    options.TEXT: texts,
}


def drawn_value(option: Option) -> st.SearchStrategy[Any]:
    value = DRAWN[option.kind]
    wanted = st.lists(value, max_size=3).map(tuple) if option.separators else value
    return st.one_of(st.just(option.default), wanted)


@st.composite
def interfaces(draw: st.DrawFn) -> InterfaceConfig:
    interface = InterfaceConfig("wg0", draw(st.sampled_from(["pywg", "wireguard"])))
    interface.other_options = draw(st.dictionaries(st.just("dns"), texts))
    for option in INTERFACE_OPTIONS:
        setattr(interface, option.name, draw(drawn_value(option)))
    for index, public_key in enumerate(draw(st.lists(keys, max_size=3, unique=True))):
        peer = PeerConfig("", draw(st.sampled_from(["", f"name_{index}"])))
        for option in PEER_OPTIONS:
            setattr(peer, option.name, draw(drawn_value(option)))
        peer.public_key = public_key
        interface.peers.append(peer)
    return interface


@given(interfaces())
def test_written_interface_is_read_to_the_same(wanted: InterfaceConfig) -> None:
    found = read_interface(parse(format_sections(to_sections(wanted))), "wg0")[0]
    assert values(found) == values(wanted)


# Each option.

LIST_IDS = (
    "list", "spaces", "commas", "spaces-and-commas", "list-with-commas",
    "option-and-list", "line-break",
)  # fmt: skip
LISTS = (
    "list allowed_ips '10.0.0.1'\n\tlist allowed_ips '10.0.0.2'",
    "option allowed_ips '10.0.0.1 10.0.0.2'",
    "option allowed_ips '10.0.0.1,10.0.0.2'",
    "option allowed_ips ' 10.0.0.1 , 10.0.0.2 '",
    "list allowed_ips '10.0.0.1, 10.0.0.2'",
    "option allowed_ips '10.0.0.1'\n\tlist allowed_ips '10.0.0.2'",
    "option allowed_ips '10.0.0.1\n10.0.0.2'",
)


@pytest.mark.parametrize("text", LISTS, ids=LIST_IDS)
def test_list_is_read_in_all_notations(text: str) -> None:
    interface = read_well(interface_text(), peer_text(1, text))
    assert interface.peers[0].allowed_ips == allowed("10.0.0.1", "10.0.0.2")


def test_addresses_keep_host_bits_and_default_to_full_length() -> None:
    text = interface_text("option addresses '10.0.0.5/24 10.1.0.1 fd00::5'")
    assert [
        options.ADDRESS.format(address) for address in read_well(text).addresses
    ] == [
        "10.0.0.5/24",
        "10.1.0.1/32",
        "fd00::5/128",
    ]


NO_KEYS = ("", "\toption private_key ''\n", "\toption private_key 'generate'\n")


@pytest.mark.parametrize("line", NO_KEYS, ids=["absent", "empty", "generate"])
def test_private_key_is_to_be_generated_when_it_is_not_set(line: str) -> None:
    text = "config interface 'wg0'\n\toption proto 'pywg'\n" + line
    assert read_well(text).private_key == options.GENERATE


def test_options_of_netifd_cause_no_complaint() -> None:
    interface = read_well(
        interface_text("option auto '0'", "list dns '192.0.2.1'", "option zone 'vpn'")
    )
    assert interface.other_options == {"auto": "0", "dns": ["192.0.2.1"], "zone": "vpn"}


def test_disabled_peers_are_read_and_not_configured() -> None:
    interface = read_well(
        interface_text(),
        peer_text(1, "option disabled '1'", "option endpoint_host 'a.example'"),
        peer_text(1, "option description 'again'"),
    )
    assert [peer.disabled for peer in interface.peers] == [True, False]
    assert [peer.public_key for peer in interface.to_change().peers] == [key(1)]
    assert interface.endpoints() == {}


def test_peers_of_both_types_are_read() -> None:
    stock = peer_text(2, type_="wireguard")
    interface = read_well(interface_text(), peer_text(1), stock)
    assert [peer.public_key for peer in interface.peers] == [key(1), key(2)]


def test_names_of_endpoints_are_not_resolved() -> None:
    interface = read_well(
        interface_text(),
        peer_text(1, "option endpoint_host 'vpn.example.com'"),
        peer_text(2, "option endpoint_host '2001:db8::1'", "option endpoint_port 7"),
        peer_text(3, "option endpoint_port '7'"),
    )
    assert interface.endpoints() == {
        key(1): ("vpn.example.com", 51820),
        key(2): ("2001:db8::1", 7),
    }
    assert [peer.endpoint for peer in interface.to_change().peers] == [None] * 3


def test_change_has_the_values_of_the_configuration() -> None:
    interface = read_well(
        interface_text("option listen_port '1234'", "option fwmark '0xa'"),
        peer_text(
            1,
            f"option preshared_key '{key_text(2)}'",
            "option persistent_keepalive '25'",
            "list allowed_ips '10.0.0.0/24'",
        ),
    )
    change = interface.to_change()
    peer = change.peers[0]
    assert (change.private_key, change.listen_port, change.fwmark) == (
        key(99),
        1234,
        10,
    )
    assert change.replace_peers and peer.replace_allowed_ips
    assert (peer.preshared_key, peer.persistent_keepalive) == (key(2), 25)
    assert peer.allowed_ips == dict.fromkeys(allowed("10.0.0.0/24"), True)


def test_change_resets_options_that_are_not_set() -> None:
    change = read_well(interface_text(), peer_text(1)).to_change()
    assert (change.listen_port, change.fwmark) == (0, 0)
    assert change.peers[0].persistent_keepalive == 0


def test_routes_are_those_of_peers_with_route_allowed_ips() -> None:
    route = "option route_allowed_ips '1'"
    interface = read_well(
        interface_text(),
        peer_text(1, route, "option allowed_ips '10.0.0.0/24 fd00::/64'"),
        peer_text(2, "option allowed_ips '10.0.1.0/24'"),
        peer_text(3, route, "option disabled 1", "option allowed_ips '10.0.2.0/24'"),
        peer_text(4, route, "option allowed_ips '10.0.3.1'"),
    )
    assert tuple(interface.routes()) == allowed("10.0.0.0/24", "fd00::/64", "10.0.3.1")


# Complaints.

COMPLAINT_IDS = (
    "unknown-option", "unknown-option-of-peer", "invalid-value", "no-boolean",
    "value-left-out",
    "invalid-allowed-ip-of-peer",
    "invalid-value-of-peer",
    "no-public-key", "repeated-public-key", "stock-section",
)  # fmt: skip
# Text, complaint.
COMPLAINTS = (
    (
        interface_text("option listen_prot '1'"),
        "warning: network.wg0.listen_prot: unknown option",
    ),
    (
        interface_text() + peer_text(1, "option dns '1'", name="phone"),
        "warning: network.phone.dns: unknown option",
    ),
    (
        interface_text("option fwmark 'x'"),
        "error: network.wg0.fwmark: invalid number 'x' (expected 0 to 4294967295)",
    ),
    (
        interface_text("option nohostroute 'maybe'"),
        "warning: network.wg0.nohostroute: invalid value 'maybe' (expected 0 or 1); "
        "the default is used: 0",
    ),
    (
        interface_text("option mtu '9'"),
        "value left out: network.wg0.mtu: MTU too small: 9 (minimum 68)",
    ),
    (
        interface_text() + peer_text(1) + peer_text(2, "option allowed_ips '10.0.0/8'"),
        "allowed IP left out: network.@pywg_wg0[1].allowed_ips: "
        "invalid IP address '10.0.0'",
    ),
    (
        interface_text() + peer_text(1) + peer_text(2, "option endpoint_port 0"),
        "peer left out: network.@pywg_wg0[1].endpoint_port: "
        "invalid port 0 (expected 1 to 65535)",
    ),
    (
        interface_text() + "config pywg_wg0 'phone'\n",
        "peer left out: network.phone.public_key: "
        "missing; set the public key of the peer",
    ),
    (
        interface_text() + peer_text(1, name="phone") + peer_text(1),
        "warning: network.@pywg_wg0[1].public_key: also used by peer phone; "
        "only this section is used",
    ),
    (
        interface_text() + peer_text(1) + peer_text(2, type_="wireguard")
        + peer_text(3, "option endpoint_port '0'", type_="wireguard"),
        "peer left out: network.@wireguard_wg0[1].endpoint_port: "
        "invalid port 0 (expected 1 to 65535)",
    ),
)  # fmt: skip


@pytest.mark.parametrize("text, complaint", COMPLAINTS, ids=COMPLAINT_IDS)
def test_complaint_names_section_option_and_reason(text: str, complaint: str) -> None:
    assert list(map(str, read_text(text)[1])) == [complaint]


def test_complaint_hides_an_invalid_key() -> None:
    wrong = key_text(1)[:-1]
    text = interface_text(f"option fwmark '{wrong}'", f"option private_key '{wrong}'")
    complaints = read_text(text)[1]
    assert {c.severity for c in complaints} == {INTERFACE_REFUSED}
    assert len(complaints) == 2
    assert not any(wrong[:20] in str(complaint) for complaint in complaints)


def test_other_peers_are_kept_when_one_is_invalid() -> None:
    interface, complaints = read_text(
        interface_text(),
        peer_text(1),
        peer_text(2, "option persistent_keepalive 'often'"),
        peer_text(3, f"option preshared_key '{key_text(1)[1:]}'"),
        peer_text(4),
    )
    assert [peer.public_key for peer in interface.peers] == [key(1), key(4)]
    assert {complaint.severity for complaint in complaints} == {PEER_LEFT_OUT}


# As in config_get_bool of OpenWrt: exact words, anything else is the default.
FLAGS = [
    *((text, True, 0) for text in ("1", "on", "true", "yes", "enabled")),
    *((text, False, 0) for text in ("0", "off", "false", "no", "disabled")),
    *((text, True, 0) for text in ("1 ", " 1", "true\t", "yes\n")),
    *((text, False, 1) for text in ("True", "ON", "Yes", "2", "y", "t", "01", " ")),
]


@pytest.mark.parametrize(
    "text, value, warnings", FLAGS, ids=[repr(text) for text, _, _ in FLAGS]
)
def test_flag_is_read_like_config_get_bool(
    text: str, value: bool, warnings: int
) -> None:
    interface, complaints = read_text(
        interface_text(f"option nohostroute '{text}'"),
        peer_text(1, f"option route_allowed_ips '{text}'"),
    )
    assert interface.nohostroute == value
    assert [peer.route_allowed_ips for peer in interface.peers] == [value]
    assert [c.severity for c in complaints] == [WARNING] * warnings * 2


BLANKS = [
    pytest.param(before, after, id=f"{before!r}-{after!r}")
    for before, after in (("", " "), (" ", ""), ("\t", "\t"), ("", "\n"), ("", "\r"))
]
# Option of the interface, option of the peer, text.
SPACED = (
    ("private_key", "", key_text(99)), ("listen_port", "", "51821"),
    ("addresses", "", "10.0.0.1/24"), ("mtu", "", "1380"), ("fwmark", "", "0xa"),
    ("ip6prefix", "", "2001:db8::/48"), ("metric", "", "5"), ("disabled", "", "1"),
    ("", "public_key", key_text(1)), ("", "preshared_key", key_text(2)),
    ("", "allowed_ips", "10.0.0.0/8"), ("", "endpoint_host", "a.example"),
    ("", "endpoint_port", "7"), ("", "persistent_keepalive", "25"),
)  # fmt: skip


@pytest.mark.parametrize("before, after", BLANKS)
@pytest.mark.parametrize("own, its, text", SPACED, ids=[a or b for a, b, _ in SPACED])
def test_blanks_around_a_value_are_ignored(
    own: str, its: str, text: str, before: str, after: str
) -> None:
    def read(text: str) -> InterfaceConfig:
        line = f"option {own or its} '{text}'"
        return read_well(
            interface_text(*([line] if own else [])),
            peer_text(1, *([line] if its else [])),
        )

    assert values(read(f"{before}{text}{after}")) == values(read(text))


NETMASKS = [
    (str(bits), str(IPv4Network(f"0.0.0.0/{bits}").netmask)) for bits in range(33)
]


@pytest.mark.parametrize("length, mask", NETMASKS, ids=[m for _, m in NETMASKS])
def test_netmask_is_accepted_for_a_length(length: str, mask: str) -> None:
    interface = read_well(
        interface_text(f"list addresses '10.9.0.1/{mask}'"),
        peer_text(1, f"list allowed_ips '10.9.0.1/{mask}'"),
    )
    assert interface.addresses == ((bytes((10, 9, 0, 1)), int(length)),)
    assert interface.peers[0].allowed_ips == allowed(f"10.9.0.1/{length}")


NO_NETMASKS = (
    "255.0.255.0",
    "0.0.0.255",
    "255.255.255",
    "255.255.255.256",
    "::1.2.3.4",
)


@pytest.mark.parametrize("mask", NO_NETMASKS)
@pytest.mark.parametrize("ip", ["10.9.0.1", "fd00::1"])
def test_other_text_for_a_length_is_left_out(ip: str, mask: str) -> None:
    interface, complaints = read_text(interface_text(f"list addresses '{ip}/{mask}'"))
    assert interface.addresses == ()
    assert [c.severity for c in complaints] == [VALUE_LEFT_OUT]


LEFT_OUT = [
    pytest.param("listen_port", "many", None, id="listen_port"),
    pytest.param("mtu", "9", None, id="mtu"),
    pytest.param("metric", "-1", None, id="metric"),
    pytest.param("addresses", "10.0.0.1/33", (), id="addresses"),
    pytest.param("ip6prefix", "10.0.0.0/8", (), id="ip6prefix"),
    pytest.param(
        "addresses", "10.0.0.1/24 10.0.0 fd00::1/64",
        ((bytes((10, 0, 0, 1)), 24), (b"\xfd" + bytes(14) + b"\1", 64)),
        id="one-of-addresses",
    ),
]  # fmt: skip


@pytest.mark.parametrize("name, text, value", LEFT_OUT)
def test_invalid_value_is_left_out_when_the_interface_works_without_it(
    name: str, text: str, value: object
) -> None:
    interface, complaints = read_text(
        interface_text(f"option {name} '{text}'"), peer_text(1)
    )
    assert getattr(interface, name) == value
    assert [(c.severity, c.option) for c in complaints] == [(VALUE_LEFT_OUT, name)]
    assert len(interface.peers) == 1


ROUTE = "option route_allowed_ips 1"
# Options of the interface, options of the peer, whether IPv6 does not work.
MTUS = [
    pytest.param(("mtu 1279", "addresses fd00::1/64"), (), True, id="address"),
    pytest.param(("mtu 1279", "ip6prefix 2001:db8::/48"), (), True, id="prefix"),
    pytest.param(("mtu 1279",), (ROUTE, "option allowed_ips ::/0"), True, id="route"),
    pytest.param(("mtu 1279",), ("option allowed_ips ::/0",), False, id="no-route"),
    pytest.param(("mtu 1279", "addresses 10.0.0.1"), (), False, id="ipv4"),
    pytest.param(("mtu 1280", "addresses fd00::1/64"), (), False, id="least-mtu"),
    pytest.param(("addresses fd00::1/64",), (), False, id="no-mtu"),
]


@pytest.mark.parametrize("own, its, warned", MTUS)
def test_warning_is_given_when_the_mtu_is_too_small_for_ipv6(
    own: tuple[str, ...], its: tuple[str, ...], warned: bool
) -> None:
    lines = [f"option {line}" for line in own]
    interface, complaints = read_text(interface_text(*lines), peer_text(1, *its))
    assert (
        list(map(str, complaints))
        == [
            "warning: network.wg0.mtu: 1279 is too small for IPv6 (minimum 1280); "
            "the kernel rejects IPv6 addresses and routes of the interface"
        ]
        * warned
    )
    assert interface.peers


def test_last_value_is_used_when_a_list_stands_for_one_value() -> None:
    # As netifd does.
    interface = read_well(interface_text("list mtu 1300", "list mtu 1400"))
    assert interface.mtu == 1400


# The sections of peers: key, options; the indexes of those that are used.
SAME_KEY = [
    pytest.param(((1, ()), (2, ()), (1, ())), [1, 2], 1, id="two"),
    pytest.param(((1, ()), (1, ()), (1, ())), [2], 2, id="three"),
    pytest.param(
        ((1, ()), (1, ("option disabled 1",))), [0, 1], 0, id="last-is-disabled"
    ),
    pytest.param(
        ((1, ("option disabled 1",)), (1, ())), [0, 1], 0, id="first-is-disabled"
    ),
    pytest.param(
        ((1, ()), (1, ("option endpoint_port x",))), [0], 0, id="last-is-invalid"
    ),
]


@pytest.mark.parametrize("peers, used, warnings", SAME_KEY)
def test_last_section_is_used_when_peers_have_the_same_key(
    peers: tuple[tuple[int, tuple[str, ...]], ...], used: list[int], warnings: int
) -> None:
    parts = [
        peer_text(index, *lines, name=f"peer{order}")
        for order, (index, lines) in enumerate(peers)
    ]
    interface, complaints = read_text(interface_text(), *parts)
    assert [peer.section for peer in interface.peers] == [f"peer{n}" for n in used]
    assert [c.severity for c in complaints].count(WARNING) == warnings


def test_enabled_peers_with_the_own_key_are_left_out() -> None:
    interface = read_well(
        interface_text(),
        peer_text(1, "option disabled 1", name="off"),
        peer_text(1, "option route_allowed_ips 1", "option allowed_ips ::/0"),
        peer_text(2, name="other"),
    )
    assert list(map(str, interface.leave_out_own_key(key(1)))) == [
        "peer left out: network.@pywg_wg0[1].public_key: "
        "public key of this interface; set that of the other side"
    ]
    assert [peer.section for peer in interface.peers] == ["off", "other"]
    assert list(interface.routes()) == []


MISSING = (
    ("", "no interface 'wg0' in the configuration"),
    ("config interface 'wg1'\n\toption proto 'pywg'\n", "no interface 'wg0'"),
    (
        "config interface 'wg0'\n\toption proto 'static'\n",
        "unsupported protocol 'static' (expected 'pywg')",
    ),
    ("config interface 'wg0'\n", "network.wg0.proto: missing (expected 'pywg')"),
)


@pytest.mark.parametrize(
    "text, complaint",
    MISSING,
    ids=["empty", "other-interface", "other-protocol", "no-protocol"],
)
def test_reading_is_refused_when_the_interface_is_missing_or_foreign(
    text: str, complaint: str
) -> None:
    with pytest.raises(ConfigError) as refusal:
        read_text(text)
    assert complaint in str(refusal.value)


# Issues of the stock protocol.


def test_21411_allowed_ips_are_routed_when_separated_by_commas() -> None:
    """https://github.com/openwrt/openwrt/issues/21411"""
    interface = read_well(
        interface_text(),
        peer_text(
            1,
            "option route_allowed_ips '1'",
            "list allowed_ips '10.0.0.0/24,10.0.1.0/24,fd00::/64'",
        ),
    )
    wanted = allowed("10.0.0.0/24", "10.0.1.0/24", "fd00::/64")
    assert tuple(interface.routes()) == wanted


def test_7846_warning_is_given_when_allowed_ips_overlap() -> None:
    """https://github.com/openwrt/luci/issues/7846"""
    both = "option allowed_ips '0.0.0.0/0'"
    interface, complaints = read_text(
        interface_text(), peer_text(1, both, name="home"), peer_text(2, both)
    )
    assert [str(complaint) for complaint in complaints] == [
        "warning: network.@pywg_wg0[1].allowed_ips: "
        "0.0.0.0/0 is also in home; only this peer gets it"
    ]
    assert len(interface.peers) == 2


def test_22116_ipv6_endpoint_is_accepted_with_and_without_brackets() -> None:
    """https://github.com/openwrt/openwrt/issues/22116"""
    interface = read_well(
        interface_text(),
        peer_text(1, "option endpoint_host '2001:db8::1'"),
        peer_text(2, "option endpoint_host '[2001:db8::2]'"),
    )
    hosts = [host for host, _ in interface.endpoints().values()]
    assert hosts == ["2001:db8::1", "2001:db8::2"]
