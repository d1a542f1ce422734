"""UAPI: parsing and formatting of requests and answers."""

from pywg_embedded.control import uapi
from pywg_embedded.control.keys import to_hex
from pywg_embedded.core.config import ZERO_KEY, InterfaceChange
from pywg_embedded.core.errors import EINVAL, ENOSPC, EPROTO, ConfigError, LimitError
from tests.control.support import (
    change,
    error_of,
    key,
    peer_change,
    peer_status,
    plain,
    status,
)

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

A, B = 1, 2
V4 = (b"\xc0\x00\x02\x01", 51820, 0)
LINK_LOCAL = (bytes.fromhex("fe80") + bytes(13) + b"\x01", 9, 7)
PEER_A = f"public_key={to_hex(key(A))}\n"
PEER_B = f"public_key={to_hex(key(B))}\n"


def scope_of(name: str) -> int:
    return {"eth0": 7}[name]


def pieces(data: bytes, size: int) -> "Iterator[bytes]":
    for start in range(0, len(data), size):
        yield data[start : start + size]


def read(
    chunks: "Iterable[bytes]", peers: int = 8, allowed_ips: int = 8
) -> "list[uapi.Request]":
    reader = uapi.Reader(peers, allowed_ips, scope_of)
    requests: list[uapi.Request] = []
    for chunk in chunks:
        requests.extend(reader.feed(chunk))
    requests.extend(reader.end())
    return requests


def shown(requests: "list[uapi.Request]") -> "list[object]":
    """Return requests in a form that can be compared and printed."""
    return [
        (request.errno, str(request))
        if isinstance(request, ConfigError)
        else plain(request)
        for request in requests
    ]


# The text of a connection, and its requests.
CONNECTIONS: "tuple[tuple[str, tuple[uapi.Request, ...]], ...]" = (
    ("", ()),
    ("\n\n", ()),
    ("get=1\n\n", ("get",)),
    ("get=1\n", ("get",)),
    ("set=1\n\n", (change(),)),
    ("set=1\nlisten_port=7\n", (change(listen_port=7),)),
    (
        "get=1\n\nset=1\nfwmark=5\n\n\nget=1\n\n",
        ("get", change(fwmark=5), "get"),
    ),
    (
        f"set=1\nprivate_key={to_hex(key(9))}\nlisten_port=0\nfwmark=4294967295\n"
        "replace_peers=true\nprotocol_version=1\n\n",
        (
            change(
                private_key=key(9), listen_port=0, fwmark=2**32 - 1, replace_peers=True
            ),
        ),
    ),
    (
        f"set=1\n{PEER_A}remove=true\n{PEER_B}update_only=true\nprotocol_version=1\n"
        f"preshared_key={to_hex(ZERO_KEY).upper()}\nendpoint=192.0.2.1:51820\n"
        "persistent_keepalive_interval=25\nreplace_allowed_ips=true\n"
        "allowed_ip=10.1.2.3/8\nallowed_ip=+::1/128\nallowed_ip=-10.0.0.1\n\n",
        (
            change(
                peer_change(A, remove=True),
                peer_change(
                    B,
                    "10.0.0.0/8",
                    "::1/128",
                    "-10.0.0.1/32",
                    update_only=True,
                    preshared_key=ZERO_KEY,
                    endpoint=V4,
                    persistent_keepalive=25,
                    replace_allowed_ips=True,
                ),
            ),
        ),
    ),
    # Moved from another peer, then removed: not the same as no change.
    (
        f"set=1\n{PEER_A}update_only=true\nallowed_ip=10.0.0.0/8\n"
        "allowed_ip=-10.0.0.0/8\nallowed_ip=-::/0\nallowed_ip=+::/0\n\n",
        (
            change(
                peer_change(A, "10.0.0.0/8", update_only=True),
                peer_change(A, "-10.0.0.0/8", "::/0", update_only=True),
            ),
        ),
    ),
    (
        f"set=1\n{PEER_A}endpoint=[fe80::1%eth0]:9\n{PEER_A}endpoint=[fe80::1%7]:9\n\n",
        (
            change(
                peer_change(A, endpoint=LINK_LOCAL),
                peer_change(A, endpoint=LINK_LOCAL),
            ),
        ),
    ),
)


def test_requests_do_not_depend_on_chunk_sizes() -> None:
    for row, (text, requests) in enumerate(CONNECTIONS):
        for size in (1, 2, 7, 64, 100000):
            got = shown(read(pieces(text.encode(), size)))
            assert got == shown(list(requests)), (row, size)


