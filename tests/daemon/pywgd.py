"""A daemon as a process, and the control socket's other end."""

import contextlib
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

from tests.lab.host import Host
from tests.lab.wait import becomes
from tests.lab.wireguard import answers, socket_path

PYWGD = [sys.executable, "-m", "pywg_embedded.daemon"]
GET = b"get=1\n\n"
PATIENCE = 60.0


def environment(**variables: str) -> dict[str, str]:
    """Ours, without what would steer the daemon, and with ``variables``."""
    steering = ("LOG_LEVEL", "WG_PROCESS_FOREGROUND", "WG_TUN_FD", "WG_UAPI_FD")
    kept = {name: text for name, text in os.environ.items() if name not in steering}
    return kept | variables


@contextlib.contextmanager
def foreground(
    host: Host, name: str, *options: str, log: str = "error", **more: Any
) -> Iterator[subprocess.Popen[str]]:
    """A daemon that answers; its standard error is a pipe. Ended if it has not.

    ``called`` is the name on its command line, if that is another.
    """
    daemon = host.start(
        *PYWGD,
        *("-f", *options, more.pop("called", name)),
        env=environment(LOG_LEVEL=log, **more.pop("env", {})),
        stderr=subprocess.PIPE,
        **more,
    )
    try:
        assert becomes(lambda: answers(name) or daemon.poll() is not None)
        yield daemon
    finally:
        daemon.kill()
        daemon.communicate()
        socket_path(name).unlink(missing_ok=True)


def ended(daemon: subprocess.Popen[str]) -> tuple[int, str]:
    """Exit code and standard error, once it ends by itself."""
    _, said = daemon.communicate(timeout=PATIENCE)
    return daemon.returncode, said


def stopped(daemon: subprocess.Popen[str]) -> tuple[int, str]:
    """The same, asked to end."""
    daemon.send_signal(signal.SIGTERM)
    return ended(daemon)


def connect(name: str) -> socket.socket:
    client = socket.socket(socket.AF_UNIX)
    client.settimeout(PATIENCE)
    client.connect(str(socket_path(name)))
    return client


def read_answer(client: socket.socket) -> str:
    """To its blank line, or to the end of the connection."""
    answer = b""
    while not answer.endswith(b"\n\n"):
        data = client.recv(65_536)
        if not data:
            break
        answer += data
    return answer.decode()


def ask(name: str, request: bytes) -> str:
    with connect(name) as client:
        client.sendall(request)
        return read_answer(client)
