"""The daemon as a process: it comes, is ready, tells no secret, and goes."""

import base64
import errno
import fcntl
import os
import signal
import socket
import stat
import struct
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.control.support import key
from tests.lab.host import Host
from tests.lab.topology import Lab
from tests.lab.wait import becomes
from tests.lab.wireguard import answers, socket_path, unique_name

from .pywgd import (
    GET,
    PYWGD,
    ask,
    connect,
    ended,
    environment,
    foreground,
    read_answer,
    stopped,
)

DONE = "errno=0\n\n"
TUNSETIFF, IFF_TUN_NO_PI = 0x400454CA, 0x1001


def no_trace(host: Host, name: str) -> bool:
    return becomes(
        lambda: (
            not host.pids()
            and not host.has_link(name)
            and not socket_path(name).exists()
        )
    )


def in_background(host: Host, name: str, **variables: str) -> None:
    host.run(*PYWGD, name, env=environment(**variables))


# It comes


def test_in_foreground_it_serves_until_it_is_asked_to_end(
    host: Host, name: str
) -> None:
    with foreground(host, name) as daemon:
        assert ask(name, GET).endswith(DONE)
        assert host.has_link(name)
        assert host.pids() == [daemon.pid]
        assert stopped(daemon) == (0, "")
    assert no_trace(host, name)


def test_all_is_ready_when_the_command_returns(host: Host, name: str) -> None:
    in_background(host, name)
    assert host.has_link(name)
    assert ask(name, GET).endswith(DONE)
    assert stat.S_IMODE(socket_path(name).stat().st_mode) & 0o077 == 0


def test_the_interface_may_move_when_the_command_returns(lab: Lab) -> None:
    birthplace, home = lab.host("birthplace"), lab.host("home")
    for attempt in range(3):
        name = unique_name()
        move = f"{' '.join(PYWGD)} {name} && ip link set {name} netns {home.name}"
        birthplace.run("sh", "-c", move, env=environment())
        home.up(name)
        assert ask(name, b"set=1\nlisten_port=0\n\n") == DONE, attempt
        home.delete_link(name)
        assert no_trace(birthplace, name), attempt


def test_it_is_up_when_the_link_is_and_has_a_port(host: Host, name: str) -> None:
    with foreground(host, name, log="verbose") as daemon:
        assert "listen_port" not in ask(name, GET)
        host.up(name)
        assert becomes(lambda: "listen_port=" in ask(name, GET))
        host.down(name)
        assert daemon.stderr is not None
        said = [daemon.stderr.readline() for _ in range(3)]
    assert said[0] == f"{name}: packets are moved by libpywg\n"
    assert said[1].startswith(f"{name}: up, on UDP port ")
    assert said[2] == f"{name}: down\n"


def test_a_daemon_that_shall_not_log_holds_no_terminal(host: Host, name: str) -> None:
    in_background(host, name)
    (pid,) = host.pids()
    streams = [os.readlink(f"/proc/{pid}/fd/{number}") for number in range(3)]
    assert streams == [os.devnull] * 3
    assert os.getsid(pid) == pid


def test_it_comes_though_every_standard_descriptor_is_closed(
    host: Host, name: str
) -> None:
    command = f"{' '.join(PYWGD)} {name} <&- >&- 2>&-"
    host.run("sh", "-c", command, env=environment())
    host.up(name)
    assert becomes(lambda: "listen_port=" in ask(name, GET))
    assert len(host.pids()) == 1


def test_a_name_may_be_any_bytes_that_the_kernel_takes(host: Host) -> None:
    name = os.fsdecode(unique_name().encode() + b"\xff")
    with foreground(host, name) as daemon:
        assert ask(name, GET).endswith(DONE)
        assert stopped(daemon) == (0, "")
    assert not socket_path(name).exists()


@contextmanager
def tun_device(host: Host, name: str, flags: int = IFF_TUN_NO_PI) -> Iterator[int]:
    with host.entered():
        descriptor = os.open("/dev/net/tun", os.O_RDWR)
        request = struct.pack("16sH22x", name.encode(), flags)
        fcntl.ioctl(descriptor, TUNSETIFF, request)
    try:
        yield descriptor
    finally:
        os.close(descriptor)


def test_descriptors_of_a_tun_and_a_socket_are_adopted(host: Host, name: str) -> None:
    listener = socket.socket(socket.AF_UNIX)
    with listener, tun_device(host, name) as tun:
        listener.bind(str(socket_path(name)))
        listener.listen()
        uapi = listener.fileno()
        variables = {"WG_TUN_FD": str(tun), "WG_UAPI_FD": str(uapi)}
        with foreground(host, name, env=variables, pass_fds=(tun, uapi)) as daemon:
            assert ask(name, b"set=1\nlisten_port=4500\n\n") == DONE
            assert "listen_port=4500\n" in ask(name, GET)
            assert stopped(daemon) == (0, "")


