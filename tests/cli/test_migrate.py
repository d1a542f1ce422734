"""``pywg migrate``: the file that it writes, and its messages."""

import time
from pathlib import Path

import pytest

from pywg_embedded.cli.main import main
from pywg_embedded.control import timestamp_file

STOCK = """config interface 'wg0'
\toption proto 'wireguard'

config wireguard_wg0
\toption public_key 'AQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQE='
"""
OURS = STOCK.replace("wireguard", "pywg")


@pytest.fixture
def file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("UCI_CONFIG_DIR", str(tmp_path))
    file = tmp_path / "network"
    file.write_text(STOCK)
    return file


def test_migration_is_reversible(
    file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["migrate", "wg0"]) == 0
    assert file.read_text() == OURS
    assert capsys.readouterr().out.splitlines() == [
        f"{file}: line 2: wireguard -> pywg",
        f"{file}: line 4: wireguard_wg0 -> pywg_wg0",
        "to start it, run: ifup wg0",
    ]
    assert main(["migrate", "wg0", "--back"]) == 0
    assert file.read_text() == STOCK


def test_another_file_is_migrated_when_it_is_given(
    file: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    copy = tmp_path / "copy"
    copy.write_text(STOCK)
    assert main(["migrate", "--config", str(copy), "wg0"]) == 0
    assert (file.read_text(), copy.read_text()) == (STOCK, OURS)


def test_problems_are_printed_when_a_value_is_invalid(
    file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file.write_text(
        STOCK.replace("\n\n", "\n\toption fwmark 'x'\n\toption x '1'\n\n", 1)
    )
    assert main(["migrate", "wg0"]) == 0
    assert capsys.readouterr().out.splitlines()[2:] == [
        "error: network.wg0.fwmark: invalid number 'x' (expected 0 to 4294967295)",
        "warning: network.wg0.x: unknown option",
        "correct the errors, then run: ifup wg0",
    ]


# Arguments, and a part of the error.
REJECTED = (
    ("--back wg0", "nothing to do: interface wg0 already has protocol wireguard"),
    ("wg1", "no interface 'wg1' in the configuration"),
    ("wg0 wg1", "usage: pywg migrate"),
    ("--back", "usage: pywg migrate"),
    ("--dry-run wg0", "unknown option '--dry-run'; see 'pywg migrate --help'"),
    ("--config /nonexistent/network wg0", "/nonexistent/network: No such file"),
    ("wg0 --config", ": No such file or directory"),
)


@pytest.mark.parametrize(("arguments", "part"), REJECTED)
def test_migration_is_rejected_when_it_is_impossible(
    file: Path, arguments: str, part: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["migrate", *arguments.split()]) == 1
    assert part in capsys.readouterr().err
    assert file.read_text() == STOCK


# Seconds by which the last timestamp is ahead of the clock, whether a warning is given.
AHEAD = (
    pytest.param(-3_600, False, id="behind"),
    pytest.param(0, False, id="now"),
    pytest.param(3_600, True, id="ahead"),
)


@pytest.mark.parametrize(("ahead", "warned"), AHEAD)
def test_way_back_warns_when_the_last_timestamp_is_ahead_of_the_clock(
    file: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    ahead: int,
    warned: bool,
) -> None:
    monkeypatch.setattr(timestamp_file, "FOLDER", str(tmp_path))
    used = time.time_ns() + ahead * 10**9
    stored = timestamp_file.StoredTimestamp(used, used, "boot", 1, 0)
    (tmp_path / "wg0.stamp").write_bytes(stored.format())
    assert main(["migrate", "wg0"]) == 0
    assert "warning" not in capsys.readouterr().out
    assert main(["migrate", "--back", "wg0"]) == 0
    assert ("behind the last handshake timestamp" in capsys.readouterr().out) == warned


def test_way_back_is_silent_when_the_file_of_timestamps_is_damaged(
    file: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr(timestamp_file, "FOLDER", str(tmp_path))
    (tmp_path / "wg0.stamp").write_bytes(b"damaged")
    file.write_text(OURS)
    assert main(["migrate", "--back", "wg0"]) == 0
    assert "warning" not in capsys.readouterr().out
