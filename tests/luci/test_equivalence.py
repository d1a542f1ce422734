"""The LuCI modules and Python give the same results for arbitrary texts."""

from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pywg_embedded.control import wgconf
from pywg_embedded.control.address import format_allowed_ip
from pywg_embedded.control.keys import to_base64
from pywg_embedded.core.errors import ConfigError
from pywg_embedded.openwrt.options import INTERFACE_OPTIONS, PEER_OPTIONS, Option
from pywg_embedded.openwrt.uci import parse

from .node import Evaluator, needs_node

TABLES = {"INTERFACE": INTERFACE_OPTIONS, "PEER": PEER_OPTIONS}
# Options with a single value that their kind validates.
ROWS = [
    (table, option)
    for table, options in TABLES.items()
    for option in options
    if not option.separators and option.kind.syntax != "text"
]
LISTS = [
    (table, option)
    for table, options in TABLES.items()
    for option in options
    if option.separators
]
KEYS = [to_base64(bytes([byte]) * 32) for byte in range(3)]

pytestmark = needs_node
thorough = settings(max_examples=1000, deadline=None)


@pytest.fixture(scope="module")
def modules() -> Iterator[Evaluator]:
    evaluator = Evaluator("evaluate.mjs")
    yield evaluator
    evaluator.close()


def texts(*parts: str, size: int = 8) -> "st.SearchStrategy[str]":
    return st.lists(st.sampled_from(parts), max_size=size).map("".join)


ADDRESSES = texts(
    "0", "1", "10", "25", "255", "256", "a", "F", ":", "::", ".", ".", "/", "32", "ffff"
)  # fmt: skip
VALUES = st.one_of(
    ADDRESSES,
    texts("0", "1", "9", "65535", "x", "-", " ", "0x", "off", "on", "a", ".", "[", "]"),
    st.sampled_from([*KEYS, KEYS[0][:-1], KEYS[1][:-2] + "F=", "generate", "kept:"]),
)


def canonical(option: Option, text: str) -> Any:
    try:
        return option.kind.format(option.kind.parse(text))
    except ConfigError:
        return None


@thorough
@given(row=st.sampled_from(ROWS), text=VALUES)
def test_single_values_are_equal_or_both_rejected(
    modules: Evaluator, row: tuple[str, Option], text: str
) -> None:
    table, option = row
    assert modules.call("value", table, option.name, text) == canonical(option, text)


@thorough
@given(row=st.sampled_from(LISTS), text=ADDRESSES.filter(bool))
def test_prefix_lists_are_equal_or_both_rejected(
    modules: Evaluator, row: tuple[str, Option], text: str
) -> None:
    table, option = row
    expected = canonical(option, text)
    values = modules.call("value", table, option.name, text)
    # Parsed again: the C library may write ::1:0 as ::0.1.0.0.
    assert (values and [canonical(option, value) for value in values]) == (
        expected and [expected]
    )


UCI = texts(
    "config ", "option ", "list ", "c ", "o ", "l ", "interface", "wg0", "a", " ", "\t",
    "\n", "\n", "'", '"', "\\", ";", "#", "é", "\r", "-", "config a b\n",
    "option a 1\n", size=14,
)  # fmt: skip


def sections(text: str) -> Any:
    try:
        found = parse(text)
    except ConfigError as error:
        return {"line": int(str(error).split(":")[0].removeprefix("line "))}
    return {
        "sections": [[section.type, section.name, section.options] for section in found]
    }


@thorough
@given(text=UCI)
def test_uci_sections_are_equal_or_rejected_in_the_same_line(
    modules: Evaluator, text: str
) -> None:
    assert modules.call("sections", text) == sections(text)


LINES = st.sampled_from(
    [
        "[Peer]", "[peer] # x", " [ P e e r ]", f"PublicKey = {KEYS[1]}", "",
        f"publickey={KEYS[2]}", "# PublicKey", "AllowedIPs = 10.0.0.1/8, ::1", "[X]",
        "allowed ips = 10.0.0.2", "AllowedIPs = 10.0.0.1,,", "AllowedIPs =",
        "PersistentKeepalive = off", "PersistentKeepalive = 65536", "= 1", "x",
        "PersistentKeepalive = 2 5", "Endpoint = a:1", "Endpoint = [::1]:1",
        "PublicKey", "Endpoint = ::1:1", "Endpoint = ::1", "Endpoint = [x]:1",
        "Endpoint = :1", "Endpoint = a:0",
    ]
)  # fmt: skip
CONF = st.lists(LINES, max_size=8).map(
    lambda lines: "\n".join(["[Peer]", f"PublicKey = {KEYS[1]}", *lines])
)


def conf(text: str) -> Any:
    try:
        change = wgconf.parse(text.splitlines(), "x", lambda host, port: (b"", port, 0))
    except ConfigError as error:
        return {"line": int(str(error).split(":")[1])}
    # The last of the sections with a public key is used.
    peers: dict[bytes, list[Any]] = {}
    for peer in change.peers:
        peers.pop(peer.public_key, None)
        peers[peer.public_key] = [
            to_base64(peer.public_key),
            list(map(format_allowed_ip, peer.allowed_ips)),
            str(peer.persistent_keepalive or 0),
        ]
    return {"peers": list(peers.values())}


@thorough
@given(text=CONF)
def test_conf_peers_are_equal_or_rejected_in_the_same_line(
    modules: Evaluator, text: str
) -> None:
    assert modules.call("conf", text) == conf(text)
