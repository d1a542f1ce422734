"""The replay window of each plane."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pywg_embedded.core.constants import REJECT_AFTER_MESSAGES, REPLAY_WINDOW_SIZE

from .rig import RemoteSession, Rig

PEER = 3
W = REPLAY_WINDOW_SIZE
LAST = REJECT_AFTER_MESSAGES - 1
NEW, OLD = True, False

# Received counters in order, and whether each is accepted.
ROWS: tuple[tuple[tuple[int, bool], ...], ...] = (
    # The beginning
    ((0, NEW), (0, OLD), (1, NEW), (1, OLD), (0, OLD)),
    ((1, NEW), (0, NEW), (0, OLD), (1, OLD)),
    # Out of order, twice
    ((9, NEW), (8, NEW), (7, NEW), (7, OLD), (6, NEW), (9, OLD), (10, NEW)),
    # The lower edge
    ((W, NEW), (0, NEW), (0, OLD)),
    ((W + 1, NEW), (0, OLD), (1, NEW), (1, OLD)),
    ((2 * W, NEW), (W - 1, OLD), (W, NEW), (W + 1, NEW), (W, OLD)),
    ((W - 1, NEW), (W, NEW), (W + 1, NEW), (0, OLD), (1, NEW)),
    # Words of 64
    ((63, NEW), (64, NEW), (63, OLD), (64, OLD), (62, NEW), (65, NEW)),
    ((64, NEW), (0, NEW), (128, NEW), (0, OLD), (64, OLD), (127, NEW)),
    # Bits that wrap onto where older ones were
    ((0, NEW), (W + 64, NEW), (W + 64, OLD), (64, NEW), (63, OLD)),
    ((5, NEW), (W + 64 + 5, NEW), (70, NEW), (5, OLD), (68, OLD), (69, NEW)),
    ((100, NEW), (2 * (W + 64) + 100, NEW), (W + 164, OLD), (W + 228, NEW)),
    # Large jumps clear the window
    ((5, NEW), (10**9, NEW), (5, OLD), (10**9 - W, NEW), (10**9 - W - 1, OLD)),
    ((3, NEW), (2**32 + 3, NEW), (2**32 + 2, NEW), (3, OLD), (2**32 + 3, OLD)),
    ((W + 63, NEW), (W + 64, NEW), (64, NEW), (63, OLD), (W + 65, NEW), (65, NEW)),
    ((64, NEW), (64 + W + 63, NEW), (64, OLD), (127, NEW), (126, OLD)),
    # ... and the word of the lower edge
    ((127, NEW), (4 * 8192, NEW), (3 * 8192 + 127, NEW), (3 * 8192 + 63, OLD)),
    # Near 2^31, 2^32, 2^63 and the end
    ((2**31 - 1, NEW), (2**31, NEW), (2**31 - 1, OLD), (2**31 - W, NEW)),
    ((2**32, NEW), (0, OLD), (2**32 - W, NEW), (2**32 - W - 1, OLD)),
    ((2**63 - 1, NEW), (2**63, NEW), (2**63 + 1, NEW), (2**63, OLD)),
    ((LAST, NEW), (LAST, OLD), (LAST - 1, NEW), (LAST - W, NEW), (LAST - W - 1, OLD)),
    ((LAST - 1, NEW), (LAST, NEW), (LAST + 1, OLD), (0, OLD), (LAST - 1, OLD)),
)


def accepts(rig: Rig, end: RemoteSession, counter: int) -> bool:
    before = rig.plane.facts(PEER).rx_bytes
    rig.deliver(end.seal(b"", counter))
    return bool(rig.plane.facts(PEER).rx_bytes > before)


def fresh_session(rig: Rig) -> RemoteSession:
    """Return a keypair with an empty window."""
    return rig.session(PEER, initiator=False)


@pytest.mark.parametrize("row", range(len(ROWS)))
def test_the_window_accepts_each_counter_once(rig: Rig, row: int) -> None:
    rig.add_peer(PEER)
    end = fresh_session(rig)
    for step, (counter, new) in enumerate(ROWS[row]):
        assert accepts(rig, end, counter) == new, (step, counter)


class Model:
    """A window that stores every counter."""

    def __init__(self) -> None:
        self._seen: set[int] = set()

    def accept(self, counter: int) -> bool:
        greatest = max(self._seen, default=0)
        if counter in self._seen or counter < greatest - W:
            return False
        self._seen.add(counter)
        return True


JUMPS = st.one_of(
    st.integers(-3, 3),
    st.integers(-W - 70, W + 70),
    st.sampled_from([-W - 1, -W, -W + 1, -64, 64, W, W + 64, 2 * W, 10**6]),
)


@given(start=st.integers(0, 2**62), jumps=st.lists(JUMPS, max_size=40))
@settings(
    max_examples=60,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
def test_the_window_matches_a_model(rig: Rig, start: int, jumps: list[int]) -> None:
    model, counter = Model(), start
    rig.add_peer(PEER)
    end = fresh_session(rig)
    try:
        for jump in [0, *jumps]:
            counter = max(0, counter + jump)
            assert accepts(rig, end, counter) == model.accept(counter), counter
    finally:
        rig.remove_peer(PEER)


def test_each_keypair_has_its_own_window(rig: Rig) -> None:
    rig.add_peer(PEER)
    first, second = rig.session(PEER), rig.session(PEER)
    assert accepts(rig, first, 10**6)
    assert accepts(rig, second, 0)
    assert not accepts(rig, first, 0)
