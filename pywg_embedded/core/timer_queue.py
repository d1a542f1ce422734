"""The next due time of each peer: a heap with lazy deletion."""

from heapq import heapify, heappop, heappush

_STALE_ALLOWANCE = 8


class TimerQueue:
    """At most one due time per peer, in milliseconds."""

    def __init__(self) -> None:
        self._heap: list[tuple[int, int]] = []
        self._due_at: dict[int, int] = {}

    def schedule(self, peer_id: int, when: int) -> None:
        """Schedule a peer for this time, unless it is already scheduled earlier.

        A peer that is due too early is harmless: its next due time is derived anew.
        """
        if self._due_at.get(peer_id, when + 1) > when:
            self._due_at[peer_id] = when
            heappush(self._heap, (when, peer_id))
            if len(self._heap) > 2 * len(self._due_at) + _STALE_ALLOWANCE:
                self._rebuild()

    def forget(self, peer_id: int) -> None:
        """Remove the due time of a peer, if any."""
        self._due_at.pop(peer_id, None)

    def next(self) -> int | None:
        """Return the earliest due time, or None."""
        self._drop_stale()
        return self._heap[0][0] if self._heap else None

    def pop_due(self, now: int) -> list[int]:
        """Remove and return the ids of the peers that are due, in order of time."""
        due = []
        self._drop_stale()
        while self._heap and self._heap[0][0] <= now:
            peer_id = heappop(self._heap)[1]
            del self._due_at[peer_id]
            due.append(peer_id)
            self._drop_stale()
        return due

    def _rebuild(self) -> None:
        # Only stale entries at the top of the heap are removed in passing.
        self._heap = [(when, peer_id) for peer_id, when in self._due_at.items()]
        heapify(self._heap)

    def _drop_stale(self) -> None:
        heap = self._heap
        while heap and self._due_at.get(heap[0][1]) != heap[0][0]:
            heappop(heap)
