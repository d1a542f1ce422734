"""Tunnels between the implementations under test, in network namespaces."""

import os
from collections.abc import Iterator

import pytest

from tests.lab.topology import Lab, Tunnel
from tests.lab.wireguard import WireGuard

from .rekey_ping import Journey

# (initiator, responder)
PAIRS = [
    ("pywgd", "pywgd"),
    ("pywgd", "wireguard-go"),
    ("wireguard-go", "pywgd"),
    ("pywgd-two-lanes", "wireguard-go"),
    ("pywgd-python", "pywgd"),
    ("wireguard-go", "pywgd-python"),
]
PAIR_NAMES = [f"{left}-to-{right}" for left, right in PAIRS]
# Those that `make test` runs; the others are left to `make test-all`.
REPRESENTATIVE = (("pywgd", "wireguard-go"), ("wireguard-go", "pywgd"))
BY_PAIR = [
    pytest.param(
        pair, id=name, marks=() if pair in REPRESENTATIVE else pytest.mark.slow
    )
    for pair, name in zip(PAIRS, PAIR_NAMES)
]


@pytest.fixture(autouse=True, scope="session")
def root() -> None:
    if os.geteuid():
        pytest.skip("network namespaces need root")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Whoever waits for the long journeys comes last."""
    items.sort(key=_waits_for_journeys)


def _waits_for_journeys(item: pytest.Item) -> bool:
    return "journeys" in getattr(item, "fixturenames", ())


@pytest.fixture(autouse=True, scope="session")
def departures(
    root: None, request: pytest.FixtureRequest
) -> Iterator[dict[str, Journey]]:
    """One journey a pair, under way while the other tests run; none if unwanted.

    The workers of pytest-xdist have none: each collects all tests, one runs these.
    """
    here = "PYTEST_XDIST_WORKER" not in os.environ
    wanted = here and any(map(_waits_for_journeys, request.session.items))
    with Lab() as lab:
        yield _depart(lab) if wanted else {}


def _depart(lab: Lab) -> dict[str, Journey]:
    return {name: Journey(lab.tunnel(*pair)) for name, pair in zip(PAIR_NAMES, PAIRS)}


@pytest.fixture(scope="session")
def journeys(departures: dict[str, Journey]) -> Iterator[dict[str, Journey]]:
    """The journeys at their end."""
    with Lab() as lab:
        under_way = departures or _depart(lab)
        for journey in under_way.values():
            journey.finish()
        yield under_way


@pytest.fixture(scope="module", params=BY_PAIR)
def lasting_tunnel(request: pytest.FixtureRequest) -> Iterator[Tunnel]:
    with Lab() as lab:
        yield lab.tunnel(*request.param)


@pytest.fixture
def tunnel(lasting_tunnel: Tunnel) -> Tunnel:
    """Strangers, on hosts that the tests of one module share and leave as found."""
    lasting_tunnel.disconnect()
    return lasting_tunnel


@pytest.fixture(params=BY_PAIR)
def own_tunnel(request: pytest.FixtureRequest, lab: Lab) -> Tunnel:
    """Strangers, on hosts that the test may do anything to."""
    return lab.tunnel(*request.param)


@pytest.fixture
def our_tunnel(lab: Lab) -> Tunnel:
    """Strangers, both ours, for behaviour that other implementations lack."""
    return lab.tunnel("pywgd", "pywgd")


@pytest.fixture
def ours(our_tunnel: Tunnel) -> WireGuard:
    """One interface of ours; a stranger to everybody."""
    return our_tunnel.left
