"""The environment variables and inherited descriptors of the daemon."""

import contextlib
import fcntl
import os
import socket
import struct
import subprocess
from collections.abc import Iterator

import pytest

from tests.lab.host import Host
from tests.lab.wait import DEADLINE, becomes
from tests.lab.wireguard import PYWGD, answers, socket_path

TUNSETIFF = 0x400454CA
IFF_TUN_NO_PI = 0x1001


@contextlib.contextmanager
def tun_device(host: Host, name: str) -> Iterator[int]:
    """Create a TUN device on the host; yield its file descriptor."""
    with host.entered():
        fd = os.open("/dev/net/tun", os.O_RDWR | os.O_NONBLOCK)
    try:
        request = struct.pack("16sH22x", name.encode(), IFF_TUN_NO_PI)
        with host.entered():
            fcntl.ioctl(fd, TUNSETIFF, request)
        yield fd
    finally:
        os.close(fd)


@contextlib.contextmanager
def uapi_listener(name: str) -> Iterator[int]:
    """Create a listening UAPI socket; yield its file descriptor."""
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(socket_path(name)))
        listener.listen()
        yield listener.fileno()


def environment(**variables: str) -> dict[str, str]:
    return os.environ | variables


def test_inherited_tun_and_uapi_descriptors_are_used(host: Host, name: str) -> None:
    with tun_device(host, name) as tun, uapi_listener(name) as uapi:
        daemon = host.start(
            *(PYWGD, "-f", name),
            env=environment(WG_TUN_FD=str(tun), WG_UAPI_FD=str(uapi)),
            pass_fds=(tun, uapi),
        )
    host.run("wg", "set", name, "listen-port", "4500")
    assert host.run("wg", "show", name, "listen-port").stdout == "4500\n"
    assert host.has_link(name)
    daemon.terminate()
    assert daemon.wait(DEADLINE) == 0
    assert becomes(lambda: not host.has_link(name))


FOREGROUND = [
    (("-f",), {}),
    (("--foreground",), {}),
    ((), {"WG_PROCESS_FOREGROUND": "1"}),
]


@pytest.mark.parametrize(
    "options, variables", FOREGROUND, ids=["-f", "--foreground", "variable"]
)
def test_daemon_stays_in_the_foreground_when_requested(
    host: Host, name: str, options: tuple[str, ...], variables: dict[str, str]
) -> None:
    daemon = host.start(PYWGD, *options, name, env=environment(**variables))
    assert becomes(lambda: answers(name))
    assert daemon.poll() is None
    assert host.pids() == [daemon.pid]


@pytest.mark.parametrize("level, has_output", [("silent", False), ("verbose", True)])
def test_log_output_depends_on_the_log_level(
    host: Host, name: str, level: str, has_output: bool
) -> None:
    daemon = host.start(
        *(PYWGD, "-f", name),
        env=environment(LOG_LEVEL=level),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    )
    assert becomes(lambda: answers(name))
    daemon.terminate()
    output, _ = daemon.communicate(timeout=DEADLINE)
    assert bool(output) == has_output