# The lines after set=1, and the error.
BAD_LINES = (
    ("listen_port=65536", EINVAL, "line 2: listen_port: invalid number '65536'"),
    ("listen_port=", EINVAL, "line 2: listen_port: invalid number ''"),
    ("listen_port= 5", EINVAL, "line 2: listen_port: invalid number ' 5'"),
    ("listen_port", EPROTO, "line 2: invalid line (expected key=value)"),
    ("\x1b[31m", EPROTO, "line 2: invalid line (expected key=value)"),
    ("\x1b[31m=1", EINVAL, "line 2: invalid key (expected letters a to z and _)"),
    ("=1", EINVAL, "line 2: invalid key (expected letters a to z and _)"),
    ("listenport=5", EINVAL, "line 2: listenport: unknown key"),
    ("get=1", EINVAL, "line 2: get: unknown key"),
    ("fwmark=0x10", EINVAL, "line 2: fwmark: invalid number '0x10'"),
    ("fwmark=4294967296", EINVAL, "line 2: fwmark: invalid number '4294967296'"),
    (
        "private_key=00",
        EINVAL,
        "line 2: private_key: invalid key: length 2 (expected 64",
    ),
    ("replace_peers=false", EINVAL, "line 2: replace_peers: invalid value 'false'"),
    ("protocol_version=2", EINVAL, "line 2: protocol_version: unsupported version '2'"),
    ("preshared_key=00", EINVAL, "line 2: preshared_key: unknown key"),
    ("rx_bytes=1", EINVAL, "line 2: rx_bytes: unknown key"),
    ("public_key=x", EINVAL, "line 2: public_key: invalid key: length"),
    (PEER_A + "listen_port=5", EINVAL, "line 3: listen_port: unknown key"),
    (
        PEER_A + "allowed_ip=10.0.0.0/33",
        EINVAL,
        "line 3: allowed_ip: invalid allowed IP '10.0.0.0/33'",
    ),
    (PEER_A + "allowed_ip=", EINVAL, "line 3: allowed_ip: invalid IP address ''"),
    (
        PEER_A + "allowed_ip=--10.0.0.0/8",
        EINVAL,
        "line 3: allowed_ip: invalid IP address '-10.0.0.0'",
    ),
    (
        PEER_A + "endpoint=192.0.2.1",
        EINVAL,
        "line 3: endpoint: invalid endpoint '192.0.2.1'",
    ),
    (
        PEER_A + "endpoint=host.example:5",
        EINVAL,
        "line 3: endpoint: invalid IP address 'host.example'",
    ),
    (PEER_A + "remove=1", EINVAL, "line 3: remove: invalid value '1' (expected true)"),
    (
        PEER_A + "persistent_keepalive_interval=off",
        EINVAL,
        "line 3: persistent_keepalive_interval: invalid number 'off'",
    ),
    ("fwmark=" + "0" * 250, EINVAL, "line 2: line too long (limit 256 bytes)"),
    ("fwmark=" + "0" * 70000, EINVAL, "line 2: line too long (limit 256 bytes)"),
)


def test_the_next_request_is_parsed_after_an_error() -> None:
    for row, (lines, errno, reason) in enumerate(BAD_LINES):
        text = f"set=1\n{lines}\nlisten_port=5\nnonsense\n\nset=1\nfwmark=1\n\n"
        for size in (1, 100, 100000):
            error, after = read(pieces(text.encode(), size))
            assert isinstance(error, ConfigError), (row, size)
            assert str(error).startswith(reason), (row, size, str(error))
            assert error.errno == errno, (row, size)
            assert plain(after) == plain(change(fwmark=1)), (row, size)


def test_an_error_is_reported_at_the_end_of_the_connection() -> None:
    (error,) = read([b"set=1\nnonsense\n"])
    assert str(error) == "line 2: invalid line (expected key=value)"


def test_lines_are_counted_from_the_start_of_their_request() -> None:
    *_, error = read([b"set=1\nfwmark=1\n\nget=1\n\n\nset=1\nnonsense\n\n"])
    assert str(error) == "line 2: invalid line (expected key=value)"


def test_the_first_error_is_reported_at_the_end_of_the_connection() -> None:
    (error,) = read([b"set=1\nnonsense\nfwmark=5"])
    assert str(error) == "line 2: invalid line (expected key=value)"


def test_a_truncated_line_is_not_applied() -> None:
    (error,) = read([b"set=1\nlisten_port=518"])
    assert str(error) == "line 2: connection closed before the end of the line"


