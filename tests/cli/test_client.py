"""Where a daemon cannot be asked or refuses, one line says what to do."""

import socket
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from pywg_embedded.cli import client
from pywg_embedded.core.config import InterfaceChange, InterfaceStatus, PeerChange
from pywg_embedded.core.errors import ConfigError, Error, LimitError
from tests.cli.server import PYWG, Server, pywg, run
from tests.control.support import key

SHOW = ("show", "wgtest")
SET = ("set", "wgtest", "fwmark", "1")
CLOSED = (
    "connection closed before the end of the answer; "
    "the daemon is busy or was stopped: try again"
)


@pytest.mark.parametrize("arguments", [SHOW, SET, ("showconf", "wgtest")])
def test_start_command_is_suggested_when_the_interface_is_missing(
    arguments: tuple[str, ...], tmp_path: Path
) -> None:
    result = pywg(tmp_path, *arguments)
    advice = "no such interface; start it with 'pywgd wgtest'"
    assert result.stderr == f"pywg: wgtest: {advice}\n"
    assert (result.stdout, result.returncode) == ("", 1)


def test_start_command_is_suggested_when_the_daemon_is_dead(tmp_path: Path) -> None:
    with socket.socket(socket.AF_UNIX) as dead:
        dead.bind(str(tmp_path / "wgtest.sock"))
    result = pywg(tmp_path, *SHOW)
    advice = "the daemon is not running; start it with 'pywgd wgtest'"
    assert result.stderr == f"pywg: wgtest: {advice}\n"
    assert pywg(tmp_path, "show", "interfaces").stdout == ""


def test_file_is_not_an_interface_when_it_is_not_a_socket(tmp_path: Path) -> None:
    for name in ("wgtest.sock", "wgtest", "averylonginterfacename.sock", ".sock"):
        (tmp_path / name).touch()
    assert pywg(tmp_path, "show", "interfaces").stdout == ""


def test_root_is_suggested_when_permission_is_denied(tmp_path: Path) -> None:
    with Server(tmp_path, InterfaceStatus()) as server:
        server.path.chmod(0)
        drop = ("setpriv", "--bounding-set", "-dac_override,-dac_read_search")
        result = run(tmp_path, *drop, *PYWG, *SHOW)
    advice = "permission denied; run pywg as root"
    assert result.stderr == f"pywg: wgtest: {advice}\n"


@pytest.mark.parametrize("name", ["", "..", "a/b", "averylonginterfacename", "a b"])
def test_no_file_is_opened_when_the_name_is_invalid(name: str, tmp_path: Path) -> None:
    result = pywg(tmp_path, "show", name)
    assert result.stderr.startswith("pywg: ") and result.stderr.count("\n") == 1
    assert (result.stdout, result.returncode) == ("", 1)


@pytest.mark.parametrize(
    ("refusal", "advice"),
    [
        (ConfigError("x"), "Invalid argument; the daemon rejected a value"),
        (
            LimitError("x"),
            "No space left on device; 'pywg show wgtest' names what was left out, "
            "'pywg limits wgtest' the options that raise the limits",
        ),
        (ConfigError("x", 98), "Address already in use; choose another listen-port"),
        (ConfigError("x", 5), "Input/output error"),
        (ConfigError("x", 24), "Too many open files; the daemon has no free file"),
        (ConfigError("x", 23), "Too many open files in system; the system has no"),
    ],
)
def test_advice_is_printed_when_a_change_is_rejected(
    refusal: Error, advice: str, tmp_path: Path
) -> None:
    with Server(tmp_path, InterfaceStatus(), refusal=refusal):
        result = pywg(tmp_path, *SET)
    assert result.stderr.startswith(f"pywg: wgtest: {advice}")
    assert (result.stderr.count("\n"), result.returncode) == (1, 1)


