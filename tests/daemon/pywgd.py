"""``pywgd`` as a process, and requests to its control socket."""

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
    """Return the environment with ``variables`` and no others of the daemon."""
    unset = ("LOG_LEVEL", "WG_PROCESS_FOREGROUND", "WG_TUN_FD", "WG_UAPI_FD")
    kept = {name: text for name, text in os.environ.items() if name not in unset}
    return kept | variables


@contextlib.contextmanager
def foreground(
    host: Host, name: str, *options: str, log: str = "error", **more: Any
) -> Iterator[subprocess.Popen[str]]:
    """Run a daemon in the foreground once it answers, with a pipe as standard error.

    ``called`` is the interface name on its command line, if that differs; ``before``
    is what precedes the command.
    """
    daemon = host.start(
        *more.pop("before", ()),
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
    """Wait for the end of the daemon; return its exit code and standard error."""
    _, said = daemon.communicate(timeout=PATIENCE)
    return daemon.returncode, said


def stopped(daemon: subprocess.Popen[str]) -> tuple[int, str]:
    """Send SIGTERM; return exit code and standard error of the daemon."""
    daemon.send_signal(signal.SIGTERM)
    return ended(daemon)


def connect(name: str) -> socket.socket:
    client = socket.socket(socket.AF_UNIX)
    client.settimeout(PATIENCE)
    client.connect(str(socket_path(name)))
    return client


def read_response(client: socket.socket) -> str:
    """Read a response to its blank line, or to the end of the connection."""
    response = b""
    while not response.endswith(b"\n\n"):
        data = client.recv(65_536)
        if not data:
            break
        response += data
    return response.decode()


def query(name: str, data: bytes) -> str:
    with connect(name) as client:
        client.sendall(data)
        return read_response(client)
