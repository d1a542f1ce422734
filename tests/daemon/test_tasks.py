"""The tasks of the main loop: each of them fails in turn, and nothing else does."""

import errno
import os
import signal
import socket
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from pywg_embedded.core.errors import Error
from pywg_embedded.daemon import uapi_socket
from pywg_embedded.daemon.log import FailureLog, Log
from pywg_embedded.daemon.loop import Loop
from pywg_embedded.daemon.netlink.link_monitor import LinkMonitor
from pywg_embedded.daemon.tasks import Tasks
from pywg_embedded.daemon.uapi_socket import UapiServer
from pywg_embedded.dataplane import events
from tests.daemon.openwrt.test_service import NAME, Router
from tests.lab.topology import Lab

KEY = bytes(range(32))
DEVICE_GONE = OSError(errno.ENODEV, os.strerror(errno.ENODEV))
# Exceptions, and what the log says about them.
FAILURES = (
    pytest.param(DEVICE_GONE, "No such device", id="system-call"),
    pytest.param(FileNotFoundError(2, "No such file", "/etc/x"), "/etc/x: No such file",
                 id="file"),
    pytest.param(Error("malformed message"), "malformed message", id="error"),
    pytest.param(Error("a\nb" + 1_000 * "c"), "'a\\nbcccc", id="long-text"),
    pytest.param(KeyError("nexthop"), 'KeyError "\'nexthop\'" in test_tasks.py, line ',
                 id="defect"),
    pytest.param(KeyError(KEY), "KeyError (not shown) in test_tasks.py", id="secret"),
    pytest.param(MemoryError(), "MemoryError '' in test_tasks.py", id="memory"),
)  # fmt: skip


# The tasks that are not run because another one has failed.
FOLLOWERS = {
    "netifd update": {"netifd dump", "host routes", "MTU"},
    "netifd dump": {"host routes", "MTU"},
}


class Running:
    """A loop with its parts, and a record of the tasks that it runs.

    Without netifd, the loop itself updates the configuration of the link.
    """

    def __init__(self, router: Router, netifd: bool) -> None:
        self.logged: list[str] = []
        self._log = Log(NAME, "warning", lambda _, text: self.logged.append(text))
        router.start()
        self.router = router
        self._server = UapiServer(NAME, None, router.interface.limits)
        self.loop = Loop(
            router.interface,
            LinkMonitor(router.tun),
            self._server,
            self._log,
            router.timestamps,
            router.uci_config,
            router.service if netifd else None,
            router.tasks if netifd else Tasks(self._log),
        )
        self.tasks = self.loop.tasks
        self.failing = ""
        self._ran: set[str] = set()
        for name in self.tasks.names():
            self.tasks.add(name, self._recorder(name))
        os.set_blocking(self.loop._signal_reader, False)

    def _recorder(self, name: str) -> Callable[..., None]:
        function = self.tasks._functions[name]

        def record(*arguments: object) -> None:
            self._ran.add(name)
            if name == self.failing:
                raise DEVICE_GONE
            function(*arguments)

        return record

    def poll(self) -> set[str]:
        """Poll once while everything is due; return the tasks that were run."""
        loop, service = self.loop, self.router.service
        self._ran.clear()
        with socket.socket(socket.AF_UNIX) as client:
            client.connect(self._server._path)
            connection = self._server.accept()
            assert connection
            client.send(b"get=1\n\n")
            os.write(loop._signal_writer, bytes([signal.SIGHUP]))
            descriptors = (
                loop._links.descriptor(),
                loop._server.descriptor(),
                loop._signal_reader,
                self.router.uci_config.endpoints.descriptor(),
                service.ubus.descriptor(),
                connection.socket.fileno(),
            )
            due: list[Any] = [(events.READY, descriptor) for descriptor in descriptors]
            due.append((events.HANDSHAKE_NEEDED, 0))
            for descriptor in descriptors:
                loop._plane.watch(descriptor)
            loop._plane.wait = lambda timeout: due  # type: ignore[method-assign]
            loop._next_tick_at = 0
            loop._reload_due = loop._links._routes_changed = True
            service.netifd._retry_at = 0
            loop._poll_once()
            service.ubus.wait()
        for connection in self._server.idle_connections(0):
            self._server.disconnect(connection)
        return set(self._ran)

    def log_again(self) -> None:
        """Forget what was logged."""
        self.logged.clear()
        self.tasks._failures = FailureLog(self._log)


