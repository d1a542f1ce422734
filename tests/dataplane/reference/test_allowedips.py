"""The allowed-IPs lookup, compared with a model."""

from ipaddress import ip_address, ip_network

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pywg_embedded.core.errors import LimitError
from pywg_embedded.dataplane.reference.allowedips import AllowedIPs
from tests.dataplane.packets import address, prefix

LIMIT = 8
Prefix = tuple[bytes, int]


class Model:
    """A list of prefixes with a linear search."""

    def __init__(self) -> None:
        self.owners: dict[Prefix, int] = {}

    def insert(self, prefix: Prefix, peer: int) -> bool:
        if prefix not in self.owners and len(self.owners) == LIMIT:
            return False
        self.owners[prefix] = peer
        return True

    def remove(self, prefix: Prefix, peer: int) -> None:
        if self.owners.get(prefix) == peer:
            del self.owners[prefix]

    def remove_peer(self, peer: int) -> None:
        self.owners = {p: owner for p, owner in self.owners.items() if owner != peer}

    def lookup(self, wanted: bytes) -> int | None:
        matching = [
            (cidr, peer)
            for (network, cidr), peer in self.owners.items()
            if len(network) == len(wanted)
            and ip_address(wanted) in ip_network((network, cidr))
        ]
        return max(matching)[1] if matching else None


def networks(size: int) -> st.SearchStrategy[Prefix]:
    """Return random prefixes, many of them adjacent."""
    bits = 8 * size
    near = st.integers(0, 255).map(lambda n: (n << bits - 8 | n).to_bytes(size, "big"))
    edges = st.sampled_from([0, 1, 7, 8, 9, bits - 1, bits])
    return st.tuples(
        st.one_of(near, st.binary(min_size=size, max_size=size)),
        st.one_of(edges, st.integers(0, bits)),
    ).map(masked)


def masked(prefix: Prefix) -> Prefix:
    network = ip_network(prefix, strict=False)
    return network.network_address.packed, network.prefixlen


def reading_order(prefix: Prefix) -> tuple[int, int, bytes]:
    network, cidr = prefix
    return len(network), -cidr, network


PREFIXES = st.one_of(networks(4), networks(16))
PEERS = st.integers(0, 2)
STEPS = st.one_of(
    st.tuples(st.just("insert"), PREFIXES, PEERS),
    st.tuples(st.just("insert"), PREFIXES, PEERS),
    st.tuples(st.just("remove"), PREFIXES, PEERS),
    st.tuples(st.just("remove peer"), PREFIXES, PEERS),
)


def apply(table: AllowedIPs, model: Model, step: tuple[str, Prefix, int]) -> None:
    verb, prefix, peer = step
    if verb == "insert":
        if model.insert(prefix, peer):
            table.insert(*prefix, peer)
        else:
            with pytest.raises(LimitError):
                table.insert(*prefix, peer)
    elif verb == "remove":
        model.remove(prefix, peer)
        table.remove(*prefix, peer)
    else:
        model.remove_peer(peer)
        table.remove_peer(peer)


@given(st.lists(STEPS, max_size=30), st.lists(PREFIXES, min_size=1, max_size=10))
def test_the_table_matches_a_model(
    steps: list[tuple[str, Prefix, int]], others: list[Prefix]
) -> None:
    table, model = AllowedIPs(LIMIT), Model()
    for step in steps:
        apply(table, model, step)
    for network, cidr in [*others, *model.owners, *(step[1] for step in steps)]:
        assert table.owner(network, cidr) == model.owners.get((network, cidr))
        last = network[:-1] + bytes([network[-1] ^ 1])
        for wanted in (network, last):
            assert table.lookup(wanted) == model.lookup(wanted)
            assert table.lookup(memoryview(wanted)) == model.lookup(wanted)
    for peer in range(3):
        mine = [prefix for prefix, owner in model.owners.items() if owner == peer]
        assert list(table.peer_prefixes(peer)) == sorted(mine, key=reading_order)


# Prefix: peer. Then: address, peer.
TABLE = (
    ("0.0.0.0/0", 1),
    ("10.0.0.0/8", 2),
    ("10.128.0.0/9", 3),
    ("10.128.0.1/32", 4),
    ("::/0", 5),
    ("fd00::/8", 6),
    ("fd00::1/128", 7),
    ("fd00::/127", 8),
)
LOOKUPS = (
    ("0.0.0.0", 1),
    ("255.255.255.255", 1),
    ("9.255.255.255", 1),
    ("10.0.0.0", 2),
    ("10.127.255.255", 2),
    ("10.128.0.0", 3),
    ("10.128.0.1", 4),
    ("10.128.0.2", 3),
    ("11.0.0.0", 1),
    ("::", 5),
    ("fcff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", 5),
    ("fd00::", 8),
    ("fd00::1", 7),
    ("fd00::2", 6),
    ("ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", 5),
)


@pytest.mark.parametrize(
    "row", range(len(LOOKUPS)), ids=[str(row[0]) for row in LOOKUPS]
)
def test_the_longest_prefix_wins(row: int) -> None:
    table = AllowedIPs(len(TABLE))
    for text, peer in TABLE:
        table.insert(*prefix(text), peer)
    wanted, peer = LOOKUPS[row]
    assert table.lookup(address(wanted)) == peer


def test_families_do_not_interfere() -> None:
    table = AllowedIPs(2)
    table.insert(*prefix("0.0.0.0/0"), 1)
    assert table.lookup(address("::ffff:10.0.0.1")) is None
    table.insert(*prefix("::/0"), 2)
    assert table.lookup(address("10.0.0.1")) == 1
