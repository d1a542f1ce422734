"""Edits change what they are for, and not a byte besides."""

from pathlib import Path

import pytest

from pywg_embedded.control.keys import to_base64
from pywg_embedded.core.errors import ConfigError
from pywg_embedded.openwrt.uci import parse
from pywg_embedded.openwrt.uci_edit import change_protocol, set_option
from pywg_embedded.openwrt.uci_network import read_interface

STOCK = """# Made by hand.
config interface 'lan'
\toption proto static ; option ipaddr '192.0.2.1'

config interface wg0\t# the office
\toption\tproto "wireguard" # not proto 'wireguard'
\toption private_key 'secret'
\toption odd 'it'\\''s wireguard'\r

config wireguard_wg0 phone
\toption description 'wireguard_wg0'
config 'wireguard_wg0'
config wireguard_wg01
config interface 'wg01'
\toption proto 'wireguard'"""
OURS = """# Made by hand.
config interface 'lan'
\toption proto static ; option ipaddr '192.0.2.1'

config interface wg0\t# the office
\toption\tproto "pywg" # not proto 'wireguard'
\toption private_key 'secret'
\toption odd 'it'\\''s wireguard'\r

config pywg_wg0 phone
\toption description 'wireguard_wg0'
config 'pywg_wg0'
config wireguard_wg01
config interface 'wg01'
\toption proto 'wireguard'"""


def test_an_interface_and_its_peers_become_ours() -> None:
    assert change_protocol(STOCK, "wg0", stock=False) == (
        OURS,
        [
            "line 6: wireguard -> pywg",
            "line 10: wireguard_wg0 -> pywg_wg0",
            "line 12: wireguard_wg0 -> pywg_wg0",
        ],
    )


def test_and_the_stock_protocols_again() -> None:
    assert change_protocol(OURS, "wg0", stock=True)[0] == STOCK


def test_peers_that_were_left_behind_follow() -> None:
    halfway = STOCK.replace('"wireguard"', '"pywg"')
    text, changes = change_protocol(halfway, "wg0", stock=False)
    assert (text, len(changes)) == (OURS, 2)


KEEPING = """config interface wg0
\toption proto pywg
\toption private_key 'kept:own'
config pywg_wg0
\toption preshared_key kept:shared
\toption private_key "kept:shared"
\toption description 'kept:own'
config pywg_wg1
\toption preshared_key 'kept:own'
"""


@pytest.fixture
def ring(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("PYWG_KEYS", str(tmp_path))
    for number, name in enumerate(("own", "shared"), 1):
        (tmp_path / name).write_text(to_base64(bytes([number] * 32)) + "\n")
    return tmp_path


def test_kept_keys_are_written_out_for_the_stock_protocol(ring: Path) -> None:
    own, shared = (to_base64(bytes([number] * 32)) for number in (1, 2))
    text, changes = change_protocol(KEEPING, "wg0", stock=True)
    assert text == (
        KEEPING.replace("proto pywg", "proto wireguard")
        .replace("pywg_wg0", "wireguard_wg0")
        .replace("private_key 'kept:own'", f"private_key '{own}'")
        .replace("kept:shared", shared)
    )
    assert changes == [
        "line 2: pywg -> wireguard",
        "line 3: private_key: kept:own -> the key",
        "line 4: pywg_wg0 -> wireguard_wg0",
        "line 5: preshared_key: kept:shared -> the key",
        "line 6: private_key: kept:shared -> the key",
    ]


def test_a_kept_key_that_is_lost_is_named_and_changes_nothing(ring: Path) -> None:
    (ring / "shared").unlink()
    with pytest.raises(ConfigError, match=r"line 5: preshared_key: .*shared: No"):
        change_protocol(KEEPING, "wg0", stock=True)


def test_kept_keys_stay_kept_on_the_way_to_us(ring: Path) -> None:
    stock = KEEPING.replace("pywg", "wireguard")
    assert change_protocol(stock, "wg0", stock=False)[0].count("kept:") == 5


def test_quotes_stay_where_they_keep_a_semicolon_from_ending_the_line() -> None:
    text = "config interface wg0\n\toption proto w'ireguard'; option mtu 1400\n"
    changed = change_protocol(text, "wg0", stock=False)[0]
    assert changed == text.replace("w'ireguard'", "'pywg'")
    text = text.replace("w'ireguard'", "wireguard")
    changed = change_protocol(text, "wg0", stock=False)[0]
    assert changed == text.replace("wireguard", "pywg")


REFUSED = (
    (OURS, "wg0", "nothing to do: interface wg0 already has protocol pywg"),
    (
        STOCK,
        "lan",
        "network.lan.proto: unsupported protocol 'static' (expected 'pywg')",
    ),
    (STOCK, "wg2", "no interface 'wg2' in the configuration"),
    ("config\n", "wg0", "line 1: unknown command 'config\\n'"),
)


@pytest.mark.parametrize("row", range(len(REFUSED)))
def test_what_cannot_be_changed_is_refused(row: int) -> None:
    text, name, complaint = REFUSED[row]
    with pytest.raises(ConfigError) as refusal:
        change_protocol(text, name, stock=False)
    assert complaint in str(refusal.value)


# A section of the interface, and the same with `option private_key KEY`.
SET = (
    ("\toption private_key 'generate'\n", "\toption private_key 'KEY'\n"),
    ("\toption private_key generate # new\n", "\toption private_key KEY # new\n"),
    ("\toption private_key ''\n", "\toption private_key 'KEY'\n"),
    ("\toption private_key 'x'\n" * 2, "\toption private_key 'KEY'\n" * 2),
)
HEAD = "config interface 'wg0'\n\toption proto 'pywg'\n"


@pytest.mark.parametrize("row", range(len(SET)))
def test_an_option_is_set_where_it_is_written(row: int) -> None:
    before, after = SET[row]
    assert set_option(HEAD + before, "wg0", "private_key", "KEY") == HEAD + after


ADDED = (
    HEAD,
    HEAD + "\toption private_key\n\toption mtu 1400\n",
    "config interface 'wg0' # vpn\n\toption proto 'pywg'",
    "config interface wg0\r\n\toption proto 'pywg'\r\n",
    "config interface 'wg0'; option proto 'pywg'\n",
    "config interface wg0;\n\toption proto 'pywg'\n",
    "config interface 'lan'\n" + HEAD + "config pywg_wg0\n\toption private_key 'x'\n",
)


@pytest.mark.parametrize("row", range(len(ADDED)))
def test_an_option_that_is_not_written_is_added(row: int) -> None:
    key = "A" * 43 + "="
    text = set_option(ADDED[row], "wg0", "private_key", key)
    mark = "" if "interface wg0" in ADDED[row] else "'"
    assert text.replace(f"\n\toption private_key {mark}{key}{mark}", "") == ADDED[row]
    assert read_interface(parse(text), "wg0")[0].private_key == bytes(32)
