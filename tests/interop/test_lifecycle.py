"""Start, readiness and exit of the daemon."""

import contextlib
import signal
import socket
import stat

import pytest

from tests.lab.host import Host
from tests.lab.topology import Lab
from tests.lab.wait import DEADLINE, becomes
from tests.lab.wireguard import PYWGD, answers, socket_path, unique_name

MOVES = 20
# More than the daemon serves and the kernel queues.
SILENT_CLIENTS = 40


def is_cleaned_up(host: Host, name: str) -> bool:
    return becomes(
        lambda: (
            not host.pids()
            and not host.has_link(name)
            and not socket_path(name).exists()
        )
    )


def test_interface_is_ready_when_the_command_returns(host: Host, name: str) -> None:
    host.run(PYWGD, name)
    assert host.has_link(name)
    assert host.run("wg", "show", name, "listen-port").stdout


def test_daemon_works_when_the_interface_moves_to_another_namespace_at_once(
    lab: Lab,
) -> None:
    birthplace, home = lab.host("birthplace"), lab.host("home")
    for attempt in range(MOVES):
        name = unique_name()
        move = f"{PYWGD} {name} && ip link set {name} netns {home.name}"
        birthplace.run("sh", "-c", move)
        birthplace.run("wg", "set", name, "listen-port", "0")
        assert home.has_link(name), f"attempt {attempt}"
        assert answers(name), f"attempt {attempt}"
        home.delete_link(name)
        assert is_cleaned_up(birthplace, name), f"attempt {attempt}"


def test_daemon_exits_when_the_interface_is_deleted(host: Host, name: str) -> None:
    host.run(PYWGD, name)
    host.delete_link(name)
    assert is_cleaned_up(host, name)


def test_daemon_exits_when_the_socket_file_is_removed(host: Host, name: str) -> None:
    host.run(PYWGD, name)
    socket_path(name).unlink()
    assert is_cleaned_up(host, name)


def test_interface_is_shown_when_silent_clients_fill_the_control_socket(
    host: Host, name: str
) -> None:
    host.run(PYWGD, name)
    with contextlib.ExitStack() as stack:
        for _ in range(SILENT_CLIENTS):
            client = stack.enter_context(socket.socket(socket.AF_UNIX))
            client.connect(str(socket_path(name)))
        assert host.run("wg", "show", name, "listen-port").stdout


@pytest.mark.parametrize("signal_sent", [signal.SIGTERM, signal.SIGINT])
def test_daemon_cleans_up_when_it_receives_a_signal(
    host: Host, name: str, signal_sent: signal.Signals
) -> None:
    daemon = host.start(PYWGD, "-f", name)
    assert becomes(lambda: answers(name))
    daemon.send_signal(signal_sent)
    assert daemon.wait(DEADLINE) == 0
    assert is_cleaned_up(host, name)


def test_start_fails_when_the_interface_exists(host: Host, name: str) -> None:
    host.run(PYWGD, name)
    second = host.run(PYWGD, name, check=False)
    assert second.returncode == 1
    assert len(second.stderr.splitlines()) == 1
    assert name in second.stderr
    assert len(host.pids()) == 1
    assert answers(name)


def test_daemon_starts_when_there_is_a_stale_socket_file(host: Host, name: str) -> None:
    first = host.start(PYWGD, "-f", name)
    assert becomes(lambda: answers(name))
    first.kill()
    first.wait()
    assert socket_path(name).exists()
    assert becomes(lambda: not host.has_link(name))
    host.run(PYWGD, name)
    assert answers(name)


def test_socket_is_accessible_by_root_only(host: Host, name: str) -> None:
    host.run(PYWGD, name)
    status = socket_path(name).stat()
    assert stat.S_IMODE(status.st_mode) & 0o077 == 0
    assert status.st_uid == 0


BAD_IDS = ["no-name", "empty-name", "long-name", "slash", "unknown-option"]
BAD_COMMANDS = [(), ("",), ("a-name-beyond-15",), ("a/b",), ("--nonsense", "wg0")]


@pytest.mark.parametrize("arguments", BAD_COMMANDS, ids=BAD_IDS)
def test_one_line_is_printed_when_the_command_is_invalid(
    host: Host, arguments: tuple[str, ...]
) -> None:
    refused = host.run(PYWGD, *arguments, check=False)
    assert refused.returncode == 1
    assert len(refused.stderr.splitlines()) == 1
    assert host.pids() == []
