"""Timestamps: encoding, whitening, increase."""

from pywg_embedded.core.tai64n import TimestampGenerator, encode
from tests.core.support import WALL

SECOND = 1_000_000_000
YEAR = 365 * 86_400 * SECOND
STEP = 2**24

# nanoseconds since 1970, the label in hex
ENCODED = (
    (0, "400000000000000a00000000"),
    (1, "400000000000000a00000001"),
    (SECOND - 1, "400000000000000a3b9ac9ff"),
    (SECOND, "400000000000000b00000000"),
    # 2000-01-01T00:00:00Z
    (946_684_800 * SECOND, "40000000386d438a00000000"),
    # 2023-11-14T22:13:20Z, half a second later
    (1_700_000_000 * SECOND + SECOND // 2, "400000006553f10a1dcd6500"),
    # beyond 2038 and 2106
    (2**31 * SECOND, "400000008000000a00000000"),
    (2**32 * SECOND, "400000010000000a00000000"),
)

# nanoseconds within a second, after whitening
WHITENED = (
    (0, 0),
    (1, 0),
    (STEP - 1, 0),
    (STEP, STEP),
    (2 * STEP - 1, STEP),
    (59 * STEP - 1, 58 * STEP),
    (SECOND - 1, 59 * STEP),
)


class WallClock:
    """A clock that stands still until it is set."""

    def __init__(self, nanoseconds: int = WALL) -> None:
        self.nanoseconds = nanoseconds

    def __call__(self) -> int:
        return self.nanoseconds


def test_timestamps_are_tai64n_labels() -> None:
    for row, (nanoseconds, label) in enumerate(ENCODED):
        assert encode(nanoseconds).hex() == label, f"row {row}"


def test_timestamps_are_rounded_down_to_2_24_nanoseconds() -> None:
    for row, (fraction, whitened) in enumerate(WHITENED):
        stamp = TimestampGenerator(WallClock(WALL + fraction)).after(0)
        assert stamp == WALL + whitened, f"row {row}"


def test_labels_increase_while_the_clock_stands_still() -> None:
    stamps, stamp = TimestampGenerator(WallClock()), 0
    label = b""
    for n in range(200):
        stamp = stamps.after(stamp)
        assert encode(stamp) > label, f"stamp {n}"
        label = encode(stamp)


def test_nanoseconds_stay_below_a_second() -> None:
    stamps, stamp = TimestampGenerator(WallClock(WALL + 58 * STEP)), 0
    for n in range(200):
        stamp = stamps.after(stamp)
        fraction = int.from_bytes(encode(stamp)[8:], "big")
        assert fraction < SECOND, f"stamp {n}"
        assert fraction % STEP == 0, f"stamp {n}"


def test_timestamps_increase_after_the_clock_was_set_back() -> None:
    clock = WallClock()
    stamps = TimestampGenerator(clock)
    before = stamps.after(0)
    clock.nanoseconds -= 10 * YEAR
    after = stamps.after(before)
    assert encode(after) > encode(before)
    assert encode(stamps.after(after)) > encode(after)


def test_a_new_peer_gets_the_latest_time_after_the_clock_was_set_back() -> None:
    clock = WallClock()
    stamps = TimestampGenerator(clock)
    before = stamps.after(0)
    clock.nanoseconds -= 10 * YEAR
    assert stamps.after(0) == before


def test_timestamps_follow_a_clock_that_was_set_forward() -> None:
    clock = WallClock(0)
    stamps = TimestampGenerator(clock)
    early = stamps.after(0)
    clock.nanoseconds = WALL
    assert early < SECOND
    assert stamps.after(early) == WALL


def test_each_peer_has_its_own_timestamps() -> None:
    stamps = TimestampGenerator(WallClock())
    first = stamps.after(0)
    assert stamps.after(first) > first
    assert stamps.after(0) == first


def test_all_timestamps_are_above_the_floor_when_it_is_raised() -> None:
    for ahead in (-YEAR, -1, 0, 1, STEP, 58 * STEP, 59 * STEP, SECOND - 1, YEAR):
        stamps = TimestampGenerator(WallClock())
        stamps.raise_floor(WALL + ahead)
        for previous in (0, WALL - YEAR):
            assert stamps.after(previous) > WALL + ahead - STEP, ahead
            assert encode(stamps.after(previous)) > encode(
                TimestampGenerator(WallClock(WALL + ahead)).after(0)
            ), ahead
            if ahead < -STEP:
                assert stamps.after(previous) == WALL
