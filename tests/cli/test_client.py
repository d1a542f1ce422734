"""Where a daemon cannot be asked or refuses, one line says what to do."""

import socket
from pathlib import Path

import pytest

from pywg_embedded.core.config import InterfaceStatus
from pywg_embedded.core.errors import ConfigError, Error, LimitError
from tests.cli.server import PYWG, Server, pywg, run

SHOW = ("show", "wgtest")
SET = ("set", "wgtest", "fwmark", "1")


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
            "No space left on device; restart the daemon with a larger --max",
        ),
        (ConfigError("x", 98), "Address already in use; choose another listen-port"),
        (ConfigError("x", 5), "Input/output error"),
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
        (SHOW, "", "connection closed before the end of the answer"),
        (
            SHOW,
            "listen_port=x\n",
            "line 1 of the answer: listen_port: invalid number 'x'",
        ),
        (SHOW, "\x00\n", "line 1 of the answer: invalid line (expected key=value)"),
        (SHOW, "errno=-5\n\n", "Input/output error"),
        (SET, "", "connection closed before the end of the answer"),
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
