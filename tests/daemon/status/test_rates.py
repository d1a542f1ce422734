"""The last ten minutes of a peer."""

from pywg_embedded.daemon.status.rates import LENGTH, STEP, Rates


def test_sample_is_bytes_per_second() -> None:
    rates = Rates(500, 1_000, 2_000)
    rates.sample(500 + STEP, 1_000 + 10_000, 2_000 + 50)
    assert rates.last() == (1_000, 5)
    assert rates.history() == ([1_000], [5])


def test_rate_is_correct_when_a_step_took_longer() -> None:
    rates = Rates(0, 0, 0)
    rates.sample(2 * STEP, 20_000, 0)
    assert rates.last() == (1_000, 0)


def test_sample_is_skipped_within_a_step() -> None:
    rates = Rates(0, 0, 0)
    rates.sample(STEP - 1, 10_000, 10_000)
    assert rates.history() == ([], [])
    assert rates.last() == (0, 0)


def test_oldest_sample_is_replaced_when_the_ring_is_full() -> None:
    rates = Rates(0, 0, 0)
    for step in range(1, LENGTH + 3):
        # A byte a second more in each step than in the one before.
        rates.sample(step * STEP, 10 * step * (step + 1) // 2, 0)
    assert rates.history()[0] == list(range(3, LENGTH + 3))
    assert rates.last() == (LENGTH + 2, 0)


def test_rate_is_zero_when_a_counter_restarts() -> None:
    rates = Rates(0, 5_000, 5_000)
    rates.sample(STEP, 10, 10)
    assert rates.last() == (0, 0)


def test_rate_is_capped_at_32_bits() -> None:
    rates = Rates(0, 0, 0)
    rates.sample(STEP, 2**60, 0)
    assert rates.last() == (2**32 - 1, 0)