def test_libpywg_adopts_a_tun_with_offloads(host: Host, name: str) -> None:
    with tun_device(host, name, WITH_OFFLOADS) as tun:
        variables = {"WG_TUN_FD": str(tun)}
        with foreground(host, name, env=variables, pass_fds=[tun]) as daemon:
            assert ask(name, GET).endswith(DONE)
            assert stopped(daemon) == (0, "")


def test_the_socket_has_the_name_of_the_tun_that_was_adopted(
    host: Host, name: str
) -> None:
    other = unique_name()
    with tun_device(host, name) as tun:
        variables = {"WG_TUN_FD": str(tun)}
        with foreground(host, name, called=other, env=variables, pass_fds=[tun]):
            assert ask(name, GET).endswith(DONE)
            assert not socket_path(other).exists()


def test_the_last_stamp_is_kept_before_it_is_sent(
    host: Host, name: str, tmp_path: Path
) -> None:
    kept = tmp_path / "pywg" / f"{name}.stamp"
    initiate = (
        f"set=1\nprivate_key={key(7).hex()}\npublic_key={key(8).hex()}\n"
        "endpoint=127.0.0.1:9\npersistent_keepalive_interval=25\n\n"
    )
    with foreground(host, name, "--state", str(tmp_path / "pywg")):
        host.up(name)
        assert not kept.exists()
        assert ask(name, initiate.encode()) == DONE
        assert becomes(kept.exists)
    assert int(kept.read_text()) > time.time()


# It goes


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_it_cleans_up_on_a_signal(
    host: Host, name: str, number: signal.Signals
) -> None:
    in_background(host, name)
    host.up(name)
    (pid,) = host.pids()
    os.kill(pid, number)
    assert no_trace(host, name)


def test_it_ends_when_the_interface_is_deleted(host: Host, name: str) -> None:
    with foreground(host, name) as daemon:
        host.up(name)
        host.delete_link(name)
        assert ended(daemon) == (0, "")
        assert not socket_path(name).exists()


def test_it_ends_when_the_socket_file_is_removed(host: Host, name: str) -> None:
    with foreground(host, name) as daemon:
        socket_path(name).unlink()
        assert ended(daemon) == (0, "")
        assert not host.has_link(name)


# It does not come


def refusal(
    host: Host, *arguments: str, program: Sequence[str] = PYWGD, **options: Any
) -> str:
    """The one line that it says."""
    daemon = host.start(*program, *arguments, stderr=subprocess.PIPE, **options)
    code, said = ended(daemon)
    assert code == 1
    assert said.startswith("pywgd: ")
    assert said.count("\n") == 1
    assert said.endswith("\n")
    return said


BAD_COMMANDS = (
    ("", "interface"),
    ("a-name-beyond-15", "a-name-beyond-15"),
    ("../wg0", "../wg0"),
    ("--nonsense wg0", "--nonsense"),
    ("--max-peers 0 wg0", "--max-peers"),
)


@pytest.mark.parametrize("row", range(len(BAD_COMMANDS)))
def test_a_bad_command_is_named_in_one_line(host: Host, row: int) -> None:
    arguments, culprit = BAD_COMMANDS[row]
    assert culprit in refusal(host, *arguments.split(), env=environment())


def test_a_second_daemon_for_an_interface_is_refused(host: Host, name: str) -> None:
    with foreground(host, name) as daemon:
        assert "exists already" in refusal(host, name, env=environment())
        assert answers(name)
        assert host.pids() == [daemon.pid]


def test_an_interface_that_is_there_already_is_refused(host: Host, name: str) -> None:
    with tun_device(host, name):
        assert name in refusal(host, name, env=environment())
    assert not socket_path(name).exists()


def test_an_interface_that_is_no_tun_is_refused(host: Host, name: str) -> None:
    assert "lo" in refusal(host, "lo", env=environment())
    assert host.has_link("lo")
    assert not socket_path("lo").exists()


@pytest.mark.parametrize("variable", ["WG_TUN_FD", "WG_UAPI_FD"])
def test_a_descriptor_of_something_else_is_refused(
    host: Host, name: str, variable: str
) -> None:
    with open(os.devnull) as null:
        number = str(null.fileno())
        said = refusal(
            host, name, env=environment(**{variable: number}), pass_fds=[null.fileno()]
        )
    assert variable in said
    assert not socket_path(name).exists()
    assert not host.has_link(name)


WITH_OFFLOADS = 0x5001
# What is no plain TUN: a TAP, packet information, and for one a header of offloads.
OTHER_TUNS = (
    (0x1002, "libpywg"),
    (0x0001, "libpywg"),
    (WITH_OFFLOADS, "python"),
)


