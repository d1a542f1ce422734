"""The control socket: several requests, of any size and speed, in bounded memory."""

import contextlib
import errno
import functools
import socket
import stat
import tracemalloc
from collections.abc import Iterator
from pathlib import Path

import pytest

from pywg_embedded.control.keys import clamp
from pywg_embedded.core.config import InterfaceChange
from pywg_embedded.core.errors import Error
from pywg_embedded.daemon import clock, uapi_socket
from pywg_embedded.daemon.interface import Interface
from pywg_embedded.daemon.uapi_socket import Connection, UapiServer, respond
from pywg_embedded.dataplane.limits import Limits
from tests.control.support import change, key, peer_change

LIMITS = Limits(peers=3, allowed_ips=4)
GET = b"get=1\n\n"
DONE = "errno=0\n\n"
SET = (
    f"set=1\nprivate_key={key(77).hex()}\nlisten_port=0\nreplace_peers=true\n"
    f"public_key={key(1).hex()}\npreshared_key={key(9).hex()}\n"
    "endpoint=127.0.0.1:9\nallowed_ip=10.0.0.0/8\nallowed_ip=fd00::/8\n\n"
).encode()


class Client:
    """Both ends of a connection."""

    def __init__(self, interface: Interface) -> None:
        self.end, served = socket.socketpair(socket.AF_UNIX)
        self.end.setblocking(False)
        self.connection = Connection(served, LIMITS)
        self._respond = functools.partial(respond, interface)
        self.open = True

    def serve(self) -> None:
        if self.open:
            self.open = self.connection.serve(self._respond)

    def send(self, data: bytes) -> None:
        """Send all data, and let the daemon serve meanwhile."""
        while data:
            try:
                data = data[self.end.send(data) :]
            except BlockingIOError:
                pass
            self.serve()

    def read(self) -> str:
        """Return what there is to read, and let the daemon serve meanwhile."""
        received = b""
        while True:
            self.serve()
            try:
                data = self.end.recv(65_536)
            except BlockingIOError:
                return received.decode()
            received += data
            if not data:
                return received.decode()

    def request(self, request: bytes) -> str:
        self.send(request)
        return self.read()


@pytest.fixture
def clients(interface: Interface) -> Iterator[Iterator[Client]]:
    made: list[Client] = []

    def make() -> Client:
        made.append(Client(interface))
        return made[-1]

    yield iter(make, None)
    for client in made:
        client.end.close()
        client.connection.socket.close()


@pytest.fixture
def client(clients: Iterator[Client]) -> Client:
    return next(clients)


# Requests


def abbreviated(value: object) -> str:
    """Return the start of a request, or an errno."""
    return (
        value[:24].decode("ascii", "replace")
        if isinstance(value, bytes)
        else str(value)
    )


def test_get_returns_what_was_set(client: Client) -> None:
    assert client.request(SET) == DONE
    response = client.request(GET)
    assert f"private_key={clamp(key(77)).hex()}\n" in response
    assert f"public_key={key(1).hex()}\n" in response
    assert "endpoint=127.0.0.1:9\n" in response
    assert "allowed_ip=10.0.0.0/8\nallowed_ip=fd00::/8\n" in response
    assert response.endswith(DONE)


def test_several_requests_are_answered_on_one_connection(client: Client) -> None:
    response = client.request(GET + SET + GET)
    assert response.count(DONE) == 3
    assert response.startswith(
        "dataplane=python\nmax_peers=3\nmax_allowed_ips=4\n" + 2 * DONE + "private_key="
    )
    assert client.request(GET).endswith(DONE)


@pytest.mark.parametrize("piece", [1, 2, 7, 64])
def test_request_is_answered_when_it_arrives_in_parts(
    client: Client, piece: int
) -> None:
    request = SET + GET
    for start in range(0, len(request), piece):
        client.send(request[start : start + piece])
    assert client.read().count(DONE) == 2


def test_request_is_answered_when_it_is_split_at_any_byte(client: Client) -> None:
    for cut in range(len(SET) + 1):
        client.send(SET[:cut])
        client.send(SET[cut:])
        assert client.read() == DONE, cut


# Requests, and the errno of the response; none of them changes anything.
ERRORS = (
    (b"set=1\nlisten_port=x\n\n", -22),
    (b"set=1\nlisten_port\n\n", -71),
    (b"set=1\nnonsense=1\n\n", -22),
    (b"set=2\n\n", -22),
    (b"nonsense=1\n\n", -22),
    (b"set=1\nprivate_key=" + b"z" * 64 + b"\n\n", -22),
    (b"set=1\n\xff\xfe=1\n\n", -22),
    (b"set=1\nlisten_port=" + b"9" * 5000 + b"\n\n", -22),
    (b"set=1\npublic_key=" + b"22" * 32 + b"\nendpoint=[fe80::1%none]:1\n\n", -22),
    (SET.replace(b"allowed_ip=fd00::/8", b"allowed_ip=fd00::/129"), -22),
    (SET[:-1] + b"nonsense=1\n\n", -22),
    (
        b"set=1\n" + b"".join(b"public_key=%064x\n" % n for n in range(1, 9)) + b"\n",
        -28,
    ),
)


