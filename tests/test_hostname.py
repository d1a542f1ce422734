"""Name resolution by the system."""

import socket

import pytest

from pywg_embedded.control.address import parse_endpoint
from pywg_embedded.core.errors import ConfigError
from pywg_embedded.hostname import resolve

# Addresses, and their endpoints.
FOUND = (
    ("192.0.2.1", "192.0.2.1:7"),
    ("2001:db8::1", "[2001:db8::1]:7"),
    ("fe80::1%lo", "[fe80::1%1]:7"),
)
# Invalid names, and a part of the error.
REJECTED = (
    ("", "invalid IP address ''"),
    ("10.1", "invalid IP address '10.1'"),
    ("\u00fcnich.example", "invalid host name"),
)


@pytest.mark.parametrize(("host", "endpoint"), FOUND)
def test_address_resolves_to_itself(host: str, endpoint: str) -> None:
    assert resolve(host, 7) == [parse_endpoint(endpoint)]


@pytest.mark.parametrize(("host", "part"), REJECTED)
def test_name_is_rejected_when_it_is_invalid(host: str, part: str) -> None:
    with pytest.raises(ConfigError) as rejection:
        resolve(host, 7)
    assert part in str(rejection.value)


def test_error_of_the_system_is_raised_when_a_name_is_unknown() -> None:
    with pytest.raises(socket.gaierror):
        resolve("2001:db8::x", 7)
