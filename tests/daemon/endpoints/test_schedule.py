"""When names are looked up, and which address is tried, on a clock of the test's."""

from itertools import pairwise

from pywg_embedded.daemon.endpoints.schedule import (
    LOOKUP_TIMEOUT,
    MAX_DELAY,
    MIN_DELAY,
    LookupSchedule,
    interleave_families,
)
from pywg_embedded.daemon.status.reachability import (
    HANDSHAKE_OVERDUE_AFTER,
    REPLY_TIMEOUT,
    Reachability,
)

START = 1_000_000
SECOND = 1_000
MINUTE = 60 * SECOND
NAME = ("vpn.example.com", 51820)
KEY = b"k" * 32
V4, V4_OTHER, V6 = (b"4aaa", 1, 0), (b"4bbb", 1, 0), (b"6" * 16, 1, 0)


class Case:
    """A schedule with one name, a clock, and a peer's ``reachability``."""

    def __init__(self) -> None:
        self.now = START
        self.reachability = Reachability()
        self.schedule = LookupSchedule()
        self.schedule.set_names({KEY: NAME}, self.now)

    def wait(self, milliseconds: int) -> "Case":
        self.now += milliseconds
        return self

    def asks(self) -> bool:
        due = self.schedule.take_due(self.now, lambda key: self.reachability, 1)
        assert due in ([], [(KEY, NAME)])
        return bool(due)

    def moves(self) -> object:
        moves = self.schedule.next_endpoints(self.now, lambda key: self.reachability)
        for _, self.reachability.endpoint in moves:
            return self.reachability.endpoint
        return None

    def finds(self, *endpoints: tuple[bytes, int, int]) -> object:
        reachability = self.reachability
        found = self.schedule.handle_result(
            KEY, NAME, [*endpoints], reachability, self.now
        )
        reachability.endpoint = found or reachability.endpoint
        return found

    def is_heard(self) -> None:
        self.reachability = Reachability(self.now, endpoint=self.reachability.endpoint)

    def lookups_within(self, milliseconds: int) -> list[int]:
        """When it asks, if every lookup fails at once."""
        times = []
        for since in range(0, milliseconds, 500):
            if self.asks():
                times.append(since)
                self.finds()
            self.wait(500)
        return times


def settled(*endpoints: tuple[bytes, int, int]) -> Case:
    """A peer at the first of these, heard just now."""
    case = Case()
    assert case.asks()
    assert case.finds(*endpoints) == endpoints[0]
    case.is_heard()
    return case


def test_new_name_is_looked_up_once_at_once() -> None:
    case = Case()
    assert case.asks()
    assert not case.asks()
    assert case.finds(V4) == V4


def test_delay_doubles_when_lookups_fail() -> None:
    times = Case().lookups_within(10 * MINUTE)
    pauses = [after - before for before, after in pairwise(times)]
    assert pauses[:3] == [MIN_DELAY, 2 * MIN_DELAY, 4 * MIN_DELAY]
    assert pauses[-1] == MAX_DELAY


def test_delay_is_cut_short_when_the_network_changes() -> None:
    case = Case()
    case.lookups_within(10 * MINUTE)
    case.schedule.network_changed(case.now)
    assert case.wait(MIN_DELAY).asks()


def test_name_is_not_looked_up_when_the_peer_is_reachable() -> None:
    case = settled(V4)
    assert not case.wait(HANDSHAKE_OVERDUE_AFTER - 1).asks()


def test_name_is_looked_up_when_the_handshake_is_overdue() -> None:
    case = settled(V4)
    assert case.wait(HANDSHAKE_OVERDUE_AFTER).asks()
    assert case.finds(V4_OTHER) == V4_OTHER


def test_endpoint_is_kept_when_the_name_still_resolves_to_it() -> None:
    case = settled(V4)
    assert case.wait(HANDSHAKE_OVERDUE_AFTER).asks()
    assert case.finds(V6, V4) is None


def test_name_is_looked_up_when_the_peer_is_unresponsive() -> None:
    case = settled(V4)
    case.reachability.unresponsive = True
    assert case.wait(REPLY_TIMEOUT).asks()
    assert case.finds(V4_OTHER) == V4_OTHER


def test_roamed_peer_keeps_its_endpoint() -> None:
    case = settled(V4)
    case.reachability.endpoint = V4_OTHER
    assert case.wait(HANDSHAKE_OVERDUE_AFTER).asks()
    case.is_heard()
    assert case.finds(V4) is None


