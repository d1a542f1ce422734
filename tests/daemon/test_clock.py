"""The clocks and their units."""

import sys
import time
from pathlib import Path

import pytest

from pywg_embedded.daemon import clock


def test_boottime_is_milliseconds_since_boot() -> None:
    before = time.clock_gettime_ns(time.CLOCK_BOOTTIME) // 1_000_000
    now = clock.boottime()
    after = time.clock_gettime_ns(time.CLOCK_BOOTTIME) // 1_000_000
    assert before <= now <= after


def test_wall_is_nanoseconds_since_1970() -> None:
    before = time.time_ns()
    now = clock.wall()
    assert before <= now <= time.time_ns()


# What the hotplug script has written, the wall clock less the boottime in seconds.
RECORDS = (
    pytest.param(None, None, id="none"),
    pytest.param("", None, id="empty"),
    pytest.param("1800000000\n", None, id="half"),
    pytest.param("now 5\n", None, id="text"),
    pytest.param("1800000000 50\n", 1_799_999_950, id="complete"),
)


@pytest.mark.parametrize(("text", "seconds"), RECORDS)
def test_record_of_ntp_is_read_when_it_is_complete(
    text: str | None,
    seconds: int | None,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    path = tmp_path / "clock"
    monkeypatch.setattr(clock, "NTP_RECORD", str(path))
    if text is not None:
        path.write_text(text)
    expected = None if seconds is None else seconds * 1_000_000_000
    assert clock.SystemClock().ntp_record() == expected


@pytest.mark.parametrize("text", [None, "", "1800000000\n"])
def test_hardware_clock_is_read_when_there_is_one(
    text: str | None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "since_epoch"
    monkeypatch.setattr(clock, "HARDWARE_CLOCK", str(path))
    if text is not None:
        path.write_text(text)
    expected = 1_800_000_000_000_000_000 if text else None
    assert clock.SystemClock().hardware_clock() == expected


def test_synchronization_is_that_of_the_kernel() -> None:
    from ctypes import CDLL, create_string_buffer

    # struct timex begins with modes; its status is the int after four longs.
    state = create_string_buffer(1024)
    assert CDLL(None).adjtimex(state) >= 0
    status = int.from_bytes(state.raw[40:44], "little")
    assert clock.SystemClock().is_synchronized() == (not status & 0x40)


def test_clock_is_not_synchronized_when_there_is_no_libpywg(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setitem(sys.modules, "pywg_embedded.dataplane.native", None)
    monkeypatch.delattr("pywg_embedded.dataplane.native")
    assert not clock.SystemClock().is_synchronized()


def test_release_is_before_now_and_boot_has_an_identifier() -> None:
    system = clock.SystemClock()
    assert clock.EARLIEST * 10**9 <= system.release_time() <= clock.wall()
    assert len(system.boot_id()) == 36
