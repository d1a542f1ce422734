"""Random and hostile text for the parsers of ``control``; the diff, by a model."""

import ipaddress
import tracemalloc
from collections.abc import Callable, Iterator
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from pywg_embedded.control import address, keys, uapi, wgconf
from pywg_embedded.control.diff import StatusSnapshot, diff, fit
from pywg_embedded.core.config import InterfaceChange
from pywg_embedded.core.errors import ConfigError
from tests.control.support import (
    Model,
    change,
    key,
    peer_change,
    peer_status,
    plain,
    status,
)

ip_texts = st.text("0123456789abcdefx.:/% \0\n", max_size=45)
ip_addresses = st.binary(min_size=4, max_size=4) | st.binary(min_size=16, max_size=16)
ports = st.integers(0, 0xFFFF)
numbers = st.integers(0, 2**64 - 1)


@st.composite
def endpoints(draw: st.DrawFn) -> tuple[bytes, int, int]:
    ip = draw(ip_addresses)
    scope = draw(st.integers(0, 2**32 - 1)) if len(ip) == 16 else 0
    return ip, draw(st.integers(1, 0xFFFF)), scope


def optional(values: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.none() | values


# Few values, so that changes share peers and allowed IPs.
peer_numbers = st.integers(1, 4)
allowed_ip_texts = st.sampled_from(
    ("0.0.0.0/0", "10.0.0.0/8", "10.0.0.0/9", "10.0.0.1/32", "::/0", "::1/128")
)
few_keys = st.sampled_from((bytes(32), key(8), key(9)))
few_endpoints = optional(st.sampled_from(((b"\1\2\3\4", 1, 0), (bytes(16), 2, 3))))
few_numbers = st.integers(0, 2)


@st.composite
def peer_changes(draw: st.DrawFn) -> Any:
    signs = st.sampled_from(("", "-"))
    texts = draw(st.dictionaries(allowed_ip_texts, signs, max_size=4))
    return peer_change(
        draw(peer_numbers),
        *(sign + text for text, sign in texts.items()),
        remove=draw(st.sampled_from((False, False, False, True))),
        update_only=draw(st.booleans()),
        replace_allowed_ips=draw(st.booleans()),
        preshared_key=draw(optional(few_keys)),
        endpoint=draw(few_endpoints),
        persistent_keepalive=draw(optional(few_numbers)),
    )


changes = st.builds(
    lambda peers, **values: change(*peers, **values),
    st.lists(peer_changes(), max_size=8),
    private_key=optional(few_keys),
    listen_port=optional(few_numbers),
    fwmark=optional(few_numbers),
    replace_peers=st.booleans(),
)


@st.composite
def statuses(draw: st.DrawFn) -> Any:
    assigned = draw(st.dictionaries(allowed_ip_texts, peer_numbers))
    peers = [
        peer_status(
            peer_number,
            *(text for text, peer in assigned.items() if peer == peer_number),
            preshared_key=draw(few_keys),
            endpoint=draw(optional(endpoints())),
            persistent_keepalive=draw(ports),
            last_handshake=draw(st.tuples(numbers, numbers)),
            rx_bytes=draw(numbers),
            tx_bytes=draw(numbers),
        )
        for peer_number in draw(st.lists(peer_numbers, unique=True))
    ]
    values = {"private_key": few_keys, "listen_port": ports, "fwmark": few_numbers}
    return status(*peers, **{name: draw(value) for name, value in values.items()})


def or_none(parse: Callable[[str], Any], text: str) -> Any:
    """Return the parsed text, or None if it is refused with a message of one line."""
    try:
        return parse(text)
    except ConfigError as error:
        assert "\n" not in str(error) and len(str(error)) < 400
        return None


def by_ipaddress(parse: Callable[[str], Any], text: str) -> Any:
    try:
        return parse(text)
    except ValueError:
        return None


# Addresses and keys


@given(ip_texts.filter(lambda text: "%" not in text))
def test_addresses_match_the_ipaddress_module(text: str) -> None:
    expected = by_ipaddress(ipaddress.ip_address, text)
    assert or_none(address.parse_ip, text) == (expected and expected.packed)


@given(ip_addresses)
def test_addresses_are_formatted_canonically(ip: bytes) -> None:
    text = address.format_ip(ip)
    assert address.parse_ip(text) == ip
    if len(ip) == 4 or "." not in text:
        assert text == ipaddress.ip_address(ip).compressed


@given(ip_addresses, st.integers(0, 140))
def test_allowed_ips_are_networks(ip: bytes, cidr: int) -> None:
    text = f"{address.format_ip(ip)}/{cidr}"
    expected = by_ipaddress(lambda text: ipaddress.ip_network(text, False), text)
    parsed = or_none(address.parse_allowed_ip, text)
    if expected is None:
        assert parsed is None
    else:
        assert parsed == (expected.network_address.packed, expected.prefixlen)
        again = address.format_allowed_ip(parsed)
        assert address.parse_allowed_ip(again) == parsed


@given(ip_texts | st.text())
def test_address_parsers_raise_only_config_errors(text: str) -> None:
    for parse, write in (
        (address.parse_allowed_ip, address.format_allowed_ip),
        (address.parse_endpoint, address.format_endpoint),
    ):
        parsed = or_none(parse, text)
        if parsed is not None:
            assert parse(write(parsed)) == parsed


@given(endpoints())
def test_endpoints_are_formatted_and_parsed(endpoint: Any) -> None:
    text = address.format_endpoint(endpoint)
    assert address.parse_endpoint(text) == endpoint


@given(st.text(max_size=70) | st.from_regex(r"\A[A-Za-z0-9+/]{42,43}=?=?\Z"))
def test_a_base64_key_has_one_text(text: str) -> None:
    key = or_none(keys.from_base64, text)
    assert key is None or keys.to_base64(key) == text


@given(st.text(max_size=70) | st.from_regex(r"\A[0-9A-Fa-f]{64}\Z"))
def test_a_hexadecimal_key_has_one_text_but_for_its_case(text: str) -> None:
    key = or_none(keys.from_hex, text)
    assert key is None or keys.to_hex(key) == text.lower()


# The UAPI

uapi_keys = st.sampled_from(
    (
        "get", "set", "private_key", "listen_port", "fwmark", "replace_peers",
        "public_key", "remove", "update_only", "preshared_key", "endpoint",
        "persistent_keepalive_interval", "replace_allowed_ips", "allowed_ip",
        "protocol_version", "tx_bytes", "last_handshake_time_sec", "errno", "", "\x1b",
    )
)  # fmt: skip
uapi_values = st.sampled_from(
    (
        "1", "0", "-5", "true", "", "65536", "a" * 64, "0" * 64, "10.0.0.0/8", "-::/0",
        "1.2.3.4:5", "[::1%2]:5", "\u00e9", "x" * 300,
    )
)  # fmt: skip
uapi_lines = st.builds("{}={}\n".format, uapi_keys, uapi_values)
uapi_texts = st.lists(uapi_lines | st.sampled_from(("\n", "set=1\n", "x\n"))).map(
    lambda lines: "".join(lines).encode()
)


def requests(data: bytes, size: int) -> "Iterator[uapi.Request]":
    reader = uapi.Reader(2, 2)
    for start in range(0, len(data), size):
        yield from reader.feed(data[start : start + size])
    yield from reader.end()


@given(st.binary() | uapi_texts, st.integers(1, 80))
def test_the_reader_raises_nothing_for_any_bytes(data: bytes, size: int) -> None:
    for outcome, expected in zip(
        requests(data, size), requests(data, len(data) or 1), strict=True
    ):
        if isinstance(outcome, ConfigError):
            assert str(outcome) == str(expected) and "\n" not in str(outcome)
        else:
            assert plain(outcome) == plain(expected)


@given(uapi_texts)
def test_each_request_has_one_answer(data: bytes) -> None:
    blocks = [block for block in (b"\n" + data).split(b"\n\n") if block.strip(b"\n")]
    assert len(list(requests(data, 4096))) == len(blocks)


def test_the_reader_buffers_one_line_at_most() -> None:
    reader = uapi.Reader(2, 2)
    chunk = b"x" * 4096
    assert list(reader.feed(b"set=1\n")) == []
    tracemalloc.start()
    for _ in range(1000):
        assert list(reader.feed(chunk)) == []
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 8 * len(chunk)


@given(st.lists(uapi_lines | st.text()) | st.lists(uapi_lines))
def test_the_client_raises_only_project_errors_for_any_answer(lines: list[str]) -> None:
    try:
        uapi.read_status(lines)
    except (ConfigError, uapi.Refused) as error:
        assert "\n" not in str(error)


@given(changes)
def test_a_change_is_formatted_and_parsed_by_uapi(wanted: InterfaceChange) -> None:
    text = "".join(uapi.format_change(wanted)).encode()
    reader = uapi.Reader(8, 32)
    assert plain(list(reader.feed(text))) == [plain(wanted)]


@given(statuses())
def test_a_status_is_formatted_and_parsed_by_uapi(interface: Any) -> None:
    lines = b"".join(uapi.format_status(interface)).decode().splitlines()
    again = uapi.read_status(lines)
    assert plain(again) == plain(interface)


# Configuration files

conf_keys = st.sampled_from(
    (
        "PrivateKey", "listenport", "FwMark", "PublicKey", "PresharedKey", "AllowedIPs",
        "Endpoint", "PersistentKeepalive", "MTU", "", "\x1b",
    )
)  # fmt: skip
conf_values = uapi_values | st.sampled_from(
    ("off", "0x1", keys.to_base64(key(1)), "::/0, +1.2.3.4,-5.6.7.8/9", "a.example:5")
)
conf_lines = st.builds("{} = {}\n".format, conf_keys, conf_values) | st.sampled_from(
    ("[Interface]\n", "[Peer]\n", "# x\n", "\n", "[\n")
)


@given(st.lists(conf_lines | st.text()), st.booleans())
def test_the_file_parser_raises_only_config_errors(
    lines: list[str], append: bool
) -> None:
    try:
        wgconf.parse(lines, "f", append=append)
    except ConfigError as error:
        assert str(error).startswith("f:") and "\n" not in str(error)


@given(statuses())
def test_a_formatted_file_is_parsed_to_the_same_status(interface: Any) -> None:
    lines = "".join(wgconf.format_status(interface)).splitlines()
    wanted = wgconf.parse(lines, "f")
    outcome = Model(status()).apply(wanted).outcome()
    assert outcome[:2] == Model(interface).outcome()[:2]


# The diff


@given(statuses(), changes)
def test_the_difference_has_the_outcome_of_the_change(before: Any, wanted: Any) -> None:
    straight = Model(before).apply(wanted)
    reduced = Model(before).apply(diff(before, wanted))
    assert reduced.outcome() == straight.outcome()


@given(statuses(), changes)
def test_each_peer_change_of_the_difference_has_an_effect(
    before: Any, wanted: Any
) -> None:
    difference = diff(before, wanted)
    outcome = Model(before).apply(difference).outcome()
    for index in range(len(difference.peers)):
        less = diff(before, wanted)
        del less.peers[index]
        assert Model(before).apply(less).outcome() != outcome


@given(statuses(), changes)
def test_no_table_overflows_while_the_difference_is_applied(
    before: Any, wanted: Any
) -> None:
    model = Model(before)
    room = tuple(map(max, model.counts(), Model(before).apply(wanted).counts()))
    for section in diff(before, wanted).peers:
        model.apply_peer(section)
        assert model.counts() <= room and model.counts()[1] <= room[1]


@given(statuses(), changes)
def test_limits_apply_to_the_outcome(before: Any, wanted: Any) -> None:
    peers, allowed_ips = Model(before).apply(wanted).counts()
    snapshot = StatusSnapshot(before)
    outcome, surplus = fit(snapshot, wanted, None, peers, allowed_ips)
    assert not surplus
    assert outcome.counts() == surplus.counts == (peers, allowed_ips)
    now = Model(before).counts()
    room = max(now[0], peers - 1), max(now[1], allowed_ips - 1)
    outcome, surplus = fit(snapshot, wanted, None, *room)
    assert Model(before).apply(outcome.difference()).counts() == outcome.counts()
    assert outcome.counts()[0] <= room[0] and outcome.counts()[1] <= room[1]
    assert bool(surplus) == (peers > room[0] or allowed_ips > room[1])
