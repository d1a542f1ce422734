"""Lookups in threads: results, errors and the limit."""

import select

import pytest

from pywg_embedded.daemon.endpoints.lookups import MAX_LOOKUPS, Lookups

TYPE_CHECKING = False
if TYPE_CHECKING:
    from pywg_embedded.core.config import EndpointTuple

KEY = b"k" * 32
# A host, its endpoints, and a part of the error.
RESULTS: "tuple[tuple[str, list[EndpointTuple], str], ...]" = (
    ("192.0.2.1", [(bytes((192, 0, 2, 1)), 7, 0)], ""),
    ("::1", [(bytes(15) + b"\1", 7, 0)], ""),
    ("10.1", [], "invalid IP address '10.1'"),
    ("2001:db8::x", [], "not known"),
)


def readable(lookups: Lookups) -> bool:
    return bool(select.select([lookups.descriptor()], [], [], 60)[0])


@pytest.mark.parametrize(("host", "endpoints", "part"), RESULTS)
def test_lookup_returns_endpoints_or_an_error(
    host: str, endpoints: "list[EndpointTuple]", part: str
) -> None:
    lookups = Lookups()
    lookups.start(KEY, (host, 7))
    assert readable(lookups)
    ((key, name, found, error),) = lookups.results()
    assert (key, name, found) == (KEY, (host, 7), endpoints)
    assert part in error and bool(error) == (not endpoints)


def test_lookup_returns_an_error_when_an_exception_is_unexpected() -> None:
    lookups = Lookups()
    lookups.start(KEY, ("." * 2, 7))  # a UnicodeError
    assert readable(lookups)
    ((_, _, found, error),) = lookups.results()
    assert not found and error
    assert lookups.capacity() == MAX_LOOKUPS


def test_capacity_is_restored_when_results_are_taken() -> None:
    lookups = Lookups()
    for port in range(MAX_LOOKUPS):
        lookups.start(KEY, ("192.0.2.1", port))
    assert lookups.capacity() == 0
    ports: set[int] = set()
    while len(ports) < MAX_LOOKUPS:
        assert readable(lookups)
        ports |= {name[1] for _, name, _, _ in lookups.results()}
    assert lookups.capacity() == MAX_LOOKUPS


def test_results_are_empty_without_lookups() -> None:
    assert list(Lookups().results()) == []
