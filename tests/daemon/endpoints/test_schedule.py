"""When names are looked up, and which address is tried."""

from itertools import pairwise

import pytest

from pywg_embedded.daemon.endpoints.lookups import MAX_LOOKUPS
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

    def starts_lookup(self) -> bool:
        due = self.schedule.take_due(self.now, lambda key: self.reachability, 1)
        assert due in ([], [(KEY, NAME)])
        return bool(due)

    def next_endpoint(self) -> object:
        endpoints = self.schedule.next_endpoints(
            self.now, lambda key: self.reachability
        )
        for _, self.reachability.endpoint in endpoints:
            return self.reachability.endpoint
        return None

    def finish_lookup(self, *endpoints: tuple[bytes, int, int]) -> object:
        reachability = self.reachability
        found = self.schedule.handle_result(
            KEY, NAME, [*endpoints], reachability, self.now
        )
        reachability.endpoint = found or reachability.endpoint
        return found

    def complete_handshake(self) -> None:
        self.reachability = Reachability(self.now, endpoint=self.reachability.endpoint)

    def lookups_within(self, milliseconds: int) -> list[int]:
        """Return the times of lookups, if every one fails at once."""
        times = []
        for since in range(0, milliseconds, 500):
            if self.starts_lookup():
                times.append(since)
                self.finish_lookup()
            self.wait(500)
        return times


def settled_case(*endpoints: tuple[bytes, int, int]) -> Case:
    """Return a case whose peer has the first of these endpoints and is reachable."""
    case = Case()
    assert case.starts_lookup()
    assert case.finish_lookup(*endpoints) == endpoints[0]
    case.complete_handshake()
    return case


def test_new_name_is_looked_up_once_at_once() -> None:
    case = Case()
    assert case.starts_lookup()
    assert not case.starts_lookup()
    assert case.finish_lookup(V4) == V4


def test_delay_doubles_when_lookups_fail() -> None:
    times = Case().lookups_within(10 * MINUTE)
    pauses = [after - before for before, after in pairwise(times)]
    assert pauses[:3] == [MIN_DELAY, 2 * MIN_DELAY, 4 * MIN_DELAY]
    assert pauses[-1] == MAX_DELAY


def test_delay_is_cut_short_when_the_network_changes() -> None:
    case = Case()
    case.lookups_within(10 * MINUTE)
    case.schedule.network_changed(case.now)
    assert case.wait(MIN_DELAY).starts_lookup()


def test_delays_start_again_when_the_network_changes() -> None:
    case = Case()
    case.lookups_within(10 * MINUTE)
    case.schedule.network_changed(case.now)
    times = case.lookups_within(10 * SECOND)
    assert times == [MIN_DELAY, 2 * MIN_DELAY, 4 * MIN_DELAY, 8 * MIN_DELAY]


def test_name_is_not_looked_up_when_the_peer_is_reachable() -> None:
    case = settled_case(V4)
    assert not case.wait(HANDSHAKE_OVERDUE_AFTER - 1).starts_lookup()


def test_name_is_looked_up_when_the_handshake_is_overdue() -> None:
    case = settled_case(V4)
    assert case.wait(HANDSHAKE_OVERDUE_AFTER).starts_lookup()
    assert case.finish_lookup(V4_OTHER) == V4_OTHER


def test_endpoint_is_kept_when_the_name_still_resolves_to_it() -> None:
    case = settled_case(V4)
    assert case.wait(HANDSHAKE_OVERDUE_AFTER).starts_lookup()
    assert case.finish_lookup(V6, V4) is None


def test_name_is_looked_up_when_the_peer_is_unresponsive() -> None:
    case = settled_case(V4)
    case.reachability.unresponsive = True
    assert case.wait(REPLY_TIMEOUT).starts_lookup()
    assert case.finish_lookup(V4_OTHER) == V4_OTHER


