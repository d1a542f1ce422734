"""``pywgd`` as a process: start-up, errors, clients, secrets in the log, end."""

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

from pywg_embedded.control import timestamp_file
from tests.control.support import key
from tests.lab.host import Host
from tests.lab.topology import Lab
from tests.lab.wait import becomes
from tests.lab.wireguard import answers, socket_path, unique_name

from .pywgd import (
    GET,
    PYWGD,
    connect,
    ended,
    environment,
    foreground,
    query,
    read_response,
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


# Start-up


def test_daemon_serves_until_a_signal_when_in_foreground(host: Host, name: str) -> None:
    with foreground(host, name) as daemon:
        assert query(name, GET).endswith(DONE)
        assert host.has_link(name)
        assert host.pids() == [daemon.pid]
        assert stopped(daemon) == (0, "")
    assert no_trace(host, name)


def test_interface_and_socket_are_ready_when_the_command_returns(
    host: Host, name: str
) -> None:
    in_background(host, name)
    assert host.has_link(name)
    assert query(name, GET).endswith(DONE)
    assert stat.S_IMODE(socket_path(name).stat().st_mode) & 0o077 == 0


def test_interface_can_change_namespace_when_the_command_has_returned(lab: Lab) -> None:
    birthplace, home = lab.host("birthplace"), lab.host("home")
    for attempt in range(3):
        name = unique_name()
        move = f"{' '.join(PYWGD)} {name} && ip link set {name} netns {home.name}"
        birthplace.run("sh", "-c", move, env=environment())
        home.up(name)
        assert query(name, b"set=1\nlisten_port=0\n\n") == DONE, attempt
        home.delete_link(name)
        assert no_trace(birthplace, name), attempt


def test_port_is_opened_and_closed_when_the_link_goes_up_and_down(
    host: Host, name: str
) -> None:
    with foreground(host, name, log="verbose") as daemon:
        assert "listen_port" not in query(name, GET)
        host.up(name)
        assert becomes(lambda: "listen_port=" in query(name, GET))
        host.down(name)
        assert daemon.stderr is not None
        said = [daemon.stderr.readline() for _ in range(4)]
    assert said[0] == f"{name}: using data plane libpywg\n"
    assert "Landlock" in said.pop(1)
    assert said[1].startswith(f"{name}: up, listening on UDP port ")
    assert said[2] == f"{name}: down\n"


def test_standard_streams_are_closed_when_log_level_is_unset(
    host: Host, name: str
) -> None:
    in_background(host, name)
    (pid,) = host.pids()
    streams = [os.readlink(f"/proc/{pid}/fd/{fd}") for fd in range(3)]
    assert streams == [os.devnull] * 3
    assert os.getsid(pid) == pid


def test_daemon_starts_when_all_standard_descriptors_are_closed(
    host: Host, name: str
) -> None:
    command = f"{' '.join(PYWGD)} {name} <&- >&- 2>&-"
    host.run("sh", "-c", command, env=environment())
    host.up(name)
    assert becomes(lambda: "listen_port=" in query(name, GET))
    assert len(host.pids()) == 1


def test_interface_name_is_accepted_when_it_is_not_utf8(host: Host) -> None:
    name = os.fsdecode(unique_name().encode() + b"\xff")
    with foreground(host, name) as daemon:
        assert query(name, GET).endswith(DONE)
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


def test_tun_and_socket_are_adopted_when_descriptors_are_given(
    host: Host, name: str
) -> None:
    listener = socket.socket(socket.AF_UNIX)
    with listener, tun_device(host, name) as tun:
        listener.bind(str(socket_path(name)))
        listener.listen()
        uapi = listener.fileno()
        variables = {"WG_TUN_FD": str(tun), "WG_UAPI_FD": str(uapi)}
        with foreground(host, name, env=variables, pass_fds=(tun, uapi)) as daemon:
            assert query(name, b"set=1\nlisten_port=4500\n\n") == DONE
            assert "listen_port=4500\n" in query(name, GET)
            assert stopped(daemon) == (0, "")


def test_tun_with_offloads_is_adopted_by_libpywg(host: Host, name: str) -> None:
    with tun_device(host, name, WITH_OFFLOADS) as tun:
        variables = {"WG_TUN_FD": str(tun)}
        with foreground(host, name, env=variables, pass_fds=[tun]) as daemon:
            assert query(name, GET).endswith(DONE)
            assert stopped(daemon) == (0, "")


def test_socket_has_the_name_of_the_tun_when_it_is_adopted(
    host: Host, name: str
) -> None:
    unused_name = unique_name()
    with tun_device(host, name) as tun:
        variables = {"WG_TUN_FD": str(tun)}
        with foreground(host, name, called=unused_name, env=variables, pass_fds=[tun]):
            assert query(name, GET).endswith(DONE)
            assert not socket_path(unused_name).exists()


def test_timestamp_is_stored_before_it_is_sent(
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
        assert query(name, initiate.encode()) == DONE
        assert becomes(kept.exists)
    stored = timestamp_file.parse(kept.read_bytes())
    assert stored.used <= time.time_ns() < stored.bound


# End


@pytest.mark.parametrize("signum", [signal.SIGTERM, signal.SIGINT])
def test_interface_and_socket_are_removed_on_a_signal(
    host: Host, name: str, signum: signal.Signals
) -> None:
    in_background(host, name)
    host.up(name)
    (pid,) = host.pids()
    os.kill(pid, signum)
    assert no_trace(host, name)


def test_daemon_ends_when_the_interface_is_deleted(host: Host, name: str) -> None:
    with foreground(host, name) as daemon:
        host.up(name)
        host.delete_link(name)
        assert ended(daemon) == (0, "")
        assert not socket_path(name).exists()


def test_daemon_ends_when_the_socket_file_is_removed(host: Host, name: str) -> None:
    with foreground(host, name) as daemon:
        socket_path(name).unlink()
        assert ended(daemon) == (0, "")
        assert not host.has_link(name)


# Errors at start-up


def refusal(
    host: Host, *arguments: str, program: Sequence[str] = PYWGD, **options: Any
) -> str:
    """Run a daemon that fails, and return the line that it prints."""
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


@pytest.mark.parametrize(("arguments", "part"), BAD_COMMANDS)
def test_invalid_command_line_is_rejected_with_one_line(
    host: Host, arguments: str, part: str
) -> None:
    assert part in refusal(host, *arguments.split(), env=environment())


def test_second_daemon_is_rejected_when_one_serves_the_interface(
    host: Host, name: str
) -> None:
    with foreground(host, name) as daemon:
        assert "this name exists" in refusal(host, name, env=environment())
        assert answers(name)
        assert host.pids() == [daemon.pid]


def test_daemon_is_rejected_when_another_program_has_the_interface(
    host: Host, name: str
) -> None:
    with tun_device(host, name):
        assert name in refusal(host, name, env=environment())
    assert not socket_path(name).exists()


def test_daemon_is_rejected_when_the_interface_is_not_a_tun(
    host: Host, name: str
) -> None:
    assert "lo" in refusal(host, "lo", env=environment())
    assert host.has_link("lo")
    assert not socket_path("lo").exists()


@pytest.mark.parametrize("variable", ["WG_TUN_FD", "WG_UAPI_FD"])
def test_descriptor_is_rejected_when_it_has_the_wrong_type(
    host: Host, name: str, variable: str
) -> None:
    with open(os.devnull) as null:
        descriptor = str(null.fileno())
        said = refusal(
            host,
            name,
            env=environment(**{variable: descriptor}),
            pass_fds=[null.fileno()],
        )
    assert variable in said
    assert not socket_path(name).exists()
    assert not host.has_link(name)


WITH_OFFLOADS = 0x5001
OTHER_TUNS = (
    pytest.param(0x1002, "libpywg", id="TAP"),
    pytest.param(0x0001, "libpywg", id="packet information"),
    pytest.param(WITH_OFFLOADS, "python", id="virtio-net header"),
)


@pytest.mark.parametrize(("flags", "plane"), OTHER_TUNS)
def test_tun_is_rejected_when_its_packet_format_differs(
    host: Host, name: str, flags: int, plane: str
) -> None:
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


def test_error_is_reported_when_fork_fails(host: Host, name: str) -> None:
    program = (sys.executable, "-c", WITHOUT_FORK)
    said = refusal(host, name, program=program, env=environment())
    assert os.strerror(errno.EAGAIN) in said
    assert no_trace(host, name)


def test_error_is_reported_when_permission_is_missing(host: Host, name: str) -> None:
    powerless = ("setpriv", "--bounding-set=-all", *PYWGD)
    said = refusal(host, name, program=powerless, env=environment())
    assert "not permitted" in said
    assert not host.has_link(name)
    assert not socket_path(name).exists()


# Running


@pytest.mark.parametrize(
    ("options", "message"),
    [
        pytest.param((), "", id="libpywg"),
        pytest.param(
            ("--dataplane", "python"),
            "using data plane python, which is slow",
            id="python",
        ),
    ],
)
def test_slow_data_plane_is_logged_and_reported(
    host: Host, name: str, options: Sequence[str], message: str
) -> None:
    with foreground(host, name, *options, log="warning") as daemon:
        assert ("dataplane=python\n" in query(name, GET)) == bool(message)
        assert stopped(daemon) == (0, f"{name}: {message}\n" if message else "")


def test_other_clients_are_served_when_one_never_reads(host: Host, name: str) -> None:
    with foreground(host, name), connect(name) as deaf:
        deaf.setblocking(False)
        blocked = False
        while not blocked:
            try:
                deaf.send(GET * 1_000)
            except BlockingIOError:
                blocked = True
        assert query(name, GET).endswith(DONE)


def test_response_is_complete_when_it_exceeds_the_socket_buffer(
    host: Host, name: str
) -> None:
    count = 20_000
    lines = "".join(f"allowed_ip=10.0.{n >> 8}.{n & 255}/32\n" for n in range(count))
    request = f"set=1\npublic_key={key(1).hex()}\n{lines}\n"
    with foreground(host, name, f"--max-allowed-ips={count}"), connect(name) as slow:
        assert query(name, request.encode()) == DONE
        slow.sendall(GET)
        # The response to a later client means that the slow client's socket is full.
        query(name, b"nonsense=1\n\n")
        assert read_response(slow).count("allowed_ip=") == count


def test_longest_idle_connection_is_closed_when_the_limit_is_reached(
    host: Host, name: str
) -> None:
    with foreground(host, name):
        clients = [connect(name) for _ in range(17)]
        clients[-1].sendall(GET)
        assert read_response(clients[-1]).endswith(DONE)
        assert clients[0].recv(1) == b""
        for client in clients[1:]:
            client.sendall(GET)
            assert read_response(client).endswith(DONE)
            client.close()
        assert becomes(lambda: query(name, GET).endswith(DONE))


PRIVATE, SHARED = key(0x41), key(0x42)
PEER = f"public_key={key(1).hex()}\n"

# Lines of a set=1 that contain a secret, and whether they are accepted.
SECRET_LINES = (
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


@pytest.mark.parametrize(
    ("lines", "accepted"), SECRET_LINES, ids=range(len(SECRET_LINES))
)
def test_log_has_no_secret(host: Host, name: str, lines: str, accepted: bool) -> None:
    with foreground(host, name, log="debug") as daemon:
        host.up(name)
        assert (query(name, f"set=1\n{lines}\n\n".encode()) == DONE) == accepted
        code, said = stopped(daemon)
    assert code == 0
    assert said.count("UAPI request rejected") == (not accepted)
    for secret in (PRIVATE, SHARED):
        for text in (secret.hex(), base64.b64encode(secret).decode()):
            assert text[:20] not in said