@pytest.mark.parametrize(("data", "code"), ERRORS, ids=abbreviated)
def test_request_is_rejected_as_a_whole_with_a_negative_errno(
    client: Client, interface: Interface, data: bytes, code: int
) -> None:
    before = client.request(GET)
    assert client.request(data) == f"errno={code}\n\n"
    assert client.request(GET) == before
    assert interface.status().peers == []


def test_errno_is_eaddrinuse_when_the_port_is_in_use(client: Client) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as taken:
        taken.bind(("0.0.0.0", 0))
        port = taken.getsockname()[1]
        assert client.request(b"set=1\nlisten_port=%d\n\n" % port) == "errno=-98\n\n"


@pytest.mark.parametrize("code", [errno.EMFILE, None])
def test_errno_of_the_system_is_returned_when_a_change_fails(
    client: Client,
    interface: Interface,
    monkeypatch: pytest.MonkeyPatch,
    code: int | None,
) -> None:
    def fail(_: InterfaceChange) -> None:
        raise OSError(code, "some reason") if code else OSError("some reason")

    monkeypatch.setattr(interface, "configure", fail)
    assert client.request(SET) == f"errno=-{code or errno.EIO}\n\n"
    assert client.request(GET).endswith(DONE)


def test_request_is_complete_when_the_connection_ends_without_a_blank_line(
    client: Client, interface: Interface
) -> None:
    client.send(SET[:-1])
    client.end.shutdown(socket.SHUT_WR)
    assert client.read() == DONE
    assert not client.open
    assert len(interface.status().peers) == 1


def test_request_is_rejected_when_its_last_line_is_incomplete(
    client: Client, interface: Interface
) -> None:
    client.send(SET[:-3])
    client.end.shutdown(socket.SHUT_WR)
    assert client.read() == "errno=-22\n\n"
    assert interface.status().peers == []


def test_connection_ends_when_the_client_leaves_without_a_request(
    client: Client,
) -> None:
    client.serve()
    assert client.open
    client.end.close()
    client.serve()
    assert not client.open


def test_connection_ends_when_the_client_leaves_before_the_response(
    client: Client,
) -> None:
    client.end.send(GET * 1000)
    client.end.close()
    for _ in range(3):
        client.serve()
    assert not client.open


# Memory

SIZE = 5_000_000
PEER = b"public_key=%064x\n"


