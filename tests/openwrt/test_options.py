"""The values that each kind of option accepts, and how they are formatted."""

from collections.abc import Sequence

import pytest

from pywg_embedded.core.errors import ConfigError
from pywg_embedded.openwrt import options

from .samples import key, key_text

# Kind, canonical text, value.
ACCEPTED = (
    (options.FLAG, "1", True),
    (options.FLAG, "0", False),
    (options.KEY, key_text(1), key(1)),
    (options.PRIVATE_KEY, key_text(1), key(1)),
    (options.PRIVATE_KEY, "generate", options.GENERATE),
    (options.PORT, "0", 0),
    (options.PORT, "65535", 65535),
    (options.ADDRESS, "10.0.0.1/24", (bytes((10, 0, 0, 1)), 24)),
    (options.ADDRESS, "fd00::1/64", (b"\xfd" + bytes(14) + b"\1", 64)),
    (options.ALLOWED_IP, "10.0.0.0/24", (bytes((10, 0, 0, 0)), 24)),
    (options.ALLOWED_IP, "::/0", (bytes(16), 0)),
    (options.DELEGATED, "2001:db8::/48", "2001:db8::/48"),
    (options.DELEGATED, "2001:db8::/48,60,120", "2001:db8::/48,60,120"),
    (options.MTU, "68", 68),
    (options.MTU, "65535", 65535),
    (options.MARK, "0xca6c", 0xCA6C),
    (options.METRIC, "4294967295", 4294967295),
    (options.PEER_COUNT, "1", 1),
    (options.PEER_COUNT, "65535", 65_535),
    (options.ALLOWED_IP_COUNT, "1", 1),
    (options.ALLOWED_IP_COUNT, "1048576", 1_048_576),
    (options.THREADS, "1", 1),
    (options.THREADS, "2", 2),
    (options.OFFLOAD, "gro", "gro"),
    (options.OFFLOAD, "none", "none"),
    (options.KEEPALIVE, "25", 25),
    (options.HOST, "192.0.2.1", "192.0.2.1"),
    (options.HOST, "2001:db8::1", "2001:db8::1"),
    (options.HOST, "fe80::1%eth0", "fe80::1%eth0"),
    (options.HOST, "vpn.example.com", "vpn.example.com"),
    (options.HOST, "vpn.example.com.", "vpn.example.com."),
    (options.HOST, "router", "router"),
    (options.HOST, "3com", "3com"),
    (options.TEXT, "it's", "it's"),
)

# Kind, text, canonical text.
NOT_CANONICAL = (
    (options.FLAG, "on", "1"),
    (options.FLAG, "true", "1"),
    (options.FLAG, "yes", "1"),
    (options.FLAG, "enabled", "1"),
    (options.FLAG, "off", "0"),
    (options.FLAG, "disabled", "0"),
    (options.ADDRESS, "10.0.0.1", "10.0.0.1/32"),
    (options.ADDRESS, "fd00::1", "fd00::1/128"),
    (options.ALLOWED_IP, "10.0.0.1/8", "10.0.0.0/8"),
    (options.ALLOWED_IP, "FD00:0::1", "fd00::1/128"),
    (options.DELEGATED, "2001:db8::1/48", "2001:db8::/48"),
    (options.MARK, "10", "0xa"),
    (options.MARK, "off", "0x0"),
    (options.KEEPALIVE, "off", "0"),
    (options.HOST, "[2001:db8::1]", "2001:db8::1"),
)

