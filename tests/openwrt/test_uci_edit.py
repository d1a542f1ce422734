"""Edits of UCI text, which change no other byte."""

from pathlib import Path

import pytest

from pywg_embedded.control.keys import to_base64
from pywg_embedded.core.errors import ConfigError
from pywg_embedded.openwrt.uci import parse
from pywg_embedded.openwrt.uci_edit import (
    change_protocol,
    remove_interface,
    set_option,
)
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


def test_interface_and_peers_are_converted_to_pywg() -> None:
    assert change_protocol(STOCK, "wg0", stock=False) == (
        OURS,
        [
            "line 6: wireguard -> pywg",
            "line 10: wireguard_wg0 -> pywg_wg0",
            "line 12: wireguard_wg0 -> pywg_wg0",
        ],
    )


def test_interface_and_peers_are_converted_back() -> None:
    assert change_protocol(OURS, "wg0", stock=True)[0] == STOCK


def test_peers_are_converted_when_the_interface_already_is() -> None:
    halfway = STOCK.replace('"wireguard"', '"pywg"')
    text, changes = change_protocol(halfway, "wg0", stock=False)
    assert (text, len(changes)) == (OURS, 2)


WITH_STORED_KEYS = """config interface wg0
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
def key_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("PYWG_KEYS", str(tmp_path))
    for index, name in enumerate(("own", "shared"), 1):
        (tmp_path / name).write_text(to_base64(bytes([index] * 32)) + "\n")
    return tmp_path


def test_stored_keys_are_inserted_when_converted_back(key_folder: Path) -> None:
    own, shared = (to_base64(bytes([index] * 32)) for index in (1, 2))
    text, changes = change_protocol(WITH_STORED_KEYS, "wg0", stock=True)
    assert text == (
        WITH_STORED_KEYS.replace("proto pywg", "proto wireguard")
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


def test_conversion_is_refused_when_a_stored_key_is_missing(key_folder: Path) -> None:
    (key_folder / "shared").unlink()
    with pytest.raises(ConfigError, match=r"line 5: preshared_key: .*shared: No"):
        change_protocol(WITH_STORED_KEYS, "wg0", stock=True)


def test_references_to_stored_keys_stay_when_converted_to_pywg(
    key_folder: Path,
) -> None:
    stock = WITH_STORED_KEYS.replace("pywg", "wireguard")
    assert change_protocol(stock, "wg0", stock=False)[0].count("kept:") == 5


def test_quotes_stay_when_a_semicolon_follows() -> None:
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


@pytest.mark.parametrize(
    "text, name, complaint",
    REFUSED,
    ids=["same-protocol", "foreign-protocol", "no-interface", "malformed"],
)
def test_conversion_is_refused_with_a_reason(
    text: str, name: str, complaint: str
) -> None:
    with pytest.raises(ConfigError) as refusal:
        change_protocol(text, name, stock=False)
    assert complaint in str(refusal.value)


# Lines of the interface, and the same with `option private_key KEY`.
SET = (
    ("\toption private_key 'generate'\n", "\toption private_key 'KEY'\n"),
    ("\toption private_key generate # new\n", "\toption private_key KEY # new\n"),
    ("\toption private_key ''\n", "\toption private_key 'KEY'\n"),
    ("\toption private_key 'x'\n" * 2, "\toption private_key 'KEY'\n" * 2),
)
HEAD = "config interface 'wg0'\n\toption proto 'pywg'\n"


@pytest.mark.parametrize(
    "before, after", SET, ids=["quoted", "bare", "empty", "repeated"]
)
def test_option_is_replaced_when_it_is_set(before: str, after: str) -> None:
    assert set_option(HEAD + before, "wg0", "private_key", "KEY") == HEAD + after


ADDED_IDS = (
    "plain", "option-without-value", "comment", "crlf", "statement-on-the-line",
    "line-ended-by-semicolon", "second-section",
)  # fmt: skip
ADDED = (
    HEAD,
    HEAD + "\toption private_key\n\toption mtu 1400\n",
    "config interface 'wg0' # vpn\n\toption proto 'pywg'",
    "config interface wg0\r\n\toption proto 'pywg'\r\n",
    "config interface 'wg0'; option proto 'pywg'\n",
    "config interface wg0;\n\toption proto 'pywg'\n",
    "config interface 'lan'\n" + HEAD + "config pywg_wg0\n\toption private_key 'x'\n",
)


@pytest.mark.parametrize("before", ADDED, ids=ADDED_IDS)
def test_option_is_added_when_it_is_not_set(before: str) -> None:
    key = "A" * 43 + "="
    text = set_option(before, "wg0", "private_key", key)
    mark = "" if "interface wg0" in before else "'"
    assert text.replace(f"\n\toption private_key {mark}{key}{mark}", "") == before
    assert read_interface(parse(text), "wg0")[0].private_key == bytes(32)


AFTER = "\nconfig interface 'lan'\n\toption proto 'static'\n"
# The text of the interface and its peers, and what is left of it.
REMOVED = (
    pytest.param(
        "\nconfig interface 'wg0'\n\toption proto 'pywg'\n"
        "\nconfig pywg_wg0\n\tlist allowed_ips '10.9.0.2/32'\n",
        "",
        id="as-uci-writes",
    ),
    pytest.param(
        "\n# The office.\nconfig interface wg0 # a tunnel\n\toption proto pywg\n"
        "\t# old: option mtu 1300\n\toption mtu 1400 # new\n# End.\n",
        "\n# The office.\n# End.\n",
        id="comments-between-sections-stay",
    ),
    pytest.param(
        "config interface 'wg0'; option proto 'pywg'\nconfig pywg_wg0 'x'\n",
        "",
        id="statements-in-one-line",
    ),
    pytest.param(
        "c interface wg0\no proto pywg\nc pywg_wg0 phone\nl allowed_ips '1.2.3.4'\n",
        "",
        id="first-letters",
    ),
    pytest.param(
        "config interface wg0\n\toption proto pywg; option mtu 1400\n",
        "",
        id="text-that-libuci-drops",
    ),
    pytest.param(
        "config interface 'wg0'\n\toption proto 'pywg'\n\toption x 'a\nb'\n"
        "config interface 'wg01'\n\toption proto 'pywg'\n"
        "config interface 'wg0'\n\toption mtu '1400'\nconfig pywg_wg01\n",
        "config interface 'wg01'\n\toption proto 'pywg'\nconfig pywg_wg01\n",
        id="section-in-two-parts",
    ),
)


@pytest.mark.parametrize("end", [AFTER, AFTER.rstrip("\n"), ""], ids=len)
@pytest.mark.parametrize("text, left", REMOVED)
def test_removal_leaves_all_other_bytes(text: str, left: str, end: str) -> None:
    before = "# Made by hand.\nconfig globals\n"
    assert remove_interface(before + text + end, "wg0")[0] == before + left + end


def test_removal_of_the_end_leaves_a_file_without_line_break() -> None:
    text = "config interface 'wg0'\n\toption proto 'pywg'"
    assert remove_interface(text, "wg0")[0] == ""


def test_removal_names_sections_and_stored_keys() -> None:
    text = (
        "config interface 'wg0'\n\toption proto 'pywg'\n"
        "\toption private_key 'kept:own'\n"
        "config pywg_wg0 'cabin'\n\toption preshared_key 'kept:shared'\n"
        "config wireguard_wg0\n\toption preshared_key 'kept:../network'\n"
        "config pywg_wg1\n\toption preshared_key 'kept:foreign'\n"
    )
    _, changes, keys = remove_interface(text, "wg0")
    assert changes == [
        "line 1: removed interface wg0",
        "line 4: removed peer cabin",
        "line 6: removed peer (unnamed)",
    ]
    assert keys == {"own", "shared"}


def test_removal_is_rejected_without_the_interface() -> None:
    with pytest.raises(ConfigError, match="no interface 'wg1'"):
        remove_interface(STOCK, "wg1")


def test_removal_is_rejected_for_the_stock_protocol() -> None:
    with pytest.raises(ConfigError, match="wg0 does not have protocol pywg"):
        remove_interface(STOCK, "wg0")