def test_roamed_peer_keeps_its_endpoint() -> None:
    case = settled_case(V4)
    case.reachability.endpoint = V4_OTHER
    assert case.wait(HANDSHAKE_OVERDUE_AFTER).starts_lookup()
    case.complete_handshake()
    assert case.finish_lookup(V4) is None


def test_endpoint_is_kept_when_the_peer_initiated_the_handshake() -> None:
    case = Case()
    assert case.starts_lookup()
    case.finish_lookup()
    case.wait(SECOND).complete_handshake()
    assert not case.wait(MINUTE).starts_lookup()


def test_new_name_is_looked_up_when_the_peer_is_reachable() -> None:
    case = settled_case(V4)
    case.schedule.set_names({KEY: ("other.example.com", 1)}, case.wait(SECOND).now)
    due = case.schedule.take_due(case.now, lambda key: case.reachability, 1)
    assert due == [(KEY, ("other.example.com", 1))]
    found = case.schedule.handle_result(
        KEY, due[0][1], [V6], case.reachability, case.now
    )
    assert found == V6


def test_state_is_kept_when_the_names_are_unchanged() -> None:
    case = settled_case(V4)
    case.schedule.set_names({KEY: NAME}, case.now)
    assert not case.starts_lookup()


def test_restarted_name_is_looked_up_at_once_and_no_other() -> None:
    schedule = LookupSchedule()
    second_key = b"o" * 32
    schedule.set_names({KEY: NAME, second_key: NAME}, START)
    for key, name in schedule.take_due(START, lambda key: Reachability(), 2):
        schedule.handle_result(key, name, [], Reachability(), START)
    schedule.restart([KEY, b"unknown" * 5], START)
    assert schedule.take_due(START, lambda key: Reachability(), 2) == [(KEY, NAME)]


def test_result_is_ignored_when_the_name_was_replaced() -> None:
    case = Case()
    assert case.starts_lookup()
    case.schedule.set_names({KEY: ("other.example.com", 1)}, case.now)
    assert case.finish_lookup(V4) is None
    case.schedule.set_names({}, case.now)
    assert case.finish_lookup(V4) is None


