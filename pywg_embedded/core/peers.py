"""The peers of a device, found by public key, by id, and by handshake index."""

from .errors import LimitError
from .peer import Peer

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from .crypto import Crypto


class Peers:
    """A table of at most ``limit`` peers; ids are small and used again."""

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
        return self._by_key.get(public_key)

    def with_id(self, peer_id: int) -> Peer | None:
        return self._by_id.get(peer_id)

    def with_index(self, index: int) -> Peer | None:
        """The peer of a handshake message that we sent under this index."""
        return self._by_index.get(index)

    def keys(self) -> set[bytes]:
        return set(self._by_key)

    def check_limit(self, count: int) -> None:
        """Raises LimitError if so many peers are too many."""
        if count > self._limit:
            raise LimitError(
                f"{count} peers are more than the {self._limit} that there is room "
                "for; start pywgd with a larger --max-peers"
            )

    def add(self, public_key: bytes) -> Peer:
        """A new peer; raises LimitError if the table is full."""
        self.check_limit(len(self._by_id) + 1)
        peer_id = self._free_ids.pop() if self._free_ids else len(self._by_id)
        peer = Peer(self._crypto, peer_id, public_key)
        self._by_key[public_key] = self._by_id[peer_id] = peer
        return peer

    def remove(self, peer: Peer) -> None:
        """Forget a peer and wipe its secrets."""
        if peer.handshake is not None:
            self.release_index(peer.handshake.local_index)
        self.release_index(peer.response_index)
        del self._by_key[peer.public_key]
        del self._by_id[peer.id]
        self._free_ids.append(peer.id)
        peer.wipe()

    def claim_index(self, peer: Peer, index: int) -> None:
        """This index now leads to this peer."""
        self._by_index[index] = peer

    def release_index(self, index: int | None) -> None:
        if index is not None:
            self._by_index.pop(index, None)
