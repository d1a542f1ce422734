"""The peers of a device by public key, by id, and by handshake index."""

from .errors import LimitError
from .peer import Peer

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from .crypto import Crypto


class Peers:
    """A table of at most ``limit`` peers; ids are small, and reused."""

    def __init__(self, crypto: "Crypto", limit: int) -> None:
        self._crypto = crypto
        self._limit = limit
        self._by_key: dict[bytes, Peer] = {}
        self._by_id: dict[int, Peer] = {}
        self._by_index: dict[int, Peer] = {}
        self._free_ids: list[int] = []

    def __iter__(self) -> "Iterator[Peer]":
        return iter(list(self._by_key.values()))

    def __len__(self) -> int:
        return len(self._by_key)

    def with_key(self, public_key: bytes) -> Peer | None:
        """Return the peer of a public key, or None."""
        return self._by_key.get(public_key)

    def with_id(self, peer_id: int) -> Peer | None:
        """Return the peer of an id, or None."""
        return self._by_id.get(peer_id)

    def with_index(self, index: int) -> Peer | None:
        """Return the peer of a sent handshake message by its index, or None."""
        return self._by_index.get(index)

    def keys(self) -> set[bytes]:
        """Return the public keys of all peers."""
        return set(self._by_key)

    def check_limit(self, count: int) -> None:
        """Check that the table can hold ``count`` peers; raises LimitError."""
        if count > self._limit:
            raise LimitError(
                f"too many peers: {count} (limit {self._limit}); "
                "restart pywgd with a larger --max-peers"
            )

    def add(self, public_key: bytes) -> Peer:
        """Add a peer, and return it; raises LimitError if the table is full."""
        self.check_limit(len(self._by_id) + 1)
        peer_id = self._free_ids.pop() if self._free_ids else len(self._by_id)
        peer = Peer(self._crypto, peer_id, public_key)
        self._by_key[public_key] = self._by_id[peer_id] = peer
        return peer

    def remove(self, peer: Peer) -> None:
        """Remove a peer, and overwrite its secrets."""
        if peer.handshake is not None:
            self.release_index(peer.handshake.local_index)
        self.release_index(peer.response_index)
        del self._by_key[peer.public_key]
        del self._by_id[peer.id]
        self._free_ids.append(peer.id)
        peer.wipe()

    def claim_index(self, peer: Peer, index: int) -> None:
        """Map an index to a peer."""
        self._by_index[index] = peer

    def release_index(self, index: int | None) -> None:
        """Remove the mapping of an index; None is ignored."""
        if index is not None:
            self._by_index.pop(index, None)
