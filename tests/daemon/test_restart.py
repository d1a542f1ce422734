"""``pywgd`` as a process that ends and starts again, and a peer that remembers it.

The program reads the error of its wall clock from a file, through the functions of
``daemon.clock``; everything else is real.
"""

import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from pywg_embedded import crypto
from pywg_embedded.control import timestamp_file
from tests.control.support import key
from tests.lab.host import Host
from tests.lab.topology import Lab
from tests.lab.wait import becomes
from tests.lab.wireguard import answers, socket_path, unique_name

from .pywgd import GET, PATIENCE, environment, foreground, query

PROGRAM = """
import os, time
from pywg_embedded.daemon import clock
from pywg_embedded.daemon.main import main

def read(field):
    with open(os.environ["CLOCK"]) as file:
        return file.read().split()[field]

clock.wall = lambda: time.time_ns() + int(read(0))
system = clock.SystemClock
system.is_synchronized = lambda self: read(1) == "synchronized"
system.boot_id = lambda self: read(2)
system.ntp_record = system.hardware_clock = lambda self: None
raise SystemExit(main())
"""
HOUR = 3_600 * 10**9
YEAR = 8_760 * HOUR
PORT = 51820
WIRE = "eth0"
ADDRESSES = ("192.0.2.1", "192.0.2.2")
ROUTER, PEER = key(1), key(2)


class Router:
    """A daemon with a clock of its own, and its file of timestamps."""

    def __init__(self, host: Host, folder: Path) -> None:
        self.host = host
        self.name = unique_name()
        self.state = folder / "state"
        self.stamp = Path(timestamp_file.path(str(self.state), self.name))
        self.log = folder / "log"
        self.clock = folder / "clock"
        self.boot = 1
        self.set_clock(0)

    def set_clock(self, error: int, synchronized: bool = False) -> None:
        """Set the error of the clock, in nanoseconds."""
        state = "synchronized" if synchronized else "unknown"
        new = self.clock.with_suffix(".new")
        new.write_text(f"{error} {state} boot-{self.boot}")
        new.rename(self.clock)

    def start(self) -> None:
        with open(self.log, "a") as log:
            self.daemon = self.host.start(
                *(sys.executable, "-c", PROGRAM, "-f"),
                *("--state", str(self.state), self.name),
                env=environment(LOG_LEVEL="verbose", CLOCK=str(self.clock)),
                stderr=log,
            )
        assert becomes(lambda: answers(self.name) or self.daemon.poll() is not None)
        configuration = (
            f"set=1\nprivate_key={ROUTER.hex()}\n"
            f"public_key={crypto.public_key(PEER).hex()}\n"
            f"endpoint={ADDRESSES[1]}:{PORT}\nallowed_ip=10.9.0.2/32\n"
            "persistent_keepalive_interval=25\n\n"
        )
        assert query(self.name, configuration.encode()) == "errno=0\n\n"
        self.host.up(self.name)

    def has_handshake(self) -> bool:
        return bool(re.search("last_handshake_time_sec=[1-9]", query(self.name, GET)))

    def end(self, signum: signal.Signals) -> None:
        """End the daemon by a signal."""
        self.daemon.send_signal(signum)
        self.daemon.wait(PATIENCE)
        socket_path(self.name).unlink(missing_ok=True)

    def stored(self) -> int:
        """Return the last timestamp in the file."""
        return timestamp_file.parse(self.stamp.read_bytes()).used


@pytest.fixture
def hosts(lab: Lab) -> tuple[Host, Host]:
    left, right = lab.host("router"), lab.host("peer")
    left.wire(WIRE, right, WIRE)
    for host, address in zip((left, right), ADDRESSES, strict=True):
        host.add_address(WIRE, f"{address}/24")
    return left, right


@pytest.fixture
def peer(hosts: tuple[Host, Host]) -> Iterator[subprocess.Popen[str]]:
    """A peer that runs throughout, and logs the initiations that it rejects."""
    name = unique_name()
    configuration = (
        f"set=1\nprivate_key={PEER.hex()}\nlisten_port={PORT}\n"
        f"public_key={crypto.public_key(ROUTER).hex()}\nallowed_ip=10.9.0.1/32\n\n"
    )
    with foreground(hosts[1], name, log="verbose") as daemon:
        assert query(name, configuration.encode()) == "errno=0\n\n"
        hosts[1].up(name)
        assert becomes(lambda: "listen_port=" in query(name, GET))
        yield daemon