# Kind, text, part of the error message.
REFUSED = (
    (options.FLAG, "2", "invalid value '2' (expected 0 or 1)"),
    (options.KEY, "generate", "(expected 44 characters of base64)"),
    (options.PRIVATE_KEY, "Generate", "(expected 44 characters of base64)"),
    (options.PORT, "65536", "invalid number '65536' (expected 0 to 65535)"),
    (options.PORT, "-1", "invalid number '-1'"),
    (options.ENDPOINT_PORT, "0", "invalid port 0 (expected 1 to 65535)"),
    (options.PEER_COUNT, "0", "invalid number '0' (expected 1 to 65535)"),
    (options.PEER_COUNT, "65536", "invalid number '65536'"),
    (options.ALLOWED_IP_COUNT, "0", "invalid number '0' (expected 1 to 1048576)"),
    (options.ALLOWED_IP_COUNT, "1048577", "invalid number '1048577'"),
    (options.THREADS, "0", "invalid number '0' (expected 1 to 2)"),
    (options.THREADS, "3", "invalid number '3'"),
    (options.OFFLOAD, "lro", "'lro' (expected tso, uso, gso, gro, none)"),
    (options.ADDRESS, "10.0.0.1/33", "invalid prefix length 33 (expected 0 to 32)"),
    (options.ADDRESS, "10.0.0", "invalid IP address '10.0.0'"),
    (options.ALLOWED_IP, "10.0.0.300/32", "invalid IP address '10.0.0.300'"),
    (
        options.DELEGATED,
        "10.0.0.0/8",
        "expected an IPv6 prefix",
    ),
    (
        options.DELEGATED,
        "2001:db8::/65",
        "expected an IPv6 prefix",
    ),
    (
        options.DELEGATED,
        "2001:db8::",
        "expected an IPv6 prefix",
    ),
    (options.MTU, "67", "MTU too small: 67 (minimum 68)"),
    (options.MTU, "65536", "expected 0 to 65535"),
    (options.MARK, "0x100000000", "invalid mark"),
    (options.METRIC, "x", "invalid number 'x'"),
    (options.KEEPALIVE, "65536", "expected 0 to 65535"),
    (options.HOST, "", "invalid IP address ''"),
    (options.HOST, "10.1", "invalid IP address '10.1'"),
    (options.HOST, "a b", "expected an IP address or a host name"),
    (options.HOST, "a..b", "expected an IP address or a host name"),
    (options.HOST, "ünich.example", "expected an IP address or a host name"),
    (options.HOST, "x" * 64 + ".example", "expected an IP address or a host name"),
    (options.HOST, "x." * 127, "expected an IP address or a host name"),
    (options.HOST, "2001:db8::x", "invalid IP address '2001:db8::x'"),
    (options.HOST, "example.com:51820", "invalid IP address"),
)


KIND_NAMES = {
    kind: name for name, kind in vars(options).items() if isinstance(kind, options.Kind)
}


def ids(rows: Sequence[tuple[options.Kind, str, object]]) -> list[str]:
    return [f"{KIND_NAMES[kind]}-{text}" for kind, text, _ in rows]


@pytest.mark.parametrize("kind, text, value", ACCEPTED, ids=ids(ACCEPTED))
def test_value_is_parsed_and_formatted_to_the_same_text(
    kind: options.Kind, text: str, value: object
) -> None:
    assert kind.parse(text) == value
    assert kind.format(value) == text


@pytest.mark.parametrize("kind, text, canonical", NOT_CANONICAL, ids=ids(NOT_CANONICAL))
def test_value_is_formatted_to_its_canonical_text(
    kind: options.Kind, text: str, canonical: str
) -> None:
    assert kind.format(kind.parse(text)) == canonical


@pytest.mark.parametrize("kind, text, reason", REFUSED, ids=ids(REFUSED))
def test_invalid_value_is_refused_with_a_reason(
    kind: options.Kind, text: str, reason: str
) -> None:
    with pytest.raises(ConfigError) as refusal:
        kind.parse(text)
    assert reason in str(refusal.value)


RANGES = [
    pytest.param(kind, *kind.range, id=name)
    for kind, name in KIND_NAMES.items()
    if kind.range
]


@pytest.mark.parametrize("kind, least, greatest", RANGES)
def test_numbers_are_accepted_exactly_in_the_range(
    kind: options.Kind, least: int, greatest: int
) -> None:
    assert kind.parse(str(least)) == least
    assert kind.parse(str(greatest)) == greatest
    for outside in (least - 1, greatest + 1):
        with pytest.raises(ConfigError):
            kind.parse(str(outside))
