"""``pywg set``, ``setconf``, ``addconf`` and ``syncconf``, compared with wg(8)."""

from collections.abc import Callable
from pathlib import Path

import pytest

from pywg_embedded.control.keys import to_base64
from pywg_embedded.core.config import InterfaceStatus
from tests.cli.server import Server, pywg, wg
from tests.control.support import (
    Model,
    change,
    key,
    peer_change,
    peer_status,
    plain,
    status,
)

A, B = to_base64(key(1)), to_base64(key(2))
SECRET = to_base64(key(9))

# Arguments after "set wgtest"; "KEY" and "EMPTY" stand for files.
SETTINGS = [
    "listen-port 51820",
    "listen-port 0 fwmark 0xCa6C private-key KEY",
    "fwmark off",
    "fwmark OFF",
    "fwmark 4294967295",
    "private-key EMPTY",
    "private-key /dev/stdin",
    f"peer {A}",
    f"peer {A} remove",
    f"peer {A} remove peer {B} remove",
    f"peer {A} preshared-key KEY peer {B} preshared-key EMPTY",
    f"peer {A} preshared-key /dev/null",
    f"peer {A} persistent-keepalive 25 peer {B} persistent-keepalive off",
    f"peer {A} persistent-keepalive Off",
    f"peer {A} endpoint 192.0.2.1:51820",
    f"peer {A} endpoint [2001:db8::1]:51820",
    f"peer {A} endpoint [fe80::1%lo]:51820",
    f"peer {A} endpoint localhost:51820",
    f"peer {A} allowed-ips 10.0.0.0/8,2001:db8::/32,192.0.2.1,::1",
    f"listen-port 1 peer {A} allowed-ips 10.0.0.0/8 peer {B} allowed-ips 10.0.0.0/8",
    f"peer {A} endpoint 192.0.2.1:1 allowed-ips ::/0 persistent-keepalive 1 "
    "preshared-key KEY",
]


@pytest.fixture
def files(tmp_path: Path) -> dict[str, str]:
    texts = {"KEY": f"{SECRET}\n", "EMPTY": ""}
    for name, text in texts.items():
        (tmp_path / name).write_text(text)
    return {name: str(tmp_path / name) for name in texts}


@pytest.fixture
def sockets(tmp_path: Path) -> Path:
    directory = tmp_path / "sockets"
    directory.mkdir()
    return directory


@pytest.mark.parametrize("setting", SETTINGS)
def test_set_sends_the_same_change_as_wg(
    setting: str, files: dict[str, str], sockets: Path
) -> None:
    words = ["set", "wgtest", *(files.get(word, word) for word in setting.split())]
    with Server(sockets, status()) as server:
        for tool in (wg, pywg):
            result = tool(sockets, *words, stdin=f"{SECRET}\n")
            output = (result.stdout, result.stderr, result.returncode)
            assert output == ("", "", 0), tool.__name__
    expected, ours = server.changes
    assert plain(ours) == plain(expected)


@pytest.mark.parametrize(
    ("allowed_ips", "wanted"),
    [
        ("", peer_change(1, replace_allowed_ips=True)),
        ("+10.0.0.0/8,-::/0", peer_change(1, "10.0.0.0/8", "-::/0")),
        (" 10.0.0.0/8 , ::/0", peer_change(1, "10.0.0.0/8", "::/0",
                                           replace_allowed_ips=True)),
    ],
)  # fmt: skip
def test_allowed_ips_are_replaced_or_changed(
    allowed_ips: str, wanted: object, sockets: Path
) -> None:
    with Server(sockets, status()) as server:
        pywg(sockets, "set", "wgtest", "peer", A, "allowed-ips", allowed_ips)
    assert [plain(sent.peers) for sent in server.changes] == [[plain(wanted)]]


CONFIGURATIONS = {
    "empty": "",
    "interface": f"[Interface]\nPrivateKey={SECRET}\nListenPort=5\nFwMark=0x10\n",
    "peers": f"""
        # A comment
        [interface]
        listenport = 51820
        [Peer]
        PublicKey = {A}
        PresharedKey = {SECRET}
        AllowedIPs = 10.0.0.0/8, ::/0
        AllowedIPs = 192.0.2.1
        Endpoint = [2001:db8::1]:51820 # why
        PersistentKeepalive = 25
        [peer]
        PublicKey = {B}
        PersistentKeepalive = oFF
        """,
}