@pytest.mark.parametrize(
    ("arguments", "reply", "message"),
    [
        (SHOW, "", CLOSED),
        (
            SHOW,
            "listen_port=x\n",
            "line 1 of the answer: listen_port: invalid number 'x'",
        ),
        (SHOW, "\x00\n", "line 1 of the answer: invalid line (expected key=value)"),
        (SHOW, "errno=-5\n\n", "Input/output error"),
        (SET, "", CLOSED),
        (SET, "fwmark=1\nerrno=0\n\n", "line 1 of the answer: unexpected 'fwmark'"),
    ],
)
def test_error_is_reported_when_the_response_is_invalid(
    arguments: tuple[str, ...], reply: str, message: str, tmp_path: Path
) -> None:
    with Server(tmp_path, InterfaceStatus(), reply=reply):
        result = pywg(tmp_path, *arguments)
    assert result.stderr.startswith(f"pywg: wgtest: {message}")
    assert (result.stdout, result.returncode) == ("", 1)
    assert result.stderr.count("\n") == 1


# A daemon that is busy or hangs


@pytest.fixture
def listener(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[socket.socket]:
    """The control socket of a daemon that accepts no connection."""
    monkeypatch.setattr(client, "SOCKET_DIRECTORY", str(tmp_path))
    monkeypatch.setattr(client, "_TIMEOUT", 0.1)
    with socket.socket(socket.AF_UNIX) as hanging:
        hanging.bind(str(tmp_path / "wgtest.sock"))
        hanging.listen(0)
        yield hanging


def connected(listener: socket.socket) -> socket.socket:
    waiting = socket.socket(socket.AF_UNIX)
    waiting.connect(listener.getsockname())
    return waiting


def large_change() -> InterfaceChange:
    """Return a change larger than the buffers of a socket."""
    wanted = InterfaceChange()
    wanted.peers = [PeerChange(key(1))] * 20_000
    return wanted


def test_time_out_is_reported_when_the_daemon_hangs(listener: socket.socket) -> None:
    hangs = r"^wgtest: no answer from the daemon within 0\.1 s; try again, or restart"
    with pytest.raises(ConfigError, match=hangs):
        client.get("wgtest")


def test_time_out_is_reported_when_the_daemon_reads_no_request(
    listener: socket.socket,
) -> None:
    hangs = r"^wgtest: no answer from the daemon within 0\.1 s; try again, or restart"
    with pytest.raises(ConfigError, match=hangs):
        client.change("wgtest", large_change())


def test_busy_daemon_is_reported_when_its_queue_is_full(
    listener: socket.socket,
) -> None:
    busy = r"^wgtest: the daemon is busy: no free connection within 0\.1 s; try again"
    with connected(listener), pytest.raises(ConfigError, match=busy):
        client.get("wgtest")


def test_interface_is_listed_when_its_daemon_is_busy(listener: socket.socket) -> None:
    with connected(listener):
        assert client.interfaces() == ["wgtest"]


def test_request_is_answered_when_the_queue_becomes_free(
    listener: socket.socket, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(client, "_TIMEOUT", 300)

    def serve() -> None:
        listener.accept()[0].close()
        with listener.accept()[0] as connection:
            connection.recv(4096)
            connection.sendall(b"fwmark=7\nerrno=0\n\n")

    with connected(listener):
        refused = client._connect
        server = threading.Thread(target=serve, daemon=True)

        def connect(name: str) -> socket.socket:
            try:
                return refused(name)
            except BlockingIOError:
                server.start()
                monkeypatch.setattr(client, "_connect", refused)
                raise

        monkeypatch.setattr(client, "_connect", connect)
        assert client.get("wgtest").fwmark == 7
        server.join()


@pytest.mark.parametrize("reset", [False, True], ids=["closed", "reset"])
def test_closed_connection_is_reported_when_the_daemon_closes_it_at_once(
    listener: socket.socket, reset: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(client, "_TIMEOUT", 300)

    def serve() -> None:
        with listener.accept()[0] as connection:
            if not reset:
                connection.shutdown(socket.SHUT_RDWR)

    server = threading.Thread(target=serve, daemon=True)
    server.start()
    with pytest.raises(ConfigError, match=f"^wgtest: {CLOSED}$"):
        client.change("wgtest", large_change())
    server.join()
