"""The schedule against a dictionary that is searched from end to end."""

from pywg_embedded.core.timer_queue import TimerQueue
from tests.core.support import SeededCrypto

STEPS = 5000
PEERS = 8


class Model:
    """At most one instant a peer, without a thought for speed."""

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
    schedule = TimerQueue()
    assert schedule.next() is None
    assert schedule.pop_due(10**9) == []


def test_a_peer_is_due_at_its_time() -> None:
    schedule = TimerQueue()
    schedule.schedule(1, 100)
    assert schedule.pop_due(99) == []
    assert schedule.pop_due(100) == [1]
    assert schedule.pop_due(100) == []


def test_an_earlier_time_replaces_a_later_one() -> None:
    schedule = TimerQueue()
    for when in (100, 50, 70):
        schedule.schedule(1, when)
    assert schedule.next() == 50
    assert schedule.pop_due(100) == [1]
    assert schedule.next() is None


def test_a_reused_id_has_no_earlier_time() -> None:
    schedule = TimerQueue()
    schedule.schedule(1, 100)
    schedule.forget(1)
    assert schedule.next() is None
    schedule.schedule(1, 200)
    assert schedule.pop_due(100) == []
    assert schedule.next() == 200


def test_random_operations_match_the_model() -> None:
    schedule, model, draw, now = TimerQueue(), Model(), SeededCrypto(1), 0
    for step in range(STEPS):
        choice, peer_id = draw.random_below(8), draw.random_below(PEERS)
        if choice == 0:
            now += draw.random_below(60)
            assert schedule.pop_due(now) == model.pop_due(now), f"step {step}"
        elif choice == 1:
            schedule.forget(peer_id)
            model.forget(peer_id)
        else:
            when = now + draw.random_below(200)
            schedule.schedule(peer_id, when)
            model.schedule(peer_id, when)
        assert schedule.next() == model.next(), f"step {step}"


def test_stale_entries_do_not_accumulate() -> None:
    schedule = TimerQueue()
    schedule.schedule(1, 5_000)
    for now in range(1_000):
        schedule.schedule(2, 10**6)
        schedule.schedule(2, now)
        assert schedule.pop_due(now) == [2]
    assert len(schedule._heap) < 20
