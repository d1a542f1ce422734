"""The table of options: what each takes, and that its documentation is of it."""

from pathlib import Path

import pytest

from pywg_embedded.core.errors import ConfigError
from pywg_embedded.openwrt import options
from pywg_embedded.openwrt.options import documentation

from .samples import key, key_text

DOCUMENT = Path(__file__).parents[2] / "package" / "OPTIONS.md"

# Kind, text, and the value it is; written again it is the same text.
TAKEN = (
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

# Kind, another way to write a value, and the way that we write it.
ALIKE = (
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

# Kind, text, and what the complaint says.
REFUSED = (
    (options.FLAG, "2", "'2' is neither 0 nor 1"),
    (options.KEY, "generate", "(expected 44 characters of base64)"),
    (options.PRIVATE_KEY, "Generate", "(expected 44 characters of base64)"),
    (options.PORT, "65536", "invalid number '65536' (expected 0 to 65535)"),
    (options.PORT, "-1", "invalid number '-1'"),
    (options.ENDPOINT_PORT, "0", "nobody listens on port 0"),
    (options.ADDRESS, "10.0.0.1/33", "invalid prefix length 33 (expected 0 to 32)"),
    (options.ADDRESS, "10.0.0", "invalid IP address '10.0.0'"),
    (options.ALLOWED_IP, "10.0.0.300/32", "invalid IP address '10.0.0.300'"),
    (options.DELEGATED, "10.0.0.0/8", "is not an IPv6 prefix"),
    (options.DELEGATED, "2001:db8::/65", "is not an IPv6 prefix"),
    (options.DELEGATED, "2001:db8::", "is not an IPv6 prefix"),
    (options.MTU, "67", "67 is below the least MTU"),
    (options.MTU, "65536", "expected 0 to 65535"),
    (options.MARK, "0x100000000", "invalid mark"),
    (options.METRIC, "x", "invalid number 'x'"),
    (options.KEEPALIVE, "65536", "expected 0 to 65535"),
    (options.HOST, "", "invalid IP address ''"),
    (options.HOST, "10.1", "invalid IP address '10.1'"),
    (options.HOST, "a b", "is neither an address nor a host name"),
    (options.HOST, "a..b", "is neither an address nor a host name"),
    (options.HOST, "ünich.example", "is neither an address nor a host name"),
    (options.HOST, "x" * 64 + ".example", "is neither an address nor a host name"),
    (options.HOST, "x." * 127, "is neither an address nor a host name"),
    (options.HOST, "2001:db8::x", "invalid IP address '2001:db8::x'"),
    (options.HOST, "example.com:51820", "invalid IP address"),
)


@pytest.mark.parametrize("row", range(len(TAKEN)))
def test_values_are_read_and_written_again(row: int) -> None:
    kind, text, value = TAKEN[row]
    assert kind.parse(text) == value
    assert kind.format(value) == text


@pytest.mark.parametrize("row", range(len(ALIKE)))
def test_other_ways_to_write_a_value_are_read_too(row: int) -> None:
    kind, text, ours = ALIKE[row]
    assert kind.format(kind.parse(text)) == ours


@pytest.mark.parametrize("row", range(len(REFUSED)))
def test_wrong_values_are_refused_with_a_reason(row: int) -> None:
    kind, text, reason = REFUSED[row]
    with pytest.raises(ConfigError) as refusal:
        kind.parse(text)
    assert reason in str(refusal.value)


def test_the_document_is_that_of_the_table() -> None:
    assert DOCUMENT.read_text() == documentation(), (
        f"write documentation() of {options.__name__} to {DOCUMENT}"
    )
