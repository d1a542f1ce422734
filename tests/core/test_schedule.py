"""The schedule against a dictionary that is searched from end to end."""

from pywg_embedded.core.schedule import Schedule
from tests.core.samples import Seeded

STEPS = 5000
PEERS = 8


class Model:
    """At most one instant a peer, without a thought for speed."""

    def __init__(self) -> None:
        self.at: dict[int, int] = {}

    def no_later_than(self, peer_id: int, when: int) -> None:
        self.at[peer_id] = min(when, self.at.get(peer_id, when))

    def forget(self, peer_id: int) -> None:
        self.at.pop(peer_id, None)

    def next(self) -> int | None:
        return min(self.at.values()) if self.at else None

    def take_due(self, now: int) -> list[int]:
        due = sorted((when, peer) for peer, when in self.at.items() if when <= now)
        for _, peer_id in due:
            del self.at[peer_id]
        return [peer_id for _, peer_id in due]


def test_an_empty_schedule_has_nothing_due() -> None:
    schedule = Schedule()
    assert schedule.next() is None
    assert schedule.take_due(10**9) == []


def test_an_instant_is_due_when_it_has_come() -> None:
    schedule = Schedule()
    schedule.no_later_than(1, 100)
    assert schedule.take_due(99) == []
    assert schedule.take_due(100) == [1]
    assert schedule.take_due(100) == []


def test_an_earlier_instant_replaces_a_later_one() -> None:
    schedule = Schedule()
    for when in (100, 50, 70):
        schedule.no_later_than(1, when)
    assert schedule.next() == 50
    assert schedule.take_due(100) == [1]
    assert schedule.next() is None


def test_a_forgotten_id_that_is_used_again_starts_anew() -> None:
    schedule = Schedule()
    schedule.no_later_than(1, 100)
    schedule.forget(1)
    assert schedule.next() is None
    schedule.no_later_than(1, 200)
    assert schedule.take_due(100) == []
    assert schedule.next() == 200


def test_random_use_agrees_with_the_model() -> None:
    schedule, model, draw, now = Schedule(), Model(), Seeded(1), 0
    for step in range(STEPS):
        choice, peer_id = draw.below(8), draw.below(PEERS)
        if choice == 0:
            now += draw.below(60)
            assert schedule.take_due(now) == model.take_due(now), f"step {step}"
        elif choice == 1:
            schedule.forget(peer_id)
            model.forget(peer_id)
        else:
            when = now + draw.below(200)
            schedule.no_later_than(peer_id, when)
            model.no_later_than(peer_id, when)
        assert schedule.next() == model.next(), f"step {step}"


def test_what_is_stale_does_not_pile_up() -> None:
    schedule = Schedule()
    schedule.no_later_than(1, 5_000)
    for now in range(1_000):
        schedule.no_later_than(2, 10**6)
        schedule.no_later_than(2, now)
        assert schedule.take_due(now) == [2]
    assert len(schedule._heap) < 20
