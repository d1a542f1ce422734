"""Tunnels between the implementations under test, in network namespaces."""

import os
from collections.abc import Iterator

import pytest

from tests.lab.topology import Lab, Tunnel
from tests.lab.wireguard import WireGuard

from .rekey_ping import RekeyPing

# (initiator, responder)
PAIRS = [
    ("pywgd", "pywgd"),
    ("pywgd", "wireguard-go"),
    ("wireguard-go", "pywgd"),
    ("pywgd-two-threads", "wireguard-go"),
    ("pywgd-python", "pywgd"),
    ("wireguard-go", "pywgd-python"),
]
PAIR_NAMES = [f"{left}-to-{right}" for left, right in PAIRS]
# The pairs that `make test` runs; `make test-all` runs all of them.
REPRESENTATIVE = (("pywgd", "wireguard-go"), ("wireguard-go", "pywgd"))
BY_PAIR = [
    pytest.param(
        pair, id=name, marks=() if pair in REPRESENTATIVE else pytest.mark.slow
    )
    for pair, name in zip(PAIRS, PAIR_NAMES)
]


@pytest.fixture(autouse=True, scope="session")
def root() -> None:
    """Skip all tests of this folder without root."""
    if os.geteuid():
        pytest.skip("network namespaces need root")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Run the tests that use the long pings last."""
    items.sort(key=_uses_rekey_pings)


def _uses_rekey_pings(item: pytest.Item) -> bool:
    return "rekey_pings" in getattr(item, "fixturenames", ())


@pytest.fixture(autouse=True, scope="session")
def started_pings(
    root: None, request: pytest.FixtureRequest
) -> Iterator[dict[str, RekeyPing]]:
    """Start one long ping per pair, beside the other tests, if a test needs it.

    The workers of pytest-xdist start none: each collects all tests, but only one runs
    those that need them.
    """
    here = "PYTEST_XDIST_WORKER" not in os.environ
    wanted = here and any(map(_uses_rekey_pings, request.session.items))
    with Lab() as lab:
        yield _start_pings(lab) if wanted else {}


def _start_pings(lab: Lab) -> dict[str, RekeyPing]:
    return {name: RekeyPing(lab.tunnel(*pair)) for name, pair in zip(PAIR_NAMES, PAIRS)}


@pytest.fixture(scope="session")
def rekey_pings(started_pings: dict[str, RekeyPing]) -> Iterator[dict[str, RekeyPing]]:
    """Wait for the end of the long pings."""
    with Lab() as lab:
        pings = started_pings or _start_pings(lab)
        for ping in pings.values():
            ping.finish()
        yield pings


@pytest.fixture(scope="module", params=BY_PAIR)
def module_tunnel(request: pytest.FixtureRequest) -> Iterator[Tunnel]:
    with Lab() as lab:
        yield lab.tunnel(*request.param)


@pytest.fixture
def tunnel(module_tunnel: Tunnel) -> Tunnel:
    """Two interfaces without peers; the tests of one module share their hosts."""
    module_tunnel.disconnect()
    return module_tunnel


@pytest.fixture(params=BY_PAIR)
def private_tunnel(request: pytest.FixtureRequest, lab: Lab) -> Tunnel:
    """Two interfaces without peers, on hosts of this test alone."""
    return lab.tunnel(*request.param)


@pytest.fixture
def pywgd_tunnel(lab: Lab) -> Tunnel:
    """Two pywgd interfaces without peers, for behaviour of pywgd alone."""
    return lab.tunnel("pywgd", "pywgd")


@pytest.fixture
def pywgd(pywgd_tunnel: Tunnel) -> WireGuard:
    """A pywgd interface without peers."""
    return pywgd_tunnel.left
