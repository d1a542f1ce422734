"""``pywg show`` and ``showconf``, compared with wg(8) byte by byte."""

import time
from collections.abc import Callable
from pathlib import Path

import pytest

from pywg_embedded.cli.show_fields import FIELDS
from pywg_embedded.core.config import InterfaceStatus
from tests.cli.server import Server, pywg, wg
from tests.control.support import key, peer_status, status

V4 = (b"\xc0\x00\x02\x01", 51820, 0)
V6 = (bytes.fromhex("20010db8") + bytes(11) + b"\x01", 1, 0)
LOOPBACK = 1
LINK_LOCAL = (bytes.fromhex("fe80") + bytes(13) + b"\x01", 9, LOOPBACK)
NEVER = (0, 0)
IN_THE_FUTURE = (4000000000, 0)


def many_peers() -> InterfaceStatus:
    """Return unordered peers, with every combination of unit and plural."""
    rows = (
        (V4, 25, NEVER, 0, 0, ("10.0.0.0/8", "::/0")),
        (V6, 60, IN_THE_FUTURE, 1, 1023, ("0.0.0.0/0",)),
        (LINK_LOCAL, 61, NEVER, 1024, 2**20 - 1, ()),
        (None, 3600, (4000000001, 7), 2**20, 2**30, ("192.0.2.1/32",)),
        (None, 65535, NEVER, 2**40, 2**50, ("2001:db8::/32", "::ffff:1.2.3.4/128")),
        (None, 1, NEVER, 0, 2**64 - 1, ()),
        (None, 0, NEVER, 1555, 0, ()),
    )
    peers = [
        peer_status(
            index,
            *allowed_ips,
            endpoint=endpoint,
            persistent_keepalive=keepalive,
            last_handshake=handshake,
            rx_bytes=received,
            tx_bytes=sent,
            preshared_key=key(index if index % 2 else 0),
        )
        for index, (endpoint, keepalive, handshake, received, sent, allowed_ips)
        in enumerate(rows, 1)
    ]  # fmt: skip
    return status(*peers, private_key=key(200), listen_port=51820, fwmark=0xCA6C)


STATUSES: dict[str, Callable[[], InterfaceStatus]] = {
    "nothing set": status,
    "a bare peer": lambda: status(peer_status(1)),
    "no port": lambda: status(private_key=key(1), fwmark=2**32 - 1),
    "many peers": many_peers,
}
ARGUMENTS = [
    ("show",),
    ("show", "all"),
    ("show", "interfaces"),
    ("show", "wgtest"),
    ("showconf", "wgtest"),
    *(("show", "wgtest", field) for field in FIELDS),
    # Here wg(8) names the interface on the first line only, against its manual.
    *(("show", "all", field) for field in FIELDS if field != "endpoints"),
]


@pytest.mark.parametrize("kind", STATUSES)
@pytest.mark.parametrize("arguments", ARGUMENTS, ids=" ".join)
def test_output_equals_that_of_wg(
    kind: str, arguments: tuple[str, ...], tmp_path: Path
) -> None:
    with Server(tmp_path, STATUSES[kind]()):
        expected = wg(tmp_path, *arguments)
        ours = pywg(tmp_path, *arguments)
    assert expected.returncode == 0, expected.stderr
    assert (ours.stdout, ours.stderr, ours.returncode) == (expected.stdout, "", 0)


def test_data_plane_is_shown_when_it_is_not_libpywg(tmp_path: Path) -> None:
    with Server(tmp_path, status(listen_port=5, dataplane="python")):
        for arguments in (("show", "all", "dump"), ("showconf", "wgtest")):
            assert pywg(tmp_path, *arguments).stdout == wg(tmp_path, *arguments).stdout
        expected = wg(tmp_path, "show").stdout
        ours = pywg(tmp_path, "show").stdout
    assert ours == expected + "  data plane: python\n"


def test_endpoints_have_an_interface_column_when_all_are_shown(tmp_path: Path) -> None:
    with Server(tmp_path, many_peers()):
        lines = pywg(tmp_path, "show", "wgtest", "endpoints").stdout
        every = pywg(tmp_path, "show", "all", "endpoints").stdout
    assert every == "".join(f"wgtest\t{line}" for line in lines.splitlines(True))


@pytest.mark.parametrize("mode", ["always", "never", "sometimes"])
@pytest.mark.parametrize("hide", ["always", "never"])
def test_colours_and_hidden_keys_follow_the_environment(
    mode: str, hide: str, tmp_path: Path
) -> None:
    environment = {"WG_COLOR_MODE": mode, "WG_HIDE_KEYS": hide}
    with Server(tmp_path, many_peers()):
        expected = wg(tmp_path, "show", **environment)
        ours = pywg(tmp_path, "show", **environment)
    assert ours.stdout == expected.stdout


@pytest.mark.parametrize("age", [0, 1, 59, 3661, 86400, 10**8])
def test_handshake_age_equals_that_of_wg(age: int, tmp_path: Path) -> None:
    for _ in range(20):
        handshake = (int(time.time()) - age, 0)
        with Server(tmp_path, status(peer_status(1, last_handshake=handshake))):
            before = wg(tmp_path, "show", "wgtest").stdout
            ours = pywg(tmp_path, "show", "wgtest").stdout
            after = wg(tmp_path, "show", "wgtest").stdout
        # Otherwise the second changed between the two.
        if before == after:
            assert ours == before
            return
    pytest.fail("no twenty tries fell into one second each")


@pytest.mark.parametrize("arguments", [("show",), ("show", "all", "dump")])
def test_all_interfaces_are_shown(arguments: tuple[str, ...], tmp_path: Path) -> None:
    with Server(tmp_path, many_peers()), Server(tmp_path, status(), name="wgother"):
        expected = wg(tmp_path, *arguments)
        ours = pywg(tmp_path, *arguments)
    assert sorted(ours.stdout.split("\n")) == sorted(expected.stdout.split("\n"))


def test_output_for_scripts_is_empty_without_interfaces(tmp_path: Path) -> None:
    for arguments in (("show", "all", "dump"), ("show", "interfaces")):
        ours = pywg(tmp_path, *arguments)
        assert (ours.stdout, ours.stderr, ours.returncode) == ("", "", 0), arguments


def test_other_interfaces_are_shown_when_one_fails(tmp_path: Path) -> None:
    with (
        Server(tmp_path, status(listen_port=5)),
        Server(tmp_path, status(), name="broken", reply="weather=fine\nerrno=0\n\n"),
    ):
        ours = pywg(tmp_path, "show", "all", "listen-port")
    assert ours.stdout == "wgtest\t5\n"
    reason = "line 1 of the answer: weather: unknown key"
    assert ours.stderr == f"pywg: broken: {reason}\n"
    assert ours.returncode == 1
