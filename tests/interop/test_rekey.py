"""Sessions are renewed in time, and nobody notices."""

import pytest

from .conftest import PAIR_NAMES
from .rekey_ping import Journey

# All wait for the same journeys, of two minutes.
pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("journeys")]


@pytest.mark.parametrize("pair", PAIR_NAMES)
def test_the_session_is_renewed_once_after_two_minutes(
    journeys: dict[str, Journey], pair: str
) -> None:
    age = journeys[pair].last_handshake - journeys[pair].first_handshake
    # A busy machine may be late, but a second renewal is due after 240 s only.
    assert 120 <= age < 240


@pytest.mark.parametrize("pair", PAIR_NAMES)
def test_no_packet_is_lost_on_the_way(journeys: dict[str, Journey], pair: str) -> None:
    assert journeys[pair].received == journeys[pair].sent > 0
