"""The last ten minutes of a peer."""

from pywg_embedded.daemon.status.rates import LENGTH, STEP, Rates


def test_bytes_become_bytes_a_second() -> None:
    rates = Rates(500, 1_000, 2_000)
    rates.sample(500 + STEP, 1_000 + 10_000, 2_000 + 50)
    assert rates.last() == (1_000, 5)
    assert rates.history() == ([1_000], [5])


def test_a_step_that_took_longer_is_not_taken_for_speed() -> None:
    rates = Rates(0, 0, 0)
    rates.sample(2 * STEP, 20_000, 0)
    assert rates.last() == (1_000, 0)


def test_between_two_steps_nothing_is_noted() -> None:
    rates = Rates(0, 0, 0)
    rates.sample(STEP - 1, 10_000, 10_000)
    assert rates.history() == ([], [])
    assert rates.last() == (0, 0)


def test_the_oldest_makes_room() -> None:
    rates = Rates(0, 0, 0)
    for step in range(1, LENGTH + 3):
        # A byte a second more in each step than in the one before.
        rates.sample(step * STEP, 10 * step * (step + 1) // 2, 0)
    assert rates.history()[0] == list(range(3, LENGTH + 3))
    assert rates.last() == (LENGTH + 2, 0)


def test_a_counter_that_begins_anew_is_no_negative_speed() -> None:
    rates = Rates(0, 5_000, 5_000)
    rates.sample(STEP, 10, 10)
    assert rates.last() == (0, 0)


def test_what_is_too_fast_for_the_ring_is_its_greatest() -> None:
    rates = Rates(0, 0, 0)
    rates.sample(STEP, 2**60, 0)
    assert rates.last() == (2**32 - 1, 0)
