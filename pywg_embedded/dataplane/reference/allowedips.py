"""The allowed-IPs lookup: the longest prefix match over all peers (paper 2)."""

from ..limits import too_many_allowed_ips

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator


class AllowedIPs:
    """The prefixes of all peers and both families; a prefix has one peer at most."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self.count = 0
        # address size: {prefix length, longest first: {prefix as an integer: peer}}
        self._tables: dict[int, dict[int, dict[int, int]]] = {4: {}, 16: {}}
        # peer: its prefixes as (address size, prefix length, prefix as an integer)
        self._prefixes_of: dict[int, set[tuple[int, int, int]]] = {}

    def insert(self, address: bytes, cidr: int, peer_id: int) -> None:
        """Assign a prefix to a peer, and take it from any other.

        Raises LimitError if the table is full.
        """
        size, prefix = len(address), _prefix(address, cidr)
        owner = self.owner(address, cidr)
        if owner is not None:
            self._prefixes_of[owner].discard((size, cidr, prefix))
        elif self.count >= self._limit:
            raise too_many_allowed_ips(self._limit)
        else:
            self.count += 1
        self._table(size, cidr)[prefix] = peer_id
        self._prefixes_of.setdefault(peer_id, set()).add((size, cidr, prefix))

    def remove(self, address: bytes, cidr: int, peer_id: int) -> None:
        """Remove a prefix from a peer, if the peer has it."""
        if self.owner(address, cidr) == peer_id:
            item = (len(address), cidr, _prefix(address, cidr))
            self._prefixes_of[peer_id].discard(item)
            self._forget(*item)

    def remove_peer(self, peer_id: int) -> None:
        """Remove all prefixes of a peer."""
        for item in self._prefixes_of.pop(peer_id, ()):
            self._forget(*item)

    def lookup(self, address: bytes | memoryview) -> int | None:
        """Return the peer of the longest prefix that matches an address, or None."""
        value = int.from_bytes(address, "big")
        bits = 8 * len(address)
        for cidr, table in self._tables[len(address)].items():
            peer_id = table.get(value >> bits - cidr)
            if peer_id is not None:
                return peer_id
        return None

    def owner(self, address: bytes, cidr: int) -> int | None:
        """Return the peer that has exactly this prefix, or None."""
        table = self._tables[len(address)].get(cidr, {})
        return table.get(_prefix(address, cidr))

    def peer_prefixes(self, peer_id: int) -> "Iterator[tuple[bytes, int]]":
        """Yield the prefixes of a peer: IPv4 before IPv6, longest first."""
        prefixes = self._prefixes_of.get(peer_id, ())
        for size, cidr, prefix in sorted(prefixes, key=lambda p: (p[0], -p[1], p[2])):
            value = prefix << 8 * size - cidr
            yield value.to_bytes(size, "big"), cidr

    def _table(self, size: int, cidr: int) -> dict[int, int]:
        lengths = self._tables[size]
        if cidr not in lengths:
            lengths[cidr] = {}
            self._tables[size] = dict(sorted(lengths.items(), reverse=True))
        return self._tables[size][cidr]

    def _forget(self, size: int, cidr: int, prefix: int) -> None:
        table = self._tables[size][cidr]
        del table[prefix]
        self.count -= 1
        if not table:
            del self._tables[size][cidr]


def _prefix(address: bytes, cidr: int) -> int:
    return int.from_bytes(address, "big") >> 8 * len(address) - cidr
