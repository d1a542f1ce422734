"""The rights that LuCI's accounts get: these, and no more."""

import json
import re
from typing import Any

from luci.po import PACKAGE

PATH = PACKAGE / "root/usr/share/rpcd/acl.d/luci-proto-pywg.json"
MODULE = PACKAGE / "root/usr/share/rpcd/ucode/luci.pywg"
MENU = PACKAGE / "root/usr/share/luci/menu.d/luci-proto-pywg.json"
PAGES = PACKAGE / "htdocs/luci-static/resources"
GROUP = "luci-proto-pywg"
# No right to a file, a command, a CGI program or another configuration.
READ: dict[str, dict[str, set[str]]] = {
    "ubus": {
        "network.device": {"status"},
        "network.interface": {"dump"},
        "pywg.*": {"history", "status"},
    }
}
WRITE: dict[str, dict[str, set[str]]] = {
    "ubus": {
        "luci.pywg": {
            "generate_key",
            "generate_pair",
            "generate_psk",
            "keep_key",
            "keep_psk",
            "public_key",
            "remove_unused",
            "reveal",
        },
        "pywg.*": {"rekey", "resolve"},
    },
    "uci": {"firewall": {"read", "write"}, "network": {"read", "write"}},
}


def granted() -> dict[str, Any]:
    """Return the rights, with sets in place of lists."""

    def with_sets(value: Any) -> Any:
        if isinstance(value, dict):
            return {name: with_sets(each) for name, each in value.items()}
        return set(value) if isinstance(value, list) else value

    rights: dict[str, Any] = with_sets(json.loads(PATH.read_text()))
    return rights


def test_accounts_get_exactly_these_rights() -> None:
    rights = granted()
    assert rights.keys() == {GROUP}
    assert rights[GROUP].pop("description")
    assert rights == {GROUP: {"read": READ, "write": WRITE}}


def test_reading_changes_nothing_and_reveals_no_key() -> None:
    assert "luci.pywg" not in READ["ubus"]
    assert not WRITE["ubus"]["pywg.*"] & READ["ubus"]["pywg.*"]


def test_rights_name_every_method_of_the_key_store() -> None:
    body = MODULE.read_text().partition("const methods = {")[2]
    methods = set(re.findall(r"^\t(\w+): \{$", body, re.MULTILINE))
    assert methods == WRITE["ubus"]["luci.pywg"]


def test_pages_call_only_what_the_rights_grant() -> None:
    text = (PAGES / "pywg/backend.js").read_text()
    keys = set(re.findall(r"keyStore\('(\w+)'", text))
    assert keys == WRITE["ubus"]["luci.pywg"]
    daemon = set(re.findall(r"daemon\('(\w+)'", text))
    assert daemon == READ["ubus"]["pywg.*"] | WRITE["ubus"]["pywg.*"]


def test_every_page_of_the_menu_needs_the_rights() -> None:
    pages = json.loads(MENU.read_text())
    assert pages
    assert all(page["depends"]["acl"] == [GROUP] for page in pages.values())