def test_endpoint_is_kept_when_the_peer_initiated_the_handshake() -> None:
    case = Case()
    assert case.asks()
    case.finds()
    case.wait(SECOND).is_heard()
    assert not case.wait(MINUTE).asks()


def test_new_name_is_looked_up_when_the_peer_is_reachable() -> None:
    case = settled(V4)
    case.schedule.set_names({KEY: ("other.example.com", 1)}, case.wait(SECOND).now)
    due = case.schedule.take_due(case.now, lambda key: case.reachability, 1)
    assert due == [(KEY, ("other.example.com", 1))]
    found = case.schedule.handle_result(
        KEY, due[0][1], [V6], case.reachability, case.now
    )
    assert found == V6


def test_state_is_kept_when_the_names_are_unchanged() -> None:
    case = settled(V4)
    case.schedule.set_names({KEY: NAME}, case.now)
    assert not case.asks()


def test_restarted_name_is_looked_up_at_once_and_no_other() -> None:
    schedule = LookupSchedule()
    other = b"o" * 32
    schedule.set_names({KEY: NAME, other: NAME}, START)
    for key, name in schedule.take_due(START, lambda key: Reachability(), 2):
        schedule.handle_result(key, name, [], Reachability(), START)
    schedule.restart([KEY, b"nobody" * 5], START)
    assert schedule.take_due(START, lambda key: Reachability(), 2) == [(KEY, NAME)]


def test_result_is_ignored_when_the_name_was_replaced() -> None:
    case = Case()
    assert case.asks()
    case.schedule.set_names({KEY: ("other.example.com", 1)}, case.now)
    assert case.finds(V4) is None
    case.schedule.set_names({}, case.now)
    assert case.finds(V4) is None


def test_22116_addresses_of_both_families_are_tried_in_turn() -> None:
    case = settled(V6, V4)
    case.reachability.unresponsive = True
    seen = []
    for _ in range(4 * REPLY_TIMEOUT // SECOND):
        if case.wait(SECOND).asks():
            seen.append(case.finds(V6, V4))
        seen.append(case.moves())
    assert [one for one in seen if one] == [V4, V6, V4, V6]


def test_next_address_is_tried_when_one_was_found_twice() -> None:
    case = settled(V4, V4, V4_OTHER)
    case.reachability.unresponsive = True
    case.wait(REPLY_TIMEOUT).asks()
    assert case.finds(V4, V4, V4_OTHER) == V4_OTHER


def test_next_address_is_tried_after_the_reply_timeout() -> None:
    case = settled(V6, V4)
    case.reachability.unresponsive = True
    case.wait(REPLY_TIMEOUT).asks()
    assert case.finds(V6, V4) == V4
    case.wait(REPLY_TIMEOUT - 1)
    assert not case.asks()
    assert case.moves() is None


def test_known_addresses_are_tried_when_the_name_server_is_dead() -> None:
    case = settled(V6, V4)
    case.reachability.unresponsive = True
    assert case.wait(REPLY_TIMEOUT).asks()
    assert case.moves() is None
    assert case.wait(LOOKUP_TIMEOUT).moves() == V4
    assert case.wait(REPLY_TIMEOUT).moves() == V6


def test_endpoint_is_kept_when_a_lookup_ends_before_the_reply_timeout() -> None:
    case = settled(V6, V4)
    case.reachability.unresponsive = True
    assert case.wait(REPLY_TIMEOUT).asks()
    assert case.wait(LOOKUP_TIMEOUT).moves() == V4
    assert case.wait(SECOND).finds(V6, V4) is None


def test_number_of_lookups_is_bounded_by_the_capacity() -> None:
    schedule = LookupSchedule()
    schedule.set_names({bytes((n,)): ("x", n) for n in range(5)}, START)
    counts = [
        len(schedule.take_due(START, lambda key: Reachability(), room))
        for room in (2, 0, 9)
    ]
    assert counts == [2, 0, 3]


# Endpoints as the system gives them, and as they are tried.
ORDERS = (
    ([V4], [V4]),
    ([V6, V4], [V6, V4]),
    ([V4, V4_OTHER, V6], [V4, V6, V4_OTHER]),
    ([V6, V4, V4_OTHER], [V6, V4, V4_OTHER]),
    ([V4, V4, V6, V4_OTHER, V6], [V4, V6, V4_OTHER]),
)


def test_families_are_interleaved() -> None:
    assert [interleave_families(given) for given, _ in ORDERS] == [
        tried for _, tried in ORDERS
    ]
