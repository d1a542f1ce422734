"""``pywg limits``: the tables of the arena."""

import re
from pathlib import Path

import pytest

from pywg_embedded.dataplane import native
from pywg_embedded.dataplane.limits import Limits
from tests.cli.server import Server, pywg
from tests.control.support import key, peer_status, status

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
        ("--wg0", "unknown option '--wg0' (expected --max-peers or --max-allowed"),
        ("wg0", "wg0: no such interface; start it with 'pywgd wg0'"),
    ],
)
def test_error_is_one_line(arguments: str, message: str, tmp_path: Path) -> None:
    result = pywg(tmp_path, "limits", *arguments.split())
    assert result.stderr.startswith(f"pywg: {message}")
    assert (result.stdout, result.returncode) == ("", 1)
    assert result.stderr.count("\n") == 1


def test_limits_of_an_interface_show_how_full_the_tables_are(tmp_path: Path) -> None:
    peer = peer_status(1, "10.0.0.0/8", "10.1.0.0/16")
    peer.allowed_ips_left_out = 5
    shown = status(peer, max_peers=1, max_allowed_ips=2)
    shown.peers_left_out = [key(2), key(3)]
    with Server(tmp_path, shown):
        result = pywg(tmp_path, "limits", "wgtest")
    assert (result.stderr, result.returncode) == ("", 0)
    lines = result.stdout.splitlines()
    assert lines[:3] == [
        "limits: wgtest",
        "  peers: 1 of 1, 2 left out",
        "  allowed IPs: 2 of 2, 5 left out",
    ]
    total = sum(size for _, size in native.tables(Limits(1, 2)))
    (found,) = (line for line in lines if line.startswith("  total: "))
    assert bytes_of(found.removeprefix("  total: ")) == pytest.approx(total, rel=0.01)
    assert lines[-2].startswith("  available memory: ")
    assert "max_peers" in lines[-1] and "--max-allowed-ips" in lines[-1]


def test_tables_are_not_shown_when_python_moves_the_packets(tmp_path: Path) -> None:
    shown = status(max_peers=1, max_allowed_ips=2, dataplane="python")
    with Server(tmp_path, shown):
        result = pywg(tmp_path, "limits", "wgtest")
    assert "  peers: 0 of 1\n" in result.stdout
    assert "total" not in result.stdout


# Words after "limits wgtest", the error.
REFUSED = [
    pytest.param((), "wgtest: the daemon of this interface reports no limits", id="go"),
    pytest.param(("--max-peers", "1"), "wgtest takes no option, but got", id="option"),
]


@pytest.mark.parametrize(("words", "message"), REFUSED)
def test_limits_of_an_interface_are_refused(
    tmp_path: Path, words: tuple[str, ...], message: str
) -> None:
    with Server(tmp_path, status()):
        result = pywg(tmp_path, "limits", "wgtest", *words)
    assert result.stderr.startswith(f"pywg: {message}")
    assert (result.stdout, result.returncode) == ("", 1)