@pytest.mark.parametrize("command", ["setconf", "addconf"])
@pytest.mark.parametrize("name", CONFIGURATIONS)
def test_file_sends_the_same_change_as_with_wg(
    command: str, name: str, sockets: Path
) -> None:
    words = (command, "wgtest", "/dev/stdin")
    with Server(sockets, status()) as server:
        for tool in (wg, pywg):
            result = tool(sockets, *words, stdin=CONFIGURATIONS[name])
            output = (result.stdout, result.stderr, result.returncode)
            assert output == ("", "", 0), tool.__name__
    expected, ours = server.changes
    assert plain(ours) == plain(expected)


RUNNING: dict[str, Callable[[], InterfaceStatus]] = {
    "nothing": status,
    "other peers": lambda: status(
        peer_status(1, "10.0.0.0/9", endpoint=(b"\1\2\3\4", 1, 0)),
        peer_status(3, "::/0", preshared_key=key(4)),
        private_key=key(8),
        listen_port=51820,
    ),
}


@pytest.mark.parametrize("running", RUNNING)
@pytest.mark.parametrize("name", CONFIGURATIONS)
def test_syncconf_has_the_same_result_as_wg(
    running: str, name: str, sockets: Path
) -> None:
    before = RUNNING[running]()
    with Server(sockets, before) as server:
        for tool in (wg, pywg):
            tool(
                sockets, "syncconf", "wgtest", "/dev/stdin", stdin=CONFIGURATIONS[name]
            )
    expected, ours = (Model(before).apply(sent).outcome() for sent in server.changes)
    assert ours == expected


def test_syncconf_sends_differences_only(sockets: Path) -> None:
    with Server(sockets, RUNNING["other peers"]()) as server:
        text = pywg(sockets, "showconf", "wgtest").stdout
        pywg(sockets, "syncconf", "wgtest", "/dev/stdin", stdin=text)
    assert plain(server.changes) == [plain(change())]


# Arguments, with FILE for a file of the text, and the line on standard error.
MISTAKES = [
    ("set", "", "usage: pywg set INTERFACE [listen-port PORT]"),
    ("set wgtest", "", "usage: pywg set INTERFACE [listen-port PORT]"),
    ("set wgtest listen-port", "", "missing value for 'listen-port'"),
    (
        "set wgtest listen-port x",
        "",
        "listen-port: invalid number 'x' (expected 0 to 65535)",
    ),
    ("set wgtest colour red", "", "unknown argument 'colour'; see 'pywg set --help'"),
    ("set wgtest remove", "", "'remove' must follow a peer"),
    ("set wgtest endpoint ::1", "", "'endpoint' must follow a peer"),
    ("set wgtest fwmark 0xg", "", "fwmark: invalid mark '0xg' (expected"),
    ("set wgtest peer x", "", "peer: invalid key: length 1 (expected 44"),
    (f"set wgtest peer {A} fwmark 1", "", "'fwmark' must precede the first peer"),
    (f"set wgtest peer {A} endpoint ::1", "", "endpoint: invalid endpoint '::1': "),
    (f"set wgtest peer {A} endpoint 10.1:5", "", "endpoint: invalid IP address '10.1'"),
    (
        f"set wgtest peer {A} allowed-ips 1.2.3.4/33",
        "",
        "allowed-ips: invalid allowed IP '1.2.3.4/33'",
    ),
    ("set wgtest private-key /nowhere", "", "private-key: /nowhere: No such file or"),
    ("set wgtest private-key /dev", "", "private-key: /dev: Is a directory"),
    ("set wgtest private-key FILE", "x", "private-key: FILE: invalid key: length"),
    (
        "set wgtest private-key FILE",
        "\u00e9",
        "private-key: FILE: invalid key: not base64",
    ),
    (
        "set wgtest private-key FILE",
        f"{A}\nx",
        "private-key: FILE: invalid key: length",
    ),
    ("setconf wgtest", "", "usage: pywg setconf INTERFACE FILE"),
    ("setconf wgtest /nowhere", "", "/nowhere: No such file or directory"),
    (
        "setconf wgtest FILE",
        "[Interface]\nMTU=5",
        "FILE:2: MTU is an option of wg-quick(8)",
    ),
    ("addconf wgtest FILE", "[Peer]\n", "FILE:1: [Peer] without PublicKey"),
    ("syncconf wgtest FILE", "nonsense", "FILE:1: invalid line 'nonsense'"),
    ("syncconf wgtest FILE", "\0\x1b", "FILE:1: invalid line '\\x00\\x1b'"),
]


