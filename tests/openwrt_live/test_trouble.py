"""Failures: crashes, invalid values, a port in use, missing packages."""

import contextlib
from collections.abc import Iterator

import pytest

from tests.lab.wait import becomes

from .conftest import Homes
from .world import NAME, PORT, Home


def errors(home: Home) -> str:
    """The errors of the interface in netifd."""
    return str(home.status_of(NAME).get("errors", ""))


def starts(home: Home) -> int:
    """The number of starts without success that are counted, with this one."""
    found = home.router.run(f"cat /var/run/pywg/{NAME}.attempts", check=False)
    return int(found or "0")


def crash(home: Home) -> None:
    """Kill the daemon."""
    pid = home.router.pid(NAME)
    assert pid
    home.router.kill(pid)
    assert becomes(lambda: home.router.pid(NAME) != pid)


def test_daemon_is_restarted_after_crashes_with_increasing_delay(homes: Homes) -> None:
    first, second = homes
    first.restart()
    for count in range(1, 4):
        assert becomes(lambda count=count: starts(first) == count, 30)  # type: ignore[misc]
        crash(first)
    assert becomes(lambda: starts(first) == 4, 30)
    assert first.reaches(second, seconds=30)


def test_interface_is_blocked_until_an_invalid_value_is_corrected(homes: Homes) -> None:
    first, second = homes
    first.set(NAME, "private_key=x")
    assert becomes(lambda: "CONFIGURATION" in errors(first))
    assert f"network.{NAME}.private_key: " in errors(first)
    assert becomes(lambda: first.router.pid(NAME) is None)
    assert first.status_of(NAME)["autostart"] is False
    first.set(NAME, f"private_key={first.private_key}")
    assert first.reaches(second, seconds=20)
    assert not errors(first)


def test_invalid_value_is_left_out_until_it_is_corrected(homes: Homes) -> None:
    first, second = homes
    first.set(NAME, "mtu=12")
    complaint = f"network.{NAME}.mtu: MTU too small: 12 (minimum 68)"
    assert becomes(lambda: complaint in first.log())
    assert first.reaches(second, seconds=20)
    first.set(NAME, "mtu=1400")
    assert becomes(
        lambda: "mtu 1400" in first.router.run(f"ip link show {NAME}", check=False)
    )
    assert first.reaches(second, seconds=20)
    assert not errors(first)


def test_only_the_invalid_peer_is_left_out(homes: Homes) -> None:
    first, second = homes
    pid = first.router.pid(NAME)
    first.meet("wrong", "public_key=x", "+allowed_ips=10.50.0.0/16")
    assert becomes(lambda: "network.wrong.public_key" in first.log())
    assert becomes(
        lambda: "network.wrong.public_key" in str(first.status()["complaints"])
    )
    assert len(first.peers()) == 1
    assert first.reaches(second)
    assert first.router.pid(NAME) == pid


def test_start_is_retried_when_the_port_is_in_use(homes: Homes) -> None:
    first, second = homes
    first.router.run(f"ifdown {NAME}")
    assert becomes(lambda: first.router.pid(NAME) is None)
    script = f"import socket as s; x = s.socket(2, 2); x.bind(('', {PORT})); input()"
    other_process = first.router.start("python3", "-c", script)
    assert becomes(lambda: f":{PORT}" in first.router.run("netstat -lnu"))
    try:
        first.router.run(f"ifup {NAME}")
        assert becomes(lambda: "the port is in use" in errors(first), 30)
    finally:
        other_process.kill()
        other_process.wait()
    assert first.reaches(second, seconds=30)


def test_peer_has_a_diagnosis_when_it_does_not_answer(homes: Homes) -> None:
    first, second = homes
    second.set("other", "preshared_key=" + first.public_key)
    second.restart()
    first.restart()
    assert not first.reaches(second, seconds=2)
    assert becomes(lambda: first.peer()["state"] == "psk")
    second.forget("other")
    assert becomes(lambda: not second.peers())
    first.restart()
    assert not first.reaches(second, seconds=1)
    assert becomes(lambda: first.peer().get("state") == "no_answer", 40), first.peer()


@contextlib.contextmanager
def without(home: Home, find: str) -> Iterator[None]:
    """Move the file that a command prints out of the way during the block."""
    path = home.router.run(find).strip()
    home.router.run(f"mv {path} {path}.away")
    try:
        yield
    finally:
        home.router.run(f"mv {path}.away {path}")


def setups(home: Home) -> int:
    """The number of set-ups of the interface in the log of netifd."""
    return home.log().count(f"Interface '{NAME}' is setting up now")


PYNACL = "python3 -c 'import nacl; print(nacl.__path__[0])'"
# Command that prints the missing file, part of the error.
MISSING_FILES = (
    (PYNACL, "PyNaCl is missing (No module named 'nacl'): "),
    ("python3 -c 'import signal; print(signal.__file__)'", "a part of Python is missi"),
    ("command -v python3", "pywgd does not start; install python3-light"),
    ("echo /usr/lib/libpywg.so.0", "libpywg cannot be loaded ("),
)


@pytest.mark.parametrize(
    "find, text", MISSING_FILES, ids=["pynacl", "python-module", "python", "libpywg"]
)
def test_start_is_delayed_with_an_error_when_a_package_is_missing(
    homes: Homes, find: str, text: str
) -> None:
    first, second = homes
    with without(first, find):
        first.router.run(f"ifup {NAME}")
        assert becomes(lambda: text in errors(first), 20), errors(first)
        assert "START" in errors(first)
        before = setups(first)
        assert not becomes(lambda: setups(first) > before + 3, 5)
    first.router.run(f"ifup {NAME}")
    assert first.reaches(second, seconds=20)
    assert not errors(first)


def test_daemon_starts_when_a_missing_package_is_back(homes: Homes) -> None:
    first, second = homes
    with without(first, PYNACL):
        first.router.run(f"ifup {NAME}")
        assert becomes(lambda: "python3-pynacl" in errors(first), 20)
    assert first.reaches(second, seconds=90)