def test_22116_addresses_of_both_families_are_tried_in_turn() -> None:
    case = settled_case(V6, V4)
    case.reachability.unresponsive = True
    seen = []
    for _ in range(4 * REPLY_TIMEOUT // SECOND):
        if case.wait(SECOND).starts_lookup():
            seen.append(case.finish_lookup(V6, V4))
        seen.append(case.next_endpoint())
    assert [endpoint for endpoint in seen if endpoint] == [V4, V6, V4, V6]


def test_next_address_is_tried_when_one_was_found_twice() -> None:
    case = settled_case(V4, V4, V4_OTHER)
    case.reachability.unresponsive = True
    case.wait(REPLY_TIMEOUT).starts_lookup()
    assert case.finish_lookup(V4, V4, V4_OTHER) == V4_OTHER


def test_next_address_is_tried_after_the_reply_timeout() -> None:
    case = settled_case(V6, V4)
    case.reachability.unresponsive = True
    case.wait(REPLY_TIMEOUT).starts_lookup()
    assert case.finish_lookup(V6, V4) == V4
    case.wait(REPLY_TIMEOUT - 1)
    assert not case.starts_lookup()
    assert case.next_endpoint() is None


def test_known_addresses_are_tried_when_the_name_server_is_dead() -> None:
    case = settled_case(V6, V4)
    case.reachability.unresponsive = True
    assert case.wait(REPLY_TIMEOUT).starts_lookup()
    assert case.next_endpoint() is None
    assert case.wait(LOOKUP_TIMEOUT).next_endpoint() == V4
    assert case.wait(REPLY_TIMEOUT).next_endpoint() == V6


def test_endpoint_is_kept_when_a_lookup_ends_before_the_reply_timeout() -> None:
    case = settled_case(V6, V4)
    case.reachability.unresponsive = True
    assert case.wait(REPLY_TIMEOUT).starts_lookup()
    assert case.wait(LOOKUP_TIMEOUT).next_endpoint() == V4
    assert case.wait(SECOND).finish_lookup(V6, V4) is None


def test_number_of_lookups_is_bounded_by_the_capacity() -> None:
    schedule = LookupSchedule()
    schedule.set_names({bytes((n,)): ("x", n) for n in range(5)}, START)
    counts = [
        len(schedule.take_due(START, lambda key: Reachability(), room))
        for room in (2, 0, 9)
    ]
    assert counts == [2, 0, 3]


class Simulation:
    """Four lookups at once, of dead names, which fail after 30 s, and of live ones."""

    DEAD = tuple(b"dead%28d" % n for n in range(32))

    def __init__(self, *keys: bytes) -> None:
        self.now = START
        self.reachable: set[bytes] = set()
        self.started: dict[bytes, list[int]] = {key: [] for key in keys}
        self.running: list[tuple[int, bytes]] = []
        self.schedule = LookupSchedule()
        self.schedule.set_names(dict.fromkeys(keys, NAME), self.now)

    def reachability(self, key: bytes) -> Reachability:
        return Reachability(self.now if key in self.reachable else 0)

    def run(self, milliseconds: int) -> None:
        for _ in range(milliseconds // SECOND):
            self.now += SECOND
            for end, key in [entry for entry in self.running if entry[0] <= self.now]:
                self.running.remove((end, key))
                self.finish(key)
            room = MAX_LOOKUPS - len(self.running)
            for key, _ in self.schedule.take_due(self.now, self.reachability, room):
                self.started[key].append(self.now)
                duration = 30 * SECOND if key in self.DEAD else 0
                self.running.append((self.now + duration, key))

    def finish(self, key: bytes) -> None:
        found = [] if key in self.DEAD else [V4]
        reachability = self.reachability(key)
        self.schedule.handle_result(key, NAME, found, reachability, self.now)
        if found:
            self.reachable.add(key)


@pytest.mark.parametrize("position", [0, 16, 32])
def test_live_name_is_looked_up_at_once_when_32_names_are_dead(position: int) -> None:
    dead = Simulation.DEAD
    simulation = Simulation(*dead[:position], KEY, *dead[position:])
    simulation.run(10 * MINUTE)
    waits = []
    for _ in range(24):
        simulation.run(5 * MINUTE)
        assert KEY in simulation.reachable
        since = simulation.now
        simulation.reachable.remove(KEY)
        simulation.run(2 * SECOND)
        waits.append(simulation.started[KEY][-1] - since)
    assert waits == 24 * [SECOND]


def test_new_name_waits_for_one_lookup_of_each_dead_name_at_most() -> None:
    simulation = Simulation(*Simulation.DEAD, KEY)
    simulation.run(10 * MINUTE)
    assert simulation.started[KEY][0] - START <= 8 * 30 * SECOND + SECOND


def test_dead_names_take_turns() -> None:
    simulation = Simulation(*Simulation.DEAD)
    simulation.run(4 * 60 * MINUTE)
    counts = [len(times) for times in simulation.started.values()]
    assert max(counts) - min(counts) <= 1
    assert min(counts) > 40


def test_dead_names_take_turns_when_the_network_flaps() -> None:
    simulation = Simulation(*Simulation.DEAD)
    for _ in range(60 * MINUTE // (10 * SECOND)):
        simulation.run(10 * SECOND)
        simulation.schedule.network_changed(simulation.now)
    counts = [len(times) for times in simulation.started.values()]
    assert max(counts) - min(counts) <= 1


# Endpoints in the order of the resolver, and interleaved.
ORDERS = (
    ([V4], [V4]),
    ([V6, V4], [V6, V4]),
    ([V4, V4_OTHER, V6], [V4, V6, V4_OTHER]),
    ([V6, V4, V4_OTHER], [V6, V4, V4_OTHER]),
    ([V4, V4, V6, V4_OTHER, V6], [V4, V6, V4_OTHER]),
)


def test_families_are_interleaved() -> None:
    for given, interleaved in ORDERS:
        assert interleave_families(given) == interleaved
