"""Sizes of the tables, threads and offloads from the UCI configuration."""

from pathlib import Path

import pytest

from pywg_embedded.daemon.arguments import Arguments
from pywg_embedded.daemon.dataplane import OFFLOADS
from pywg_embedded.daemon.log import Log
from pywg_embedded.daemon.openwrt import table_sizes
from pywg_embedded.daemon.openwrt.table_sizes import read_start_options, table_size
from pywg_embedded.dataplane.limits import MOST_ALLOWED_IPS, MOST_PEERS, Limits
from pywg_embedded.openwrt import options
from pywg_embedded.openwrt.uci_store import NetworkFile
from tests.openwrt.samples import interface_text, key_text, peer_text

PEERS, ALLOWED_IPS = Limits().peers, Limits().allowed_ips
PLENTY = 2**40


def start_options(
    monkeypatch: pytest.MonkeyPatch,
    folder: Path,
    text: str,
    *words: str,
    available: int = PLENTY,
) -> Arguments:
    """Return the arguments of a daemon for wg0, completed from a file."""
    monkeypatch.setenv("UCI_CONFIG_DIR", str(folder))
    monkeypatch.setattr(table_sizes, "available_memory", lambda: available)
    (folder / "network").write_text(text)
    arguments = Arguments([*words, "--uci", "wg0"])
    read_start_options(NetworkFile(), arguments, Log("wg0", "silent"))
    return arguments


def peers_text(count: int, allowed_ips: int = 0) -> str:
    """The sections of peers, with a number of allowed IPs in all."""
    ips = [f"10.{n >> 16}.{n >> 8 & 255}.{n & 255}" for n in range(allowed_ips)]
    lines = [f"list allowed_ips '{ip}'" for ip in ips]
    sections = [peer_text(1, *lines)] if count else []
    rest = [f"config pywg_wg0\n\toption public_key '{key_text(1)}'\n"] * (count - 1)
    return "".join([*sections, *rest])


# Configured entries, size of a table for at least 64.
SIZES = [
    pytest.param(0, 64, id="nothing"),
    pytest.param(31, 64, id="half-1"),
    pytest.param(32, 64, id="half"),
    pytest.param(33, 128, id="half+1"),
    pytest.param(63, 128, id="N-1"),
    pytest.param(64, 128, id="N"),
    pytest.param(65, 256, id="N+1"),
    pytest.param(1000, 2048, id="1000"),
    pytest.param(40_000, MOST_PEERS, id="maximum"),
    pytest.param(70_000, MOST_PEERS, id="beyond"),
]


@pytest.mark.parametrize(("needed", "size"), SIZES)
def test_table_has_room_for_twice_what_is_configured(needed: int, size: int) -> None:
    assert table_size(64, needed, MOST_PEERS) == size


# Peers and allowed IPs of the file, sizes.
AUTOMATIC = [
    pytest.param(1, 3, PEERS, ALLOWED_IPS, id="few"),
    pytest.param(PEERS, ALLOWED_IPS, 2 * PEERS, 2 * ALLOWED_IPS, id="N"),
    pytest.param(PEERS + 1, ALLOWED_IPS + 1, 4 * PEERS, 4 * ALLOWED_IPS, id="N+1"),
    pytest.param(1, 30_000, PEERS, 65_536, id="30000-allowed-ips"),
]


@pytest.mark.parametrize(("peers", "allowed_ips", "peer_size", "ip_size"), AUTOMATIC)
def test_tables_are_sized_from_the_file_when_no_option_is_set(
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    peers: int,
    allowed_ips: int,
    peer_size: int,
    ip_size: int,
) -> None:
    text = interface_text() + peers_text(peers, allowed_ips)
    found = start_options(monkeypatch, tmp_path, text).limits
    assert (found.peers, found.allowed_ips) == (peer_size, ip_size)
    assert "restart the interface" in found.peers_remedy