def repeated(line: bytes) -> bytes:
    return line * (SIZE // len(line))


# Lines after set=1, and the errno of the response.
LARGE: tuple[tuple[bytes, int], ...] = (
    (repeated(b"listen_port=0\n"), 0),
    (repeated(b"x"), -22),
    (repeated(PEER % 1), -28),
    (PEER % 1 + repeated(b"allowed_ip=10.0.0.0/8\n"), -28),
    (
        PEER % 1
        + b"".join(
            b"allowed_ip=10.%d.%d.%d/32\n" % (n >> 16, n >> 8 & 255, n & 255)
            for n in range(SIZE // 24)
        ),
        -28,
    ),
    (repeated(b"nonsense=1\n"), -22),
)


@pytest.mark.parametrize(("body", "code"), LARGE, ids=abbreviated)
def test_memory_is_bounded_when_a_request_is_endless(
    client: Client, body: bytes, code: int
) -> None:
    pieces = [body[start : start + 50_000] for start in range(0, len(body), 50_000)]
    tracemalloc.start()
    for piece in (b"set=1\n", *pieces, b"\n\n"):
        client.send(piece)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert client.read() == f"errno={code}\n\n"
    assert peak < 1_000_000


def test_memory_is_bounded_when_the_client_never_reads(
    clients: Iterator[Client], interface: Interface
) -> None:
    interface.configure(change(peer_change(1, "10.0.0.0/8")))
    deaf, reader = next(clients), next(clients)
    tracemalloc.start()
    for _ in range(5_000):
        try:
            deaf.end.send(GET * 100)
        except BlockingIOError:
            pass
        deaf.serve()
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert deaf.connection.wants_to_write
    assert deaf.open
    assert peak < 1_000_000
    assert reader.request(GET).endswith(DONE)


def test_response_is_complete_when_the_client_reads_late(client: Client) -> None:
    client.request(SET)
    count = 0
    with contextlib.suppress(BlockingIOError):
        while True:
            client.end.send(GET)
            count += 1
            client.serve()
    assert client.connection.wants_to_write
    assert client.read().count(DONE) == count


# The socket


@pytest.fixture
def directory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(uapi_socket, "DIRECTORY", str(tmp_path / "run"))
    return tmp_path / "run"


@pytest.fixture
def server(directory: Path) -> Iterator[UapiServer]:
    server = UapiServer("wg0", None, LIMITS)
    yield server
    server.close()


def connected(path: Path) -> socket.socket:
    client = socket.socket(socket.AF_UNIX)
    client.connect(str(path))
    return client


def test_socket_is_accessible_by_its_owner_only(
    server: UapiServer, directory: Path
) -> None:
    assert stat.S_IMODE((directory / "wg0.sock").stat().st_mode) & 0o077 == 0
    assert server.exists()


def test_socket_file_appears_once_connections_are_accepted(
    directory: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """wg(8) removes a socket that refuses its connection."""
    listed: list[bool] = []

    class Listener(socket.socket):
        def listen(self, *backlog: int) -> None:
            listed.append(any(directory.glob("*.sock")))
            super().listen(*backlog)

    monkeypatch.setattr(socket, "socket", Listener)
    server = UapiServer("wg0", None, LIMITS)
    assert listed == [False]
    assert [path.name for path in directory.iterdir()] == ["wg0.sock"]
    connected(directory / "wg0.sock").close()
    server.close()


def test_unlisted_socket_of_a_killed_daemon_is_replaced(directory: Path) -> None:
    directory.mkdir()
    with socket.socket(socket.AF_UNIX) as stale:
        stale.bind(str(directory / "wg0.sock.new"))
    UapiServer("wg0", None, LIMITS).close()
    assert list(directory.iterdir()) == []


def test_socket_file_is_removed_when_the_server_closes(directory: Path) -> None:
    server = UapiServer("wg0", None, LIMITS)
    server.close()
    assert list(directory.iterdir()) == []


def test_socket_does_not_exist_when_its_file_is_removed_or_replaced(
    server: UapiServer, directory: Path
) -> None:
    (directory / "wg0.sock").unlink()
    assert not server.exists()


def test_stale_socket_is_replaced(directory: Path) -> None:
    directory.mkdir()
    with socket.socket(socket.AF_UNIX) as stale:
        stale.bind(str(directory / "wg0.sock"))
    server = UapiServer("wg0", None, LIMITS)
    connected(directory / "wg0.sock").close()
    server.close()


def test_error_is_raised_when_another_server_listens(
    server: UapiServer, directory: Path
) -> None:
    with pytest.raises(Error, match="in use"):
        UapiServer("wg0", None, LIMITS)
    connected(directory / "wg0.sock").close()
    assert server.exists()


def test_error_is_raised_when_the_folder_cannot_be_used(directory: Path) -> None:
    directory.write_text("not a directory")
    with pytest.raises(Error, match=r"cannot listen on .*wg0\.sock"):
        UapiServer("wg0", None, LIMITS)


def test_close_succeeds_when_the_socket_file_cannot_be_removed(directory: Path) -> None:
    (directory / "wg0.sock").mkdir(parents=True)
    with socket.socket(socket.AF_UNIX) as listener:
        UapiServer("wg0", listener.detach(), LIMITS).close()
    assert (directory / "wg0.sock").is_dir()


def test_error_is_raised_when_the_descriptor_is_not_a_socket(
    directory: Path, tmp_path: Path
) -> None:
    file = tmp_path / "file"
    with file.open("w") as opened, pytest.raises(Error, match="WG_UAPI_FD"):
        UapiServer("wg0", opened.fileno(), LIMITS)


def test_connection_waits_when_the_limit_is_reached(
    server: UapiServer, directory: Path
) -> None:
    clients = [connected(directory / "wg0.sock") for _ in range(17)]
    accepted = [server.accept() for _ in range(16)]
    assert None not in accepted
    with pytest.raises(Error, match=r"too many connections: 17 \(limit 16\)"):
        server.accept()
    first = accepted[0]
    assert first is not None
    server.disconnect(first)
    assert server.accept() is not None
    for client in clients:
        client.close()


def test_longest_idle_connection_comes_first(
    server: UapiServer,
    directory: Path,
    interface: Interface,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    now = 1_000
    monkeypatch.setattr(clock, "boottime", lambda: now)
    clients = [connected(directory / "wg0.sock") for _ in range(3)]
    accepted = []
    for _ in clients:
        accepted.append(server.accept())
        now += 10
    idle = server.idle_connections
    assert idle(10) == accepted
    assert idle(11) == accepted[:2]
    clients[0].send(GET)
    assert accepted[0] is not None
    assert accepted[0].serve(functools.partial(respond, interface))
    assert idle(0) == [accepted[1], accepted[2], accepted[0]]
    for client in clients:
        client.close()


def test_error_is_raised_when_the_queue_of_another_server_is_full(
    directory: Path,
) -> None:
    directory.mkdir()
    with contextlib.ExitStack() as stack:
        hanging = stack.enter_context(socket.socket(socket.AF_UNIX))
        hanging.bind(str(directory / "wg0.sock"))
        hanging.listen(0)
        stack.enter_context(connected(directory / "wg0.sock"))
        with pytest.raises(Error, match="in use"):
            UapiServer("wg0", None, LIMITS)


def test_connections_are_closed_when_the_server_closes(directory: Path) -> None:
    server = UapiServer("wg0", None, LIMITS)
    with connected(directory / "wg0.sock") as client:
        connection = server.accept()
        assert connection is not None
        assert server.connection(connection.socket.fileno()) is connection
        server.close()
        assert client.recv(1) == b""
