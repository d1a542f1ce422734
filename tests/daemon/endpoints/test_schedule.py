"""When names are looked up, and which address is tried, on a clock of the test's."""

from itertools import pairwise

from pywg_embedded.daemon.endpoints.schedule import (
    LONGEST_DELAY,
    LOOKUP_TIME,
    SHORTEST_DELAY,
    Resolver,
    in_turn,
)
from pywg_embedded.daemon.status.reachability import ANSWER_TIME, SILENT_AFTER, Hearing

START = 1_000_000
SECOND = 1_000
MINUTE = 60 * SECOND
NAME = ("vpn.example.com", 51820)
KEY = b"k" * 32
V4, V4_OTHER, V6 = (b"4aaa", 1, 0), (b"4bbb", 1, 0), (b"6" * 16, 1, 0)


class Case:
    """A resolver with one name, a clock, and a peer that is heard as ``hearing``."""

    def __init__(self) -> None:
        self.now = START
        self.hearing = Hearing()
        self.resolver = Resolver()
        self.resolver.set_names({KEY: NAME}, self.now)

    def wait(self, milliseconds: int) -> "Case":
        self.now += milliseconds
        return self

    def asks(self) -> bool:
        due = self.resolver.due(self.now, lambda key: self.hearing, 1)
        assert due in ([], [(KEY, NAME)])
        return bool(due)

    def moves(self) -> object:
        moves = self.resolver.moves(self.now, lambda key: self.hearing)
        for _, self.hearing.endpoint in moves:
            return self.hearing.endpoint
        return None

    def finds(self, *endpoints: tuple[bytes, int, int]) -> object:
        hearing = self.hearing
        found = self.resolver.found(KEY, NAME, [*endpoints], hearing, self.now)
        hearing.endpoint = found or hearing.endpoint
        return found

    def is_heard(self) -> None:
        self.hearing = Hearing(self.now, endpoint=self.hearing.endpoint)

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


def test_a_new_name_is_looked_up_at_once_and_once() -> None:
    case = Case()
    assert case.asks()
    assert not case.asks()
    assert case.finds(V4) == V4


def test_a_name_that_leads_nowhere_is_asked_for_less_and_less_often() -> None:
    times = Case().lookups_within(10 * MINUTE)
    pauses = [after - before for before, after in pairwise(times)]
    assert pauses[:3] == [SHORTEST_DELAY, 2 * SHORTEST_DELAY, 4 * SHORTEST_DELAY]
    assert pauses[-1] == LONGEST_DELAY


def test_a_change_of_the_network_ends_the_pause() -> None:
    case = Case()
    case.lookups_within(10 * MINUTE)
    case.resolver.hurry(case.now)
    assert case.wait(SHORTEST_DELAY).asks()


def test_a_peer_that_is_heard_is_left_alone() -> None:
    case = settled(V4)
    assert not case.wait(SILENT_AFTER - 1).asks()


def test_an_old_handshake_has_the_name_looked_up() -> None:
    case = settled(V4)
    assert case.wait(SILENT_AFTER).asks()
    assert case.finds(V4_OTHER) == V4_OTHER


def test_a_silent_peer_stays_where_its_name_still_leads() -> None:
    case = settled(V4)
    assert case.wait(SILENT_AFTER).asks()
    assert case.finds(V6, V4) is None


def test_speaking_in_vain_has_the_name_looked_up() -> None:
    case = settled(V4)
    case.hearing.in_vain = True
    assert case.wait(ANSWER_TIME).asks()
    assert case.finds(V4_OTHER) == V4_OTHER


def test_a_peer_that_roamed_is_not_called_back() -> None:
    case = settled(V4)
    case.hearing.endpoint = V4_OTHER
    assert case.wait(SILENT_AFTER).asks()
    case.is_heard()
    assert case.finds(V4) is None


def test_a_peer_that_came_by_itself_is_left_where_it_is() -> None:
    case = Case()
    assert case.asks()
    case.finds()
    case.wait(SECOND).is_heard()
    assert not case.wait(MINUTE).asks()


def test_a_name_that_is_new_counts_though_the_peer_is_heard() -> None:
    case = settled(V4)
    case.resolver.set_names({KEY: ("other.example.com", 1)}, case.wait(SECOND).now)
    due = case.resolver.due(case.now, lambda key: case.hearing, 1)
    assert due == [(KEY, ("other.example.com", 1))]
    found = case.resolver.found(KEY, due[0][1], [V6], case.hearing, case.now)
    assert found == V6


def test_the_same_names_again_change_nothing() -> None:
    case = settled(V4)
    case.resolver.set_names({KEY: NAME}, case.now)
    assert not case.asks()


def test_a_name_that_is_forgotten_is_looked_up_at_once_and_no_other() -> None:
    resolver = Resolver()
    other = b"o" * 32
    resolver.set_names({KEY: NAME, other: NAME}, START)
    for key, name in resolver.due(START, lambda key: Hearing(), 2):
        resolver.found(key, name, [], Hearing(), START)
    resolver.forget([KEY, b"nobody" * 5], START)
    assert resolver.due(START, lambda key: Hearing(), 2) == [(KEY, NAME)]


def test_an_answer_about_a_name_that_was_replaced_is_ignored() -> None:
    case = Case()
    assert case.asks()
    case.resolver.set_names({KEY: ("other.example.com", 1)}, case.now)
    assert case.finds(V4) is None
    case.resolver.set_names({}, case.now)
    assert case.finds(V4) is None


def test_22116_addresses_of_both_families_are_tried_in_turn() -> None:
    case = settled(V6, V4)
    case.hearing.in_vain = True
    seen = []
    for _ in range(4 * ANSWER_TIME // SECOND):
        if case.wait(SECOND).asks():
            seen.append(case.finds(V6, V4))
        seen.append(case.moves())
    assert [one for one in seen if one] == [V4, V6, V4, V6]


def test_an_address_that_was_found_twice_does_not_keep_the_next_from_its_turn() -> None:
    case = settled(V4, V4, V4_OTHER)
    case.hearing.in_vain = True
    case.wait(ANSWER_TIME).asks()
    assert case.finds(V4, V4, V4_OTHER) == V4_OTHER


def test_each_address_has_its_time_to_answer() -> None:
    case = settled(V6, V4)
    case.hearing.in_vain = True
    case.wait(ANSWER_TIME).asks()
    assert case.finds(V6, V4) == V4
    case.wait(ANSWER_TIME - 1)
    assert not case.asks()
    assert case.moves() is None


def test_a_dead_name_server_does_not_keep_known_addresses_from_being_tried() -> None:
    case = settled(V6, V4)
    case.hearing.in_vain = True
    assert case.wait(ANSWER_TIME).asks()
    assert case.moves() is None
    assert case.wait(LOOKUP_TIME).moves() == V4
    assert case.wait(ANSWER_TIME).moves() == V6


def test_an_address_that_was_just_tried_is_not_left_when_the_lookup_ends() -> None:
    case = settled(V6, V4)
    case.hearing.in_vain = True
    assert case.wait(ANSWER_TIME).asks()
    assert case.wait(LOOKUP_TIME).moves() == V4
    assert case.wait(SECOND).finds(V6, V4) is None


def test_no_more_is_asked_than_there_is_room_for() -> None:
    resolver = Resolver()
    resolver.set_names({bytes((n,)): ("x", n) for n in range(5)}, START)
    counts = [
        len(resolver.due(START, lambda key: Hearing(), room)) for room in (2, 0, 9)
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


def test_families_alternate() -> None:
    assert [in_turn(given) for given, _ in ORDERS] == [tried for _, tried in ORDERS]
