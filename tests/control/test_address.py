"""Addresses, allowed IPs and endpoints as text."""

from pywg_embedded.control import address
from tests.control.support import error_of

V6 = bytes.fromhex("20010db8000000000000000000000001")
LINK_LOCAL = bytes.fromhex("fe800000000000000000000000000001")


def scope_of(name: str) -> int:
    if name != "eth0":
        raise OSError(19)
    return 7


def test_addresses_are_parsed_and_formatted() -> None:
    for row, (text, value, again) in enumerate(
        (
            ("192.0.2.1", b"\xc0\x00\x02\x01", "192.0.2.1"),
            ("0.0.0.0", bytes(4), "0.0.0.0"),
            ("::", bytes(16), "::"),
            ("2001:db8::1", V6, "2001:db8::1"),
            ("2001:DB8:0:0:0:0:0:1", V6, "2001:db8::1"),
            ("::ffff:192.0.2.1", bytes(10) + b"\xff\xff\xc0\0\2\1", "::ffff:192.0.2.1"),
        )
    ):
        assert address.parse_ip(text) == value, row
        assert address.format_ip(value) == again, row


def test_invalid_addresses_are_refused() -> None:
    for row, text in enumerate(
        (
            "",
            "10.1",
            "10.0.0.01",
            "10.0.0.256",
            "10.0.0.1.2",
            " 10.0.0.1",
            "10.0.0.1\n",
            "10.0.0.1\0",
            "10.0.0.1\x00.5",
            "::1\0x",
            "0x7f.0.0.1",
            "1:2:3:4:5:6:7",
            "1::2::3",
            "12345::",
            "fe80::1%eth0",
            "[::1]",
            "localhost",
            "\u0661.0.0.1",
        )
    ):
        assert "invalid IP address" in error_of(address.parse_ip, text), row


def test_host_bits_of_allowed_ips_are_cleared() -> None:
    for row, (text, again) in enumerate(
        (
            ("10.1.2.3/8", "10.0.0.0/8"),
            ("10.1.2.3", "10.1.2.3/32"),
            ("10.1.2.3/32", "10.1.2.3/32"),
            ("255.255.255.255/0", "0.0.0.0/0"),
            ("255.255.255.255/31", "255.255.255.254/31"),
            ("2001:db8::1", "2001:db8::1/128"),
            ("2001:db8:ffff::1/33", "2001:db8:8000::/33"),
            ("::1/0", "::/0"),
        )
    ):
        parsed = address.parse_allowed_ip(text)
        assert address.format_allowed_ip(parsed) == again, row


def test_the_error_of_an_allowed_ip_names_value_and_reason() -> None:
    for row, (text, reason) in enumerate(
        (
            (
                "10.0.0.0/33",
                "invalid allowed IP '10.0.0.0/33': invalid prefix length 33",
            ),
            ("::/129", "invalid prefix length 129 (expected 0 to 128)"),
            ("10.0.0.0/", "invalid number ''"),
            ("10.0.0.0/-1", "invalid number '-1'"),
            ("10.0.0.0/08", "invalid prefix length '08' (expected no leading zeros)"),
            ("10.0.0.0/8/8", "invalid number '8/8'"),
            ("10.0.0/8", "invalid IP address '10.0.0'"),
            ("/8", "invalid IP address ''"),
        )
    ):
        message = error_of(address.parse_allowed_ip, text)
        assert reason in message, (row, message)


def test_endpoints_are_parsed_and_formatted() -> None:
    for row, (text, value, again) in enumerate(
        (
            ("192.0.2.1:51820", (b"\xc0\0\2\1", 51820, 0), "192.0.2.1:51820"),
            ("[2001:db8::1]:1", (V6, 1, 0), "[2001:db8::1]:1"),
            ("[fe80::1%3]:9", (LINK_LOCAL, 9, 3), "[fe80::1%3]:9"),
            ("[fe80::1%eth0]:9", (LINK_LOCAL, 9, 7), "[fe80::1%7]:9"),
            # As for wg(8), the last colon precedes the port.
            ("2001:db8::1:51820", (V6, 51820, 0), "[2001:db8::1]:51820"),
            ("fe80::1%eth0:9", (LINK_LOCAL, 9, 7), "[fe80::1%7]:9"),
            ("[192.0.2.1]:5", (b"\xc0\0\2\1", 5, 0), "192.0.2.1:5"),
        )
    ):
        assert address.parse_endpoint(text, scope_of) == value, row
        assert address.format_endpoint(value) == again, row


def test_the_error_of_an_endpoint_names_value_and_reason() -> None:
    form = "expected HOST:PORT or [IPV6-ADDRESS]:PORT"
    for row, (text, reason) in enumerate(
        (
            ("", form),
            ("192.0.2.1", form),
            (":51820", form),
            ("2001:db8::1", form),
            ("2001:db8::1:0", "the port is 0"),
            ("2001:db8::x:1", form),
            ("a:b:1", form),
            ("::1", form),
            ("[2001:db8::1:51820", form),
            ("192.0.2.1:", "invalid number '' (expected 0 to 65535)"),
            ("192.0.2.1:65536", "invalid number '65536' (expected 0 to 65535)"),
            ("192.0.2.1:http", "invalid number 'http'"),
            ("192.0.2.1:0", "the port is 0"),
            ("[]:1", "invalid IP address ''"),
            ("host.example:1", "invalid IP address 'host.example'"),
            ("192.0.2.1%eth0:1", "'192.0.2.1%eth0': IPv4 has no scope"),
            ("[fe80::1%eth1]:1", "no interface 'eth1'"),
            ("[fe80::1%]:1", "no interface ''"),
            ("[fe80::1%4294967296]:1", "invalid number '4294967296'"),
        )
    ):
        message = error_of(address.parse_endpoint, text, scope_of)
        assert reason in message, (row, message)


def test_a_scope_name_is_refused_without_scope_of() -> None:
    message = error_of(address.parse_endpoint, "[fe80::1%eth0]:9")
    assert message == "no interface 'eth0'"


def test_a_scope_is_formatted_by_name_with_scope_name() -> None:
    endpoint = (LINK_LOCAL, 9, 7)
    text = address.format_endpoint(endpoint, lambda scope: f"eth{scope}")
    assert text == "[fe80::1%eth7]:9"
