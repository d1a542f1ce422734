"""The allowed IPs of a plane: assignment, limits, listing."""

from collections.abc import Callable

import pytest

from pywg_embedded.core.errors import ENOSPC, LimitError
from pywg_embedded.dataplane.limits import Limits

from .packets import ip, prefix
from .rig import Rig

ONE, OTHER = 0, 1
PREFIXES = ("10.0.0.0/8", "10.0.0.0/24", "10.0.0.7/32", "0.0.0.0/0", "fd00::/8")


def table(rig: Rig, peer: int) -> set[tuple[bytes, int]]:
    return set(rig.plane.allowed_ips(peer))


@pytest.fixture
def small(make_rig: Callable[[Limits], Rig]) -> Rig:
    rig = make_rig(Limits(allowed_ips=len(PREFIXES)))
    rig.add_peer(ONE, *PREFIXES)
    rig.add_peer(OTHER)
    return rig


def test_allowed_ips_are_listed_exactly(small: Rig) -> None:
    assert table(small, ONE) == {prefix(text) for text in PREFIXES}
    assert table(small, OTHER) == set()


# IPv4 first, longest prefix first, then by address.
IN_ORDER = (
    "10.0.0.7/32",
    "192.0.2.1/32",
    "10.0.0.0/24",
    "10.0.0.0/8",
    "0.0.0.0/0",
    "fd00::1/128",
    "fd00::2/128",
    "fd00::/8",
    "::/0",
)


def test_allowed_ips_are_listed_in_a_fixed_order(rig: Rig) -> None:
    expected = [prefix(text) for text in IN_ORDER]
    for peer, step in enumerate((1, -1, 4, 7)):
        rig.add_peer(peer)
        for n in range(len(expected)):
            rig.plane.allow(peer, [expected[n * step % len(expected)]])
        assert list(rig.plane.allowed_ips(peer)) == expected, step


def test_a_prefix_moves_to_the_peer_it_is_assigned_to(small: Rig) -> None:
    small.plane.allow(OTHER, [prefix("10.0.0.0/24")])
    assert table(small, OTHER) == {prefix("10.0.0.0/24")}
    assert table(small, ONE) == {prefix(text) for text in PREFIXES} - table(
        small, OTHER
    )


def test_the_peer_of_each_prefix_and_their_number_are_reported(
    small: Rig,
) -> None:
    small.plane.disallow(ONE, *prefix("0.0.0.0/0"))
    small.plane.allow(OTHER, [prefix("10.0.0.0/24"), prefix("fd00::/8")])
    asked = ("fd00::/8", "0.0.0.0/0", "10.0.0.0/8", "10.0.0.0/9", "10.0.0.0/24")
    owners = small.plane.allowed_ip_owners([prefix(text) for text in asked])
    assert owners == [OTHER, None, ONE, None, OTHER]
    assert small.plane.allowed_ip_owners([]) == []
    assert small.plane.allowed_ip_count() == len(PREFIXES) - 1


def test_a_prefix_is_removed_only_from_its_peer(small: Rig) -> None:
    small.plane.disallow(OTHER, *prefix("10.0.0.0/24"))
    small.plane.disallow(ONE, *prefix("10.0.0.0/23"))
    assert len(table(small, ONE)) == len(PREFIXES)
    small.plane.disallow(ONE, *prefix("10.0.0.0/24"))
    assert prefix("10.0.0.0/24") not in table(small, ONE)


def test_a_full_table_raises_an_error_and_stays_unchanged(small: Rig) -> None:
    with pytest.raises(LimitError) as refusal:
        small.plane.allow(OTHER, [prefix("192.0.2.0/24")])
    assert refusal.value.errno == ENOSPC
    assert "--max-allowed-ips" in str(refusal.value)
    assert table(small, OTHER) == set()
    assert table(small, ONE) == {prefix(text) for text in PREFIXES}


def test_prefixes_before_the_limit_are_assigned(small: Rig) -> None:
    small.plane.disallow(ONE, *prefix("0.0.0.0/0"))
    wanted = ("192.0.2.0/24", "10.0.0.0/8", "192.0.3.0/24", "fd00::/8")
    with pytest.raises(LimitError):
        small.plane.allow(OTHER, [prefix(text) for text in wanted])
    assert table(small, OTHER) == {prefix(text) for text in wanted[:2]}


def test_prefixes_move_and_repeat_in_a_full_table(small: Rig) -> None:
    for peer in (OTHER, OTHER, ONE):
        small.plane.allow(peer, [prefix("0.0.0.0/0")])
    assert table(small, OTHER) == set()


RELEASES: tuple[Callable[[Rig], None], ...] = (
    lambda rig: rig.plane.disallow(ONE, *prefix("fd00::/8")),
    lambda rig: rig.plane.disallow_all(ONE),
    lambda rig: rig.remove_peer(ONE),
)


@pytest.mark.parametrize(
    "row", range(len(RELEASES)), ids=["disallow", "disallow_all", "remove_peer"]
)
def test_removed_prefixes_make_room(small: Rig, row: int) -> None:
    RELEASES[row](small)
    small.plane.allow(OTHER, [prefix("192.0.2.0/24")])
    assert table(small, OTHER) == {prefix("192.0.2.0/24")}
    small.write_tun(ip("fd00::2", "fd00::1"))
    assert small.drops() == {"no_peer": 1}