@pytest.mark.parametrize("row", range(len(OTHER_TUNS)))
def test_a_tun_that_frames_packets_otherwise_is_refused(
    host: Host, name: str, row: int
) -> None:
    flags, plane = OTHER_TUNS[row]
    with tun_device(host, name, flags) as tun:
        variables = environment(WG_TUN_FD=str(tun))
        options = ("--dataplane", plane, name)
        said = refusal(host, *options, env=variables, pass_fds=[tun])
    assert "WG_TUN_FD" in said
    assert not socket_path(name).exists()


WITHOUT_FORK = """
import errno, os
def fork(): raise OSError(errno.EAGAIN, os.strerror(errno.EAGAIN))
os.fork = fork
from pywg_embedded.daemon.main import main
raise SystemExit(main())
"""


def test_a_machine_without_room_for_a_process_is_told_so(host: Host, name: str) -> None:
    program = (sys.executable, "-c", WITHOUT_FORK)
    said = refusal(host, name, program=program, env=environment())
    assert os.strerror(errno.EAGAIN) in said
    assert no_trace(host, name)


def test_whoever_may_not_make_interfaces_is_told_so(host: Host, name: str) -> None:
    powerless = ("setpriv", "--bounding-set=-all", *PYWGD)
    said = refusal(host, name, program=powerless, env=environment())
    assert "not permitted" in said
    assert not host.has_link(name)
    assert not socket_path(name).exists()


# While it runs


# Options, and what is said of the data plane: in the log, and to who asks.
SAID = (
    ((), "", False),
    (("--dataplane", "python"), "packets are moved by python, which is slow", True),
)


@pytest.mark.parametrize("row", range(len(SAID)))
def test_the_data_plane_of_last_resort_is_told(host: Host, name: str, row: int) -> None:
    options, text, told = SAID[row]
    with foreground(host, name, *options) as daemon:
        assert ("dataplane=python\n" in ask(name, GET)) == told
        assert stopped(daemon) == (0, f"{name}: {text}\n" if told else "")


def test_a_client_that_never_reads_stops_nobody(host: Host, name: str) -> None:
    with foreground(host, name), connect(name) as deaf:
        deaf.setblocking(False)
        blocked = False
        while not blocked:
            try:
                deaf.send(GET * 1_000)
            except BlockingIOError:
                blocked = True
        assert ask(name, GET).endswith(DONE)


def test_an_answer_larger_than_a_socket_holds_arrives_whole(
    host: Host, name: str
) -> None:
    count = 20_000
    lines = "".join(f"allowed_ip=10.0.{n >> 8}.{n & 255}/32\n" for n in range(count))
    request = f"set=1\npublic_key={key(1).hex()}\n{lines}\n"
    with foreground(host, name, f"--max-allowed-ips={count}"), connect(name) as slow:
        assert ask(name, request.encode()) == DONE
        slow.sendall(GET)
        # Who asks later is answered once the slow one's socket is full.
        ask(name, b"nonsense=1\n\n")
        assert read_answer(slow).count("allowed_ip=") == count


def test_one_connection_too_many_is_closed_and_the_others_served(
    host: Host, name: str
) -> None:
    with foreground(host, name):
        clients = [connect(name) for _ in range(17)]
        assert clients[-1].recv(1) == b""
        for client in clients[:-1]:
            client.sendall(GET)
            assert read_answer(client).endswith(DONE)
            client.close()
        assert becomes(lambda: ask(name, GET).endswith(DONE))


PRIVATE, SHARED = key(0x41), key(0x42)
PEER = f"public_key={key(1).hex()}\n"

# Lines of a set=1 that hold a secret, and whether they are taken.
TELLING = (
    (f"private_key={PRIVATE.hex()}\n{PEER}preshared_key={SHARED.hex()}", True),
    (f"private_key={PRIVATE.hex()}0", False),
    (f"private_key={PRIVATE.hex()[:-1]}g", False),
    (f"private_key={base64.b64encode(PRIVATE).decode()}", False),
    (f"private-key={PRIVATE.hex()}", False),
    (f"{PEER}preshared_key={SHARED.hex()},", False),
    (f"{PEER}preshared_keys={SHARED.hex()}", False),
    (f"private_key {PRIVATE.hex()}", False),
    (PRIVATE.hex(), False),
)


@pytest.mark.parametrize("lines, taken", TELLING, ids=range(len(TELLING)))
def test_no_secret_is_in_the_log(
    host: Host, name: str, lines: str, taken: bool
) -> None:
    with foreground(host, name, log="debug") as daemon:
        host.up(name)
        assert (ask(name, f"set=1\n{lines}\n\n".encode()) == DONE) == taken
        code, said = stopped(daemon)
    assert code == 0
    assert said.count("request refused") == (not taken)
    for secret in (PRIVATE, SHARED):
        for text in (secret.hex(), base64.b64encode(secret).decode()):
            assert text[:20] not in said