def test_disabled_peers_take_no_room(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    text = interface_text() + (peer_text(1, "option disabled on") * 200)
    assert start_options(monkeypatch, tmp_path, text).limits.peers == PEERS


# Available memory in entries of each table, size, part of the remedy.
BOUNDED = [
    pytest.param(8 * 2000, 4096, "restart the interface", id="headroom-fits"),
    pytest.param(3000, 3000, "restart the interface", id="less-headroom"),
    pytest.param(1500, 1500, "free memory limits", id="less-than-configured"),
    pytest.param(10, ALLOWED_IPS, "free memory limits", id="never-below-the-default"),
]


@pytest.mark.parametrize(("entries", "size", "remedy"), BOUNDED)
def test_free_memory_limits_the_tables(
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    entries: int,
    size: int,
    remedy: str,
) -> None:
    room = entries * table_sizes.BYTES_PER_ALLOWED_IP + table_sizes.BYTES_PER_PEER
    text = interface_text() + peers_text(1, 2000)
    found = start_options(monkeypatch, tmp_path, text, available=2 * room).limits
    assert found.allowed_ips == size
    assert remedy in found.allowed_ips_remedy


def test_options_of_the_file_set_sizes_threads_and_offloads(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    text = interface_text(
        "option max_peers 3",
        "option max_allowed_ips 1048576",
        "option threads 2",
        "option offloads 'tso gro'",
    )
    found = start_options(monkeypatch, tmp_path, text + peers_text(5), available=0)
    assert (found.limits.peers, found.limits.allowed_ips) == (3, MOST_ALLOWED_IPS)
    assert found.threads == 2
    assert found.offloads == OFFLOADS["tso"] + OFFLOADS["gro"]
    assert found.limits.peers_remedy == "raise option max_peers"
    assert found.limits.allowed_ips_remedy == "raise option max_allowed_ips"


def test_command_line_overrides_the_options_of_the_file(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    words = [
        "--max-peers",
        "7",
        "--max-allowed-ips",
        "8",
        "--threads",
        "1",
        "--offload",
        "gso",
    ]
    text = interface_text(
        "option max_peers 3",
        "option max_allowed_ips 4",
        "option threads 2",
        "option offloads none",
    )
    found = start_options(monkeypatch, tmp_path, text, *words)
    assert (found.limits.peers, found.limits.allowed_ips) == (7, 8)
    assert (found.threads, found.offloads) == (1, OFFLOADS["gso"])
    assert "--max-peers" in found.limits.peers_remedy


# Lines of the interface, each invalid or the default.
DEFAULTS = [
    pytest.param("option max_peers 0", id="max-peers"),
    pytest.param("option max_allowed_ips many", id="max-allowed-ips"),
    pytest.param("option threads 3", id="threads"),
    pytest.param("option offloads lro", id="offloads"),
    pytest.param("option mtu x", id="another-option"),
]


@pytest.mark.parametrize("line", DEFAULTS)
def test_invalid_option_has_its_default(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, line: str
) -> None:
    found = start_options(monkeypatch, tmp_path, interface_text(line))
    assert (found.limits.peers, found.limits.allowed_ips) == (PEERS, ALLOWED_IPS)
    assert (found.threads, found.offloads) == (1, sum(OFFLOADS.values()))


@pytest.mark.parametrize(
    "text", ["config interface wg1\n", "nonsense\n"], ids=["missing", "malformed"]
)
def test_file_that_cannot_be_read_leaves_the_defaults(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, text: str
) -> None:
    assert start_options(monkeypatch, tmp_path, text).limits.peers == PEERS


def test_reference_plane_keeps_its_single_thread(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    text = interface_text("option threads 2")
    found = start_options(monkeypatch, tmp_path, text, "--dataplane", "python")
    assert found.threads == 1


def test_offloads_of_the_options_are_those_of_the_data_plane() -> None:
    assert tuple(OFFLOADS) == options.OFFLOADS


def test_file_that_changes_after_it_was_read_ahead_is_read_again(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("UCI_CONFIG_DIR", str(tmp_path))
    path = tmp_path / "network"
    path.write_text("config interface wg0\n")
    file = NetworkFile()
    ahead = file.read_ahead()
    assert file.read() is ahead
    assert file.read() is not ahead
    file.read_ahead()
    path.write_text("config interface wg1\n\toption proto pywg\n")
    assert [section.name for section in file.read()] == ["wg1"]