@pytest.fixture
def router(
    hosts: tuple[Host, Host], tmp_path: Path, peer: subprocess.Popen[str]
) -> Router:
    """A router that has had a handshake with the peer, with the right clock."""
    router = Router(hosts[0], tmp_path)
    router.set_clock(0, synchronized=True)
    router.start()
    assert becomes(router.has_handshake)
    return router


def has_rejected(peer: subprocess.Popen[str]) -> bool:
    """End the peer and return whether it has rejected an initiation."""
    peer.send_signal(signal.SIGTERM)
    _, said = peer.communicate(timeout=PATIENCE)
    return "initiation replayed" in said


def nothing(router: Router) -> None:
    pass


def lose_file(router: Router) -> None:
    router.stamp.unlink()


def damage_file(router: Router) -> None:
    content = router.stamp.read_bytes()
    router.stamp.write_bytes(content[:20] + bytes(len(content) - 20))


def boot(router: Router) -> None:
    router.boot += 1


KILL, TERM = signal.SIGKILL, signal.SIGTERM
# The signal that ends the first run, what happens to its file, the clock of the second.
RESTARTS = (
    pytest.param(TERM, nothing, 0, True, id="clean end"),
    pytest.param(KILL, nothing, 0, True, id="killed"),
    pytest.param(TERM, lose_file, 0, True, id="lost file"),
    pytest.param(KILL, lose_file, 0, True, id="killed, lost file"),
    pytest.param(KILL, damage_file, 0, True, id="killed, damaged file"),
    pytest.param(TERM, nothing, -2 * YEAR, False, id="clean end, clock 2 years back"),
    pytest.param(KILL, nothing, -2 * YEAR, False, id="killed, clock 2 years back"),
    pytest.param(KILL, boot, -2 * YEAR, False, id="power loss, clock 2 years back"),
    pytest.param(TERM, boot, 14 * YEAR, False, id="shutdown, clock 14 years ahead"),
)


@pytest.mark.parametrize(("signum", "happens", "error", "synchronized"), RESTARTS)
def test_peer_accepts_the_first_initiation_after_a_restart(
    router: Router,
    peer: subprocess.Popen[str],
    signum: signal.Signals,
    happens: Callable[[Router], None],
    error: int,
    synchronized: bool,
) -> None:
    router.end(signum)
    happens(router)
    router.set_clock(error, synchronized)
    router.start()
    assert becomes(router.has_handshake)
    router.end(TERM)
    assert not has_rejected(peer)
    ahead = router.stored() - time.time_ns()
    assert ahead < (9 * HOUR if happens is boot and signum == KILL else 20 * 10**9)


def test_timestamps_are_not_ahead_after_ten_restarts(
    router: Router, peer: subprocess.Popen[str]
) -> None:
    for restart in range(10):
        router.end(KILL if restart % 2 else TERM)
        router.start()
        assert becomes(router.has_handshake)
    router.end(TERM)
    assert router.stored() < time.time_ns()
    lose_file(router)
    router.start()
    assert becomes(router.has_handshake)
    assert not has_rejected(peer)


def test_last_timestamp_is_stored_at_a_clean_end(router: Router) -> None:
    begun = timestamp_file.parse(router.stamp.read_bytes())
    assert begun.bound > begun.used
    router.end(TERM)
    ended = timestamp_file.parse(router.stamp.read_bytes())
    assert ended.bound == ended.used >= begun.used


def test_handshake_is_repeated_when_ntp_sets_a_clock_that_was_wrong(
    router: Router, peer: subprocess.Popen[str]
) -> None:
    router.end(KILL)
    lose_file(router)
    router.set_clock(-2 * YEAR)
    router.start()
    assert peer.stderr is not None
    assert any("initiation replayed" in line for line in peer.stderr)
    assert not router.has_handshake()
    router.set_clock(0, synchronized=True)
    assert becomes(router.has_handshake)


def test_clock_far_ahead_is_logged_and_not_sent(router: Router) -> None:
    router.end(TERM)
    router.set_clock(14 * YEAR)
    router.start()
    assert becomes(router.has_handshake)
    assert "ignoring the clock, which shows 20" in router.log.read_text()
    assert router.stored() < time.time_ns() + HOUR
