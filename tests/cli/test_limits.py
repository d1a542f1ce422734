"""``pywg limits``: the tables of the arena."""

import re
from pathlib import Path

import pytest

from pywg_embedded.dataplane import native
from pywg_embedded.dataplane.limits import Limits
from tests.cli.server import pywg

UNITS = {"B": 1, "KiB": 2**10, "MiB": 2**20, "GiB": 2**30}
# Options, and their limits.
ROWS: tuple[tuple[str, Limits], ...] = (
    ("", Limits()),
    ("--max-peers 1000", Limits(peers=1000)),
    ("--max-allowed-ips=130561", Limits(allowed_ips=130_561)),
    ("--max-allowed-ips 1048576 --max-peers 65535", Limits(65_535, 1_048_576)),
)


def bytes_of(text: str) -> float:
    """Return the number of bytes in a text such as ``1.50 KiB``."""
    amount, unit = text.split()
    return float(amount) * UNITS[unit]


@pytest.mark.parametrize(("options", "limits"), ROWS, ids=lambda value: str(value)[:40])
def test_total_is_the_sum_of_the_tables(
    options: str, limits: Limits, tmp_path: Path
) -> None:
    result = pywg(tmp_path, "limits", *options.split())
    first, *lines = result.stdout.splitlines()
    room = f"{limits.peers} peers, {limits.allowed_ips} allowed IPs"
    assert (first, result.stderr) == (f"limits: {room}", "")
    sizes = native.tables(limits)
    expected = [*sizes, ("total", sum(size for _, size in sizes))]
    for line, (name, size) in zip(lines, expected, strict=True):
        found = re.fullmatch(f"  {name}: (.+)", line)
        assert found, line
        assert bytes_of(found[1]) == pytest.approx(size, rel=0.01)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ("--max-peers 0", "--max-peers: invalid number '0' (expected 1 to 65535)"),
        ("--max-peers", "--max-peers: invalid number '' (expected 1 to 65535)"),
        (
            "--max-allowed-ips=x",
            "--max-allowed-ips: invalid number 'x' (expected 1 to ",
        ),
        ("wg0", "unknown option 'wg0' (expected --max-peers or --max-allowed"),
    ],
)
def test_error_is_one_line(arguments: str, message: str, tmp_path: Path) -> None:
    result = pywg(tmp_path, "limits", *arguments.split())
    assert result.stderr.startswith(f"pywg: {message}")
    assert (result.stdout, result.returncode) == ("", 1)
    assert result.stderr.count("\n") == 1
