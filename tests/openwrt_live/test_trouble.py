"""What goes wrong: crashes, wrong values, a taken port, packages that are gone."""

import contextlib
from collections.abc import Iterator

import pytest

from tests.lab.wait import becomes

from .conftest import Homes
from .world import NAME, PORT, Home


def errors(home: Home) -> str:
    """What netifd shows of us."""
    return str(home.status_of(NAME).get("errors", ""))


def starts(home: Home) -> int:
    """How many are counted as in vain, if this one is too."""
    found = home.router.run(f"cat /var/run/pywg/{NAME}.attempts", check=False)
    return int(found or "0")


def crash(home: Home) -> None:
    """Kill the daemon."""
    pid = home.router.pid(NAME)
    assert pid
    home.router.kill(pid)
    assert becomes(lambda: home.router.pid(NAME) != pid)


def test_a_crash_is_followed_by_a_start_and_crashes_by_waiting(homes: Homes) -> None:
    first, second = homes
    first.restart()
    for count in range(1, 4):
        assert becomes(lambda count=count: starts(first) == count, 30)  # type: ignore[misc]
        crash(first)
    assert becomes(lambda: starts(first) == 4, 30)
    assert first.reaches(second, seconds=30)


def test_a_wrong_value_blocks_and_a_right_one_starts(homes: Homes) -> None:
    first, second = homes
    first.set(NAME, "mtu=12")
    assert becomes(lambda: "CONFIGURATION" in errors(first))
    assert f"network.{NAME}.mtu: MTU too small: 12 (minimum 68)" in errors(first)
    assert becomes(lambda: first.router.pid(NAME) is None)
    assert first.status_of(NAME)["autostart"] is False
    first.set(NAME, "mtu=1400")
    assert first.reaches(second, seconds=20)
    assert not errors(first)
    assert "mtu 1400" in first.router.run(f"ip link show {NAME}")


def test_a_wrong_peer_is_left_out_and_no_other(homes: Homes) -> None:
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


def test_a_port_in_use_is_named_and_tried_again(homes: Homes) -> None:
    first, second = homes
    first.router.run(f"ifdown {NAME}")
    assert becomes(lambda: first.router.pid(NAME) is None)
    script = f"import socket as s; x = s.socket(2, 2); x.bind(('', {PORT})); input()"
    thief = first.router.start("python3", "-c", script)
    assert becomes(lambda: f":{PORT}" in first.router.run("netstat -lnu"))
    try:
        first.router.run(f"ifup {NAME}")
        assert becomes(lambda: "the port is in use" in errors(first), 30)
    finally:
        thief.kill()
        thief.wait()
    assert first.reaches(second, seconds=30)


def test_a_peer_that_does_not_answer_has_a_reason(homes: Homes) -> None:
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
    """As long as the ``with`` lasts, the file that a command finds is away."""
    path = home.router.run(find).strip()
    home.router.run(f"mv {path} {path}.away")
    try:
        yield
    finally:
        home.router.run(f"mv {path}.away {path}")


def setups(home: Home) -> int:
    """How often netifd has begun to set the interface up, as far as it is noted."""
    return home.log().count(f"Interface '{NAME}' is setting up now")


PYNACL = "python3 -c 'import nacl; print(nacl.__path__[0])'"
# What is gone, and what is said of it.
GONE = (
    (PYNACL, "PyNaCl is missing (No module named 'nacl'): "),
    ("python3 -c 'import signal; print(signal.__file__)'", "a part of Python is missi"),
    ("command -v python3", "pywgd does not start; install python3-light"),
    ("echo /usr/lib/libpywg.so.0", "libpywg cannot be loaded ("),
)


@pytest.mark.parametrize("row", range(len(GONE)))
def test_a_package_that_is_gone_is_named_and_not_asked_for_at_once(
    homes: Homes, row: int
) -> None:
    first, second = homes
    find, said = GONE[row]
    with without(first, find):
        first.router.run(f"ifup {NAME}")
        assert becomes(lambda: said in errors(first), 20), errors(first)
        assert "START" in errors(first)
        before = setups(first)
        assert not becomes(lambda: setups(first) > before + 3, 5)
    first.router.run(f"ifup {NAME}")
    assert first.reaches(second, seconds=20)
    assert not errors(first)


def test_a_package_that_is_back_is_found_without_help(homes: Homes) -> None:
    first, second = homes
    with without(first, PYNACL):
        first.router.run(f"ifup {NAME}")
        assert becomes(lambda: "python3-pynacl" in errors(first), 20)
    assert first.reaches(second, seconds=90)
