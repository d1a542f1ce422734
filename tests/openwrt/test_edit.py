"""Edits change what they are for, and not a byte besides."""

import pytest

from pywg_embedded.core.errors import ConfigError
from pywg_embedded.openwrt.edit import change_protocol, set_option
from pywg_embedded.openwrt.network import read
from pywg_embedded.openwrt.uci import parse

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


def test_quotes_stay_where_they_keep_a_semicolon_from_ending_the_line() -> None:
    text = "config interface wg0\n\toption proto w'ireguard'; option mtu 1400\n"
    changed = change_protocol(text, "wg0", stock=False)[0]
    assert changed == text.replace("w'ireguard'", "'pywg'")
    text = text.replace("w'ireguard'", "wireguard")
    changed = change_protocol(text, "wg0", stock=False)[0]
    assert changed == text.replace("wireguard", "pywg")


REFUSED = (
    (OURS, "wg0", "nothing to do: wg0 is a pywg interface already"),
    (STOCK, "lan", "network.lan.proto: 'static' is not 'pywg'"),
    (STOCK, "wg2", "there is no 'config interface' named 'wg2'"),
    ("config\n", "wg0", "line 1: 'config\\n' is none of"),
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
    assert read(parse(text), "wg0")[0].private_key == bytes(32)