def test_an_invalid_first_line_is_refused() -> None:
    for row, (text, errno, reason) in enumerate(
        (
            (
                "listen_port=5\n\n",
                EINVAL,
                "line 1: listen_port: invalid request (expected get=1",
            ),
            ("get=2\n\n", EINVAL, "line 1: get: unsupported version '2'"),
            ("set\n\n", EPROTO, "line 1: invalid line (expected key=value)"),
            (
                "get=1\nlisten_port=5\n\n",
                EINVAL,
                "line 2: listen_port: unexpected line after get=1",
            ),
        )
    ):
        (error,) = read([text.encode()])
        assert isinstance(error, ConfigError), row
        assert str(error).startswith(reason), (row, str(error))
        assert error.errno == errno, row


def test_invalid_utf8_is_refused() -> None:
    (error,) = read([b"set=1\nfwmark=\xff\xfe\n\n"])
    assert str(error) == "line 2: invalid text (expected UTF-8)"


def test_a_request_is_limited_to_twice_the_tables() -> None:
    peers = PEER_A + "remove=true\n" + PEER_B
    (fits,) = read([f"set=1\n{peers}\n".encode()], peers=1)
    assert isinstance(fits, InterfaceChange) and len(fits.peers) == 2
    (error,) = read([f"set=1\n{peers}{PEER_A}\n".encode()], peers=1)
    assert isinstance(error, ConfigError) and error.errno == ENOSPC
    assert str(error).endswith(
        "too many peers in one request (limit 2, twice --max-peers 1)"
    )


def test_allowed_ips_of_a_request_are_counted_over_all_peers() -> None:
    text = f"set=1\n{PEER_A}allowed_ip=10.0.0.1\n{PEER_B}allowed_ip=10.0.0.2\n"
    (fits,) = read([text.encode()], allowed_ips=1)
    assert isinstance(fits, InterfaceChange)
    (error,) = read([f"{text}allowed_ip=10.0.0.3\n".encode()], allowed_ips=1)
    assert isinstance(error, ConfigError) and error.errno == ENOSPC
    assert str(error).endswith("in one request (limit 2, twice --max-allowed-ips 1)")


def test_a_replacement_beyond_the_limit_of_a_request_is_counted_and_not_read() -> None:
    peers = "".join(f"public_key={to_hex(key(n))}\nallowed_ip=10.0.0.{n}\n"
                    for n in range(5))  # fmt: skip
    text = f"set=1\nreplace_peers=true\n{peers}\n"
    (found,) = read([text.encode()], peers=2)
    assert isinstance(found, InterfaceChange)
    assert [peer.public_key for peer in found.peers] == [key(n) for n in range(4)]
    assert (found.peers_omitted, found.allowed_ips_omitted) == (1, 0)
    (found,) = read([text.encode()], allowed_ips=1)
    assert isinstance(found, InterfaceChange)
    assert [len(peer.allowed_ips) for peer in found.peers] == [1, 1, 0, 0, 0]
    assert (found.peers_omitted, found.allowed_ips_omitted) == (0, 3)


def test_the_secret_of_an_omitted_peer_is_overwritten() -> None:
    reader = uapi.Reader(1, 1)
    secret = f"preshared_key={to_hex(key(7))}\n"
    text = f"set=1\nreplace_peers=true\n{PEER_A * 2}{PEER_B}{secret}"
    assert list(reader.feed(text.encode())) == []
    assert bytes(reader._peer.preshared_key or b"") == bytes(32)


def test_an_omitted_peer_changes_no_other() -> None:
    tail = (
        f"{PEER_B}remove=true\nallowed_ip=10.0.0.1\nallowed_ip=-10.0.0.1\nendpoint=x\n"
    )
    (error,) = read(
        [f"set=1\nreplace_peers=true\n{PEER_A * 2}{tail}\n".encode()], peers=1
    )
    assert isinstance(error, ConfigError) and "endpoint" in str(error)
    tail = tail.replace("endpoint=x\n", "")
    (found,) = read(
        [f"set=1\nreplace_peers=true\n{PEER_A * 2}{tail}\n".encode()], peers=1
    )
    assert isinstance(found, InterfaceChange)
    assert not any(peer.remove or peer.allowed_ips for peer in found.peers)


def test_an_answer_has_a_negative_errno() -> None:
    assert uapi.format_answer() == "errno=0\n\n"
    assert uapi.format_answer(ConfigError("wrong")) == "errno=-22\n\n"
    assert uapi.format_answer(LimitError("full")) == "errno=-28\n\n"


