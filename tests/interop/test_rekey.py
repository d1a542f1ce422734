"""Sessions are renewed in time and without packet loss."""

import pytest

from .conftest import PAIR_NAMES
from .rekey_ping import RekeyPing

# All tests use the same pings, which take two minutes.
pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("rekey_pings")]


@pytest.mark.parametrize("pair", PAIR_NAMES)
def test_session_is_renewed_once_after_two_minutes(
    rekey_pings: dict[str, RekeyPing], pair: str
) -> None:
    age = rekey_pings[pair].last_handshake - rekey_pings[pair].first_handshake
    # A busy machine may be late; a second renewal would be due after 240 s.
    assert 120 <= age < 240


@pytest.mark.parametrize("pair", PAIR_NAMES)
def test_no_packet_is_lost_when_the_session_is_renewed(
    rekey_pings: dict[str, RekeyPing], pair: str
) -> None:
    assert rekey_pings[pair].received == rekey_pings[pair].sent > 0
