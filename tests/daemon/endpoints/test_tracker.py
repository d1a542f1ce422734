"""The endpoint tracker: errors of lookups, and lookups after a change of the network.

Names are resolved by a table in place of the system's resolver.
"""

import socket
from collections.abc import Callable

import pytest

from pywg_embedded import hostname
from pywg_embedded.control.address import parse_ip
from pywg_embedded.daemon import clock
from pywg_embedded.daemon.endpoints import lookups
from pywg_embedded.daemon.endpoints.schedule import MIN_DELAY
from pywg_embedded.daemon.endpoints.tracker import EndpointTracker
from pywg_embedded.daemon.interface import Interface
from pywg_embedded.daemon.log import Log
from tests.control.support import change, key, peer_change

KEY = key(2)
NAME = ("vpn.example", 51820)
FOUND_TEXT = "192.0.2.1"
FOUND = (parse_ip(FOUND_TEXT), 51820, 0)
SECOND, MINUTE = 1_000, 60_000


class ImmediateThread:
    """Threads that have ended when they are started."""

    stack_size = staticmethod(lambda size: size)
    start_new_thread = staticmethod(lambda function, arguments: function(*arguments))


class Setup:
    """A tracker of one name, a clock, and whether the name is resolved."""

    def __init__(self, interface: Interface, monkeypatch: pytest.MonkeyPatch) -> None:
        self.now = 1_000_000
        self.is_resolved = False
        self.lookups = 0
        self.logged: list[str] = []
        monkeypatch.setattr(clock, "boottime", lambda: self.now)
        monkeypatch.setattr(hostname, "resolve", self._resolve)
        monkeypatch.setattr(lookups, "_thread", ImmediateThread)
        interface.configure(change(peer_change(2), private_key=key(1)))
        log = Log("wg0", "warning", lambda _, text: self.logged.append(text))
        self.tracker = EndpointTracker(interface, log)
        self.tracker.set_names({KEY: NAME})

    def _resolve(self, host: str, port: int) -> list[tuple[bytes, int, int]]:
        self.lookups += 1
        if not self.is_resolved:
            raise socket.gaierror(-2, "no answer")
        return [FOUND]

    def looks_up(self) -> bool:
        """Run a tick and take the result of its lookup, if there is one."""
        before = self.lookups
        self.tracker.tick()
        self.tracker.handle_results()
        return self.lookups > before

    def fail_for_minutes(self) -> None:
        for _ in range(5 * MINUTE // SECOND):
            self.looks_up()
            self.now += SECOND


@pytest.fixture
def setup(interface: Interface, monkeypatch: pytest.MonkeyPatch) -> Setup:
    return Setup(interface, monkeypatch)


def test_error_is_kept_while_the_name_is_not_resolved(setup: Setup) -> None:
    setup.fail_for_minutes()
    assert setup.tracker.lookup_error(KEY) == "no answer"
    text = "cannot resolve 'vpn.example': no answer; will retry"
    assert setup.logged == [f"wg0: {text}"]


def test_error_is_dropped_when_the_name_is_resolved(setup: Setup) -> None:
    assert setup.looks_up()
    setup.is_resolved = True
    setup.now += SECOND
    assert setup.looks_up()
    assert setup.tracker.lookup_error(KEY) == ""


CAUSES: tuple[Callable[[EndpointTracker], None], ...] = (
    lambda tracker: tracker.set_names({KEY: ("other.example", 1)}),
    lambda tracker: tracker.set_names({KEY: (FOUND_TEXT, 1)}),
    lambda tracker: tracker.set_names({}),
    lambda tracker: tracker.restart([KEY]),
)


@pytest.mark.parametrize(
    "cause", CAUSES, ids=["other-name", "address", "no-name", "restart"]
)
def test_error_is_dropped_when_the_lookups_start_anew(
    setup: Setup, cause: Callable[[EndpointTracker], None]
) -> None:
    assert setup.looks_up()
    assert setup.tracker.lookup_error(KEY) == "no answer"
    cause(setup.tracker)
    assert setup.tracker.lookup_error(KEY) == ""


def test_failed_lookup_is_repeated_soon_when_the_network_changes(setup: Setup) -> None:
    setup.fail_for_minutes()
    assert not setup.looks_up()
    setup.tracker.network_changed()
    setup.is_resolved = True
    setup.now += MIN_DELAY
    assert setup.looks_up()
    assert setup.tracker.lookup_error(KEY) == ""
