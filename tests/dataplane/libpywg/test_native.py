"""What the binding does beside what every plane does."""

import socket
from collections.abc import Iterator

import pytest

from pywg_embedded.core.errors import LimitError
from pywg_embedded.dataplane import native, reference
from pywg_embedded.dataplane.limits import MOST_ALLOWED_IPS, MOST_PEERS, Limits

SMALL = Limits(peers=2, allowed_ips=1)
PREFIXES = ((b"\x0a\0\0\0", 8), (b"\x0b\0\0\0", 8))


@pytest.fixture
def tun() -> Iterator[int]:
    here, there = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    with here, there:
        yield here.fileno()


def resident() -> int:
    """Bytes of this process in memory."""
    with open("/proc/self/statm") as file:
        return int(file.read().split()[1]) * 4096


def test_planes_that_go_give_their_memory_back(tun: int) -> None:
    for _ in range(100):
        native.Plane(tun, SMALL).add_peer(0)


def test_room_that_nobody_uses_costs_nothing(tun: int) -> None:
    before = resident()
    plane = native.Plane(tun, Limits(MOST_PEERS, MOST_ALLOWED_IPS))
    plane.add_peer(MOST_PEERS - 1)
    size = sum(size for _, size in native.tables(Limits(MOST_PEERS, MOST_ALLOWED_IPS)))
    assert size > 300_000_000
    assert resident() - before < 1_000_000


def test_tables_grow_with_the_limit_that_they_are_for() -> None:
    small = dict(native.tables(Limits(peers=64, allowed_ips=64)))
    more_peers = dict(native.tables(Limits(peers=128, allowed_ips=64)))
    more_prefixes = dict(native.tables(Limits(peers=64, allowed_ips=128)))
    assert more_peers["keypairs"] == 2 * small["keypairs"]
    assert [n for n in small if more_prefixes[n] != small[n]] == ["allowed IPs"]


def test_a_full_table_is_refused_in_the_same_words_as_by_the_reference(
    tun: int,
) -> None:
    refusals = []
    planes = native.Plane(tun, SMALL), reference.Plane(tun, SMALL, lambda: 1)
    for plane in planes:
        plane.add_peer(0)
        with pytest.raises(LimitError) as refusal:
            plane.allow(0, PREFIXES)
        refusals.append((str(refusal.value), refusal.value.errno))
    assert refusals[0] == refusals[1]


def test_many_prefixes_read_back_equal(tun: int) -> None:
    count = 130_000
    plane = native.Plane(tun, Limits(allowed_ips=count))
    plane.add_peer(0)
    prefixes = [((n << 8).to_bytes(4, "big"), 24) for n in range(count)]
    plane.allow(0, prefixes[::-1])
    assert list(plane.allowed_ips(0)) == prefixes


def test_what_is_not_there_is_an_error_of_the_system(tun: int) -> None:
    plane = native.Plane(tun, SMALL)
    with pytest.raises(FileNotFoundError):
        plane.remove_peer(1)
    with pytest.raises(OSError, match="No space left"):
        plane.add_peer(2)
    with pytest.raises(OSError, match="Bad file descriptor"):
        native.Plane(-1, SMALL)
