"""A control socket without a tunnel, and the tools that connect to it."""

import os
import shutil
import socket
import subprocess
import sys
import threading
from pathlib import Path
from types import TracebackType
from typing import Any

import pytest

from pywg_embedded.control import uapi
from pywg_embedded.core.config import InterfaceChange, InterfaceStatus
from pywg_embedded.core.errors import Error
from tests.lab.namespaces import unshare

ROOT = Path(__file__).parents[2]
# The tools look into /run/wireguard of a namespace of their own, which holds the
# test's sockets alone: no other interface of the machine shows up.
NAMESPACE = (
    *unshare("--mount", "--net"), "sh", "-ec",
    'mount -t tmpfs none /run; mkdir /run/wireguard; '
    'mount --bind "$0" /run/wireguard; exec "$@"',
)  # fmt: skip
CODE = "import sys; from pywg_embedded.cli.main import main; sys.exit(main())"
PYWG = (sys.executable, "-c", CODE)


class Server:
    """Serves ``status`` as the interface ``name`` in ``directory``, as a context.

    ``changes`` are the changes received. ``refusal`` is the response to them;
    ``reply``, if given, replaces every response.
    """

    def __init__(
        self,
        directory: Path,
        status: InterfaceStatus,
        name: str = "wgtest",
        refusal: Error | None = None,
        reply: str | None = None,
    ) -> None:
        self.name = name
        self.path = directory / f"{name}.sock"
        self.changes: list[InterfaceChange] = []
        self._status = status
        self._refusal = refusal
        self._reply = reply
        self._listener = socket.socket(socket.AF_UNIX)
        self._thread = threading.Thread(target=self._serve)

    def __enter__(self) -> "Server":
        self._listener.bind(str(self.path))
        self._listener.listen()
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._listener.shutdown(socket.SHUT_RDWR)
        self._thread.join()
        self._listener.close()
        self.path.unlink()

    def _serve(self) -> None:
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            with connection:
                self._converse(connection)

    def _converse(self, connection: socket.socket) -> None:
        reader = uapi.Reader(1000, 1000, socket.if_nametoindex)
        while data := connection.recv(4096):
            for request in reader.feed(data):
                connection.sendall(self._answer(request).encode())
                if self._reply is not None:
                    return

    def _answer(self, request: "uapi.Request") -> str:
        if self._reply is not None:
            return self._reply
        if isinstance(request, Error):
            return uapi.format_answer(request)
        if isinstance(request, InterfaceChange):
            self.changes.append(request)
            return uapi.format_answer(self._refusal)
        return b"".join(uapi.format_status(self._status)).decode()


def run(
    directory: Path, *command: str, stdin: str = "", **environment: str
) -> subprocess.CompletedProcess[str]:
    """Run a command that sees ``directory`` as /var/run/wireguard."""
    return subprocess.run(
        [*NAMESPACE, str(directory), *command],
        env={**os.environ, "PYTHONPATH": str(ROOT), **environment},
        input=stdin,
        capture_output=True,
        text=True,
        timeout=300,
    )


def pywg(
    directory: Path, *arguments: str, **options: Any
) -> subprocess.CompletedProcess[str]:
    return run(directory, *PYWG, *arguments, **options)


def wg(
    directory: Path, *arguments: str, **options: Any
) -> subprocess.CompletedProcess[str]:
    if not shutil.which("wg"):
        pytest.fail("wg(8) is not installed: apt-get install wireguard-tools")
    return run(directory, "wg", *arguments, **options)