FULL_STATUS = status(
    peer_status(
        A,
        "10.0.0.0/8",
        "::/0",
        preshared_key=key(7),
        endpoint=LINK_LOCAL,
        persistent_keepalive=25,
        last_handshake=(1700000000, 5),
        rx_bytes=2**63,
        tx_bytes=1,
    ),
    peer_status(B),
    private_key=key(9),
    listen_port=51820,
    fwmark=16,
    dataplane="python",
)
FULL_ANSWER = f"""\
private_key={to_hex(key(9))}
listen_port=51820
fwmark=16
dataplane=python
{PEER_A}protocol_version=1
preshared_key={to_hex(key(7))}
endpoint=[fe80::1%7]:9
persistent_keepalive_interval=25
last_handshake_time_sec=1700000000
last_handshake_time_nsec=5
tx_bytes=1
rx_bytes=9223372036854775808
allowed_ip=10.0.0.0/8
allowed_ip=::/0
{PEER_B}protocol_version=1
preshared_key={to_hex(ZERO_KEY)}
persistent_keepalive_interval=0
last_handshake_time_sec=0
last_handshake_time_nsec=0
tx_bytes=0
rx_bytes=0
errno=0

"""


def test_a_status_is_written_line_by_line() -> None:
    for row, (interface, answer) in enumerate(
        ((FULL_STATUS, FULL_ANSWER), (status(), "errno=0\n\n"))
    ):
        chunks = [bytes(line).decode() for line in uapi.format_status(interface)]
        assert "".join(chunks) == answer, row
        assert all(len(chunk) <= uapi.MAX_LINE for chunk in chunks), row


def test_a_formatted_status_is_parsed() -> None:
    for row, interface in enumerate((FULL_STATUS, status())):
        lines = b"".join(uapi.format_status(interface)).decode().splitlines()
        again = uapi.read_status(lines)
        assert plain(again) == plain(interface), row


def test_peers_left_out_are_formatted_and_parsed() -> None:
    interface = status(peer_status(A), peers_left_out=[key(1), key(2)])
    lines = b"".join(uapi.format_status(interface)).decode().splitlines()
    again = uapi.read_status(lines)
    assert again.peers_left_out == [key(1), key(2)]
    assert plain(again) == plain(interface)


def test_scope_names_of_a_status_are_looked_up_by_its_reader() -> None:
    lines = [PEER_A, "endpoint=[fe80::1%eth0]:9\n", "errno=0\n"]
    assert uapi.read_status(lines, scope_of).peers[0].endpoint == LINK_LOCAL


def test_a_malformed_answer_is_refused_with_its_line() -> None:
    for row, (text, reason) in enumerate(
        (
            ("", "connection closed before the end of the answer"),
            ("listen_port=5\n", "connection closed before the end of the answer"),
            ("\n", "line 1 of the answer: invalid line (expected key=value)"),
            (
                "listen_port=x\nerrno=0\n",
                "line 1 of the answer: listen_port: invalid number 'x'",
            ),
            ("weather=fine\nerrno=0\n", "line 1 of the answer: weather: unknown key"),
            (
                "dataplane=\nerrno=0\n",
                "line 1 of the answer: dataplane: invalid name ''",
            ),
            ("tx_bytes=5\nerrno=0\n", "line 1 of the answer: tx_bytes: unknown key"),
            (
                PEER_A + "tx_bytes=-5\nerrno=0\n",
                "line 2 of the answer: tx_bytes: invalid number '-5'",
            ),
            (
                PEER_A + "allowed_ip=-::/0\nerrno=0\n",
                "line 2 of the answer: allowed_ip",
            ),
            ("errno=no\n", "line 1 of the answer: invalid number 'no'"),
        )
    ):
        message = error_of(uapi.read_status, text.splitlines())
        assert message.startswith(reason), (row, message)


def test_an_error_answer_is_raised_with_either_sign() -> None:
    for row, text in enumerate(("errno=-28", "errno=28")):
        try:
            uapi.read_status([text])
        except uapi.Refused as error:
            assert error.errno == ENOSPC, row
        else:
            raise AssertionError(row)


def test_a_change_is_formatted_and_parsed() -> None:
    for row, (_, requests) in enumerate(CONNECTIONS):
        for request in requests:
            if isinstance(request, InterfaceChange):
                text = "".join(uapi.format_change(request))
                assert shown(read([text.encode()])) == [plain(request)], row