def mistake(arguments: str, text: str, sockets: Path, tmp_path: Path) -> str:
    """Return the one line on standard error; FILE stands for a file of the text."""
    file = tmp_path / "file"
    file.write_text(text)
    words = arguments.replace("FILE", str(file)).split()
    with Server(sockets, status()) as server:
        result = pywg(sockets, *words)
    line = result.stderr.replace(str(file), "FILE")
    assert line.count("\n") == 1 and line.endswith("\n")
    assert (result.stdout, result.returncode) == ("", 1)
    assert not server.changes
    return line


@pytest.mark.parametrize(("arguments", "text", "message"), MISTAKES)
def test_error_is_one_line_and_nothing_is_changed(
    arguments: str, text: str, message: str, sockets: Path, tmp_path: Path
) -> None:
    line = mistake(arguments, text, sockets, tmp_path)
    assert line.startswith(f"pywg: {message}")


# Arguments and texts with a key in the wrong place.
SLIPS = [
    (
        f"set wgtest private-key {SECRET}",
        "",
        "private-key: expected a file that contains",
    ),
    (
        f"set wgtest peer {A} preshared-key {SECRET}",
        "",
        "preshared-key: expected a file",
    ),
    (f"set wgtest {SECRET}", "", "unknown argument (key not shown)"),
    (f"set wgtest fwmark {SECRET}", "", "fwmark: invalid number (key not shown)"),
    (
        "setconf wgtest FILE",
        f"[Interface]\n{SECRET}",
        "FILE:2: unknown option (key not shown)",
    ),
    ("setconf wgtest FILE", f"[{SECRET}]", "FILE:1: option (key not shown)"),
]


@pytest.mark.parametrize(("arguments", "text", "message"), SLIPS)
def test_key_is_not_printed_when_it_is_given_as_an_argument(
    arguments: str, text: str, message: str, sockets: Path, tmp_path: Path
) -> None:
    line = mistake(arguments, text, sockets, tmp_path)
    assert line.startswith(f"pywg: {message}")
    assert SECRET[:10] not in line


def test_file_is_read_when_its_name_looks_like_a_key(sockets: Path) -> None:
    file = sockets / ("k" * 50)
    file.write_text(SECRET)
    with Server(sockets, status()) as server:
        result = pywg(sockets, "set", "wgtest", "private-key", str(file))
    assert result.stderr == ""
    assert [sent.private_key for sent in server.changes] == [key(9)]


def test_lookup_is_retried_when_the_name_server_is_down(sockets: Path) -> None:
    words = ("set", "wgtest", "peer", A, "endpoint", "peer.example:5")
    with Server(sockets, status()) as server:
        result = pywg(sockets, *words, WG_ENDPOINT_RESOLUTION_RETRIES="1")
    first, second = result.stderr.splitlines()
    assert first.startswith("pywg: cannot resolve 'peer.example': ")
    assert first.endswith("; retrying in 1.00 s")
    assert second.startswith("pywg: endpoint: cannot resolve 'peer.example': ")
    assert result.returncode == 1 and not server.changes


def test_error_is_reported_when_the_number_of_retries_is_invalid(sockets: Path) -> None:
    words = ("set", "wgtest", "peer", A, "endpoint", "peer.example:5")
    result = pywg(sockets, *words, WG_ENDPOINT_RESOLUTION_RETRIES="often")
    assert "WG_ENDPOINT_RESOLUTION_RETRIES: invalid number 'often'" in result.stderr
