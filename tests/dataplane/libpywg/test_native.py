"""What only libpywg does, beside the tests of all planes."""

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
    plane_end, test_end = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    with plane_end, test_end:
        yield plane_end.fileno()


def resident() -> int:
    """Return the resident memory of this process in bytes."""
    with open("/proc/self/statm") as file:
        return int(file.read().split()[1]) * 4096


def test_memory_is_returned_when_planes_are_deleted(tun: int) -> None:
    for _ in range(100):
        native.Plane(tun, SMALL).add_peer(0)


def test_unused_table_space_takes_no_memory(tun: int) -> None:
    before = resident()
    plane = native.Plane(tun, Limits(MOST_PEERS, MOST_ALLOWED_IPS))
    plane.add_peer(MOST_PEERS - 1)
    size = sum(size for _, size in native.tables(Limits(MOST_PEERS, MOST_ALLOWED_IPS)))
    assert size > 300_000_000
    assert resident() - before < 1_000_000


def test_tables_grow_with_their_limit_only() -> None:
    small = dict(native.tables(Limits(peers=64, allowed_ips=64)))
    more_peers = dict(native.tables(Limits(peers=128, allowed_ips=64)))
    more_prefixes = dict(native.tables(Limits(peers=64, allowed_ips=128)))
    assert more_peers["keypairs"] == 2 * small["keypairs"]
    assert [n for n in small if more_prefixes[n] != small[n]] == ["allowed IPs"]


def test_full_table_raises_the_same_error_as_the_reference(
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


def test_many_prefixes_are_read_back(tun: int) -> None:
    count = 130_000
    plane = native.Plane(tun, Limits(allowed_ips=count))
    plane.add_peer(0)
    prefixes = [((n << 8).to_bytes(4, "big"), 24) for n in range(count)]
    plane.allow(0, prefixes[::-1])
    assert list(plane.allowed_ips(0)) == prefixes


def test_unknown_peer_and_bad_descriptor_raise_oserror(tun: int) -> None:
    plane = native.Plane(tun, SMALL)
    with pytest.raises(FileNotFoundError):
        plane.remove_peer(1)
    with pytest.raises(OSError, match="No space left"):
        plane.add_peer(2)
    with pytest.raises(OSError, match="Bad file descriptor"):
        native.Plane(-1, SMALL)
