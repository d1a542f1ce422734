"""Which peer an address belongs to: the longest prefix over all peers (paper 2)."""

from ...core.errors import LimitError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator


class AllowedIPs:
    """Prefixes of both families; a prefix belongs to one peer at a time."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._count = 0
        # address size: {prefix length, longest first: {prefix as a number: peer}}
        self._tables: dict[int, dict[int, dict[int, int]]] = {4: {}, 16: {}}

    def insert(self, address: bytes, cidr: int, peer_id: int) -> None:
        """Give a prefix to a peer, whoever had it; LimitError if there is no room."""
        prefix = _prefix(address, cidr)
        if self._tables[len(address)].get(cidr, {}).get(prefix) is None:
            if self._count >= self._limit:
                raise LimitError(
                    f"no room for more than {self._limit} allowed IPs; "
                    "start pywgd with a larger --max-allowed-ips"
                )
            self._count += 1
        self._table(len(address), cidr)[prefix] = peer_id

    def remove(self, address: bytes, cidr: int, peer_id: int) -> None:
        """Take a prefix from a peer, if it has it."""
        prefix = _prefix(address, cidr)
        lengths = self._tables[len(address)]
        if lengths.get(cidr, {}).get(prefix) == peer_id:
            del lengths[cidr][prefix]
            self._count -= 1
            self._drop_empty(lengths)

    def remove_peer(self, peer_id: int) -> None:
        """Take all prefixes from a peer."""
        for lengths in self._tables.values():
            for table in lengths.values():
                mine = [prefix for prefix, peer in table.items() if peer == peer_id]
                self._count -= len(mine)
                for prefix in mine:
                    del table[prefix]
            self._drop_empty(lengths)

    def lookup(self, address: bytes | memoryview) -> int | None:
        """The peer that this address belongs to."""
        number = int.from_bytes(address, "big")
        bits = 8 * len(address)
        for cidr, table in self._tables[len(address)].items():
            peer_id = table.get(number >> bits - cidr)
            if peer_id is not None:
                return peer_id
        return None

    def owner(self, address: bytes, cidr: int) -> int | None:
        """The peer that has exactly this prefix."""
        table = self._tables[len(address)].get(cidr, {})
        return table.get(_prefix(address, cidr))

    def of_peer(self, peer_id: int) -> "Iterator[tuple[bytes, int]]":
        """The prefixes of a peer, IPv4 first, longest first."""
        for size, lengths in self._tables.items():
            for cidr, table in lengths.items():
                for prefix, owner in table.items():
                    if owner == peer_id:
                        number = prefix << 8 * size - cidr
                        yield number.to_bytes(size, "big"), cidr

    def _table(self, size: int, cidr: int) -> dict[int, int]:
        lengths = self._tables[size]
        if cidr not in lengths:
            lengths[cidr] = {}
            self._tables[size] = dict(sorted(lengths.items(), reverse=True))
        return self._tables[size][cidr]

    def _drop_empty(self, lengths: dict[int, dict[int, int]]) -> None:
        for cidr in [cidr for cidr, table in lengths.items() if not table]:
            del lengths[cidr]


def _prefix(address: bytes, cidr: int) -> int:
    return int.from_bytes(address, "big") >> 8 * len(address) - cidr