@pytest.fixture(params=[True, False], ids=["netifd", "no-netifd"])
def running(
    request: pytest.FixtureRequest,
    lab: Lab,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[Running]:
    monkeypatch.setattr(uapi_socket, "DIRECTORY", str(tmp_path))
    running = Running(Router(lab, tmp_path, monkeypatch), request.param)
    yield running
    running.loop.close()


def test_daemon_and_other_tasks_continue_when_a_task_fails(running: Running) -> None:
    tasks = set(running.tasks.names())
    assert running.poll() == tasks, "poll() does not reach a new task"
    for name in tasks:
        running.failing = name
        running.log_again()
        # A failed task is run again at each tick.
        expected = tasks - FOLLOWERS.get(name, set())
        assert [running.poll() for _ in range(3)] == 3 * [expected], name
        assert running.loop._running
        assert running.logged == [f"{NAME}: {name} failed: No such device; will retry"]
    running.failing = ""
    running.log_again()
    assert running.poll() == tasks
    assert not running.logged


def test_descriptor_is_watched_again_at_the_tick_when_its_task_fails(
    running: Running,
) -> None:
    running.poll()
    loop, watched = running.loop, running.router.plane._watched
    descriptor = loop._links.descriptor()
    running.failing = "link notification"
    loop._handle((events.READY, descriptor))
    assert descriptor not in watched
    loop._tick()
    assert descriptor in watched


def test_loop_waits_for_the_tick_when_the_timers_fail(running: Running) -> None:
    loop = running.loop
    running.poll()
    loop._plane.wait = lambda timeout: []  # type: ignore[method-assign]
    loop._interface.timeout = lambda: 0  # type: ignore[method-assign]
    running.failing = "protocol timers"
    loop._poll_once()
    assert loop._timeout() > 0
    loop._tick()
    assert loop._timeout() == 0


@pytest.mark.parametrize("failure, reason", FAILURES)
def test_failure_is_described_in_one_line(failure: Exception, reason: str) -> None:
    def fail() -> None:
        raise failure

    logged: list[str] = []
    tasks = Tasks(Log(NAME, "warning", lambda _, text: logged.append(text)))
    tasks.add("test", fail)
    assert not tasks.run("test")
    (line,) = logged
    assert line.startswith(f"{NAME}: test failed: {reason}")
    assert line.isprintable()
    assert len(line) < 300


# Milliseconds and texts, and whether they are written.
REPEATED = (
    (0, "a", True),
    (1, "a", False),
    (2, "b", True),
    (3, "a", False),
    (3_599_999, "a", False),
    (3_600_000, "a", True),
    (3_600_001, "b", False),
    (3_600_002, "b", True),
)


def test_failure_is_logged_once_an_hour() -> None:
    logged: list[str] = []
    failures = FailureLog(Log(NAME, "warning", lambda _, text: logged.append(text)))
    for now, text, written in REPEATED:
        before = len(logged)
        failures.warning(text, now)
        assert (len(logged) > before) == written, (now, text)


def test_failures_are_logged_at_a_limited_rate_when_all_differ() -> None:
    logged: list[str] = []
    failures = FailureLog(Log(NAME, "warning", lambda _, text: logged.append(text)))
    for now in range(120_000):
        failures.warning(f"failure {now}", now)
    assert len(logged) == 60
    assert len(failures._logged_at) <= 64
