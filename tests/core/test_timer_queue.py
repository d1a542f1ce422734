"""The timer queue, compared with a dictionary."""

from pywg_embedded.core.timer_queue import TimerQueue
from tests.core.support import SeededCrypto

STEPS = 5000
PEERS = 8


class Model:
    """A simple implementation by a dictionary."""

    def __init__(self) -> None:
        self.at: dict[int, int] = {}

    def schedule(self, peer_id: int, when: int) -> None:
        self.at[peer_id] = min(when, self.at.get(peer_id, when))

    def forget(self, peer_id: int) -> None:
        self.at.pop(peer_id, None)

    def next(self) -> int | None:
        return min(self.at.values()) if self.at else None

    def pop_due(self, now: int) -> list[int]:
        due = sorted((when, peer) for peer, when in self.at.items() if when <= now)
        for _, peer_id in due:
            del self.at[peer_id]
        return [peer_id for _, peer_id in due]


def test_nothing_is_due_in_an_empty_queue() -> None:
    queue = TimerQueue()
    assert queue.next() is None
    assert queue.pop_due(10**9) == []


def test_a_peer_is_due_at_its_time() -> None:
    queue = TimerQueue()
    queue.schedule(1, 100)
    assert queue.pop_due(99) == []
    assert queue.pop_due(100) == [1]
    assert queue.pop_due(100) == []


def test_an_earlier_time_replaces_a_later_one() -> None:
    queue = TimerQueue()
    for when in (100, 50, 70):
        queue.schedule(1, when)
    assert queue.next() == 50
    assert queue.pop_due(100) == [1]
    assert queue.next() is None


def test_a_reused_id_has_no_earlier_time() -> None:
    queue = TimerQueue()
    queue.schedule(1, 100)
    queue.forget(1)
    assert queue.next() is None
    queue.schedule(1, 200)
    assert queue.pop_due(100) == []
    assert queue.next() == 200


def test_random_operations_match_the_model() -> None:
    queue, model, draw, now = TimerQueue(), Model(), SeededCrypto(1), 0
    for step in range(STEPS):
        choice, peer_id = draw.random_below(8), draw.random_below(PEERS)
        if choice == 0:
            now += draw.random_below(60)
            assert queue.pop_due(now) == model.pop_due(now), f"step {step}"
        elif choice == 1:
            queue.forget(peer_id)
            model.forget(peer_id)
        else:
            when = now + draw.random_below(200)
            queue.schedule(peer_id, when)
            model.schedule(peer_id, when)
        assert queue.next() == model.next(), f"step {step}"


def test_stale_entries_do_not_accumulate() -> None:
    queue = TimerQueue()
    queue.schedule(1, 5_000)
    for now in range(1_000):
        queue.schedule(2, 10**6)
        queue.schedule(2, now)
        assert queue.pop_due(now) == [2]
    assert len(queue._heap) < 20
