"""The replay window in every position of its words."""

from pywg_embedded.core.constants import REPLAY_WINDOW_BITS, REPLAY_WINDOW_SIZE
from pywg_embedded.dataplane.reference.replay import ReplayWindow

ROUNDS = 3 * REPLAY_WINDOW_BITS


def test_counters_in_order_are_each_accepted_once() -> None:
    window = ReplayWindow()
    for counter in range(ROUNDS):
        assert window.accept(counter)
        assert not window.accept(counter)


def test_every_second_counter_is_accepted_a_window_late() -> None:
    window = ReplayWindow()
    late = REPLAY_WINDOW_SIZE - 1
    for counter in range(1, ROUNDS, 2):
        assert window.accept(counter)
        if counter > late:
            assert window.accept(counter - late)
            assert not window.accept(counter - late)
            assert not window.accept(counter - late - 2)


def test_a_whole_window_is_accepted_backwards() -> None:
    window = ReplayWindow()
    for counter in range(ROUNDS, ROUNDS - REPLAY_WINDOW_SIZE - 1, -1):
        assert window.accept(counter)
    assert not any(window.accept(counter) for counter in range(ROUNDS + 1))
