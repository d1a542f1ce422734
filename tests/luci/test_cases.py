"""The import and export cases of the LuCI modules, evaluated in Python."""

import json
from pathlib import Path
from typing import Any

import pytest

from pywg_embedded.control import wgconf
from pywg_embedded.core.config import InterfaceChange
from pywg_embedded.core.errors import ConfigError
from pywg_embedded.openwrt.uci import format_sections, parse
from pywg_embedded.openwrt.uci_network import (
    INTERFACE_REFUSED,
    find_section,
    read_interface,
    to_sections,
)

CASES = Path(__file__).parent / "cases"
Row = dict[str, Any]


def load(name: str) -> list[Row]:
    """Return the cases, without those of LuCI alone.

    A case may have other results for LuCI, in the object "luci".
    """
    rows = json.loads((CASES / name).read_text())
    return [row for row in rows if row.get("luci") is not True]


CONF = load("conf.json")
UCI = load("uci.json")


def named(rows: list[Row]) -> list[Any]:
    return [pytest.param(row, id=row["name"]) for row in rows]


def text(lines: list[str]) -> str:
    return "".join(f"{line}\n" for line in lines)


def is_wg_option(line: str) -> bool:
    key = "".join(line.split("=")[0].split()).lower()
    return key not in map(str.lower, wgconf.WG_QUICK_OPTIONS)


def unresolved(host: str, port: int) -> Any:
    return host, port


def from_conf(lines: list[str]) -> InterfaceChange:
    """Parse the options of wg(8); an endpoint is host and port."""
    known = [line if is_wg_option(line) else "" for line in lines]
    return wgconf.parse(known, "file", unresolved)


def summary(change: InterfaceChange, endpoints: dict[bytes, Any]) -> Row:
    return {
        "private_key": change.private_key,
        "listen_port": change.listen_port,
        "fwmark": change.fwmark,
        # The last of the sections with a public key is used.
        "peers": {
            peer.public_key: (
                peer.preshared_key,
                endpoints.get(peer.public_key),
                peer.persistent_keepalive or 0,
                peer.allowed_ips,
            )
            for peer in change.peers
        },
    }


def conf_summary(lines: list[str]) -> Row:
    change = from_conf(lines)
    return summary(change, {peer.public_key: peer.endpoint for peer in change.peers})


def uci_summary(lines: list[str]) -> Row:
    sections = parse(text(lines))
    name = next(section.name for section in sections if section.type == "interface")
    interface, complaints = read_interface(sections, name)
    prefixes = [line for line in lines if line.startswith("\tlist allowed_ips")]
    repeated = len(prefixes) - len(set(prefixes))
    assert [c.option for c in complaints] == ["allowed_ips"] * repeated
    return summary(interface.to_change(), interface.endpoints())


def has_interface(row: Row) -> bool:
    """Return whether a case has an interface, which Python requires."""
    return any(line.startswith("config interface") for line in row["uci"])


@pytest.mark.parametrize("row", named(list(filter(has_interface, CONF))))
def test_conf_equals_the_uci_text_generated_from_it(row: Row) -> None:
    expected = uci_summary(row["uci"])
    assert conf_summary(row["text"]) == expected
    assert conf_summary(row["conf"]) == expected


@pytest.mark.parametrize("row", named([row for row in CONF if not row["uci"]]))
def test_invalid_conf_is_rejected_in_the_same_line(row: Row) -> None:
    line = row["complaints"][0][1]
    with pytest.raises(ConfigError, match=f"^file:{line}: "):
        from_conf(row["text"])


@pytest.mark.parametrize("row", named([row for row in UCI if row["uci"]]))
def test_uci_text_is_parsed_and_written_equally(row: Row) -> None:
    interface, complaints = read_interface(parse(text(row["text"])), "wg0")
    assert [
        [complaint.severity, complaint.section, complaint.option]
        for complaint in complaints
    ] == (row["complaints"])
    assert format_sections(to_sections(interface)).strip() == "\n".join(row["uci"])


@pytest.mark.parametrize("row", named([row for row in UCI if not row["uci"]]))
def test_invalid_uci_text_is_rejected_at_the_same_place(row: Row) -> None:
    severity, section, place = row["complaints"][0]
    if section:
        _, complaints = read_interface(parse(text(row["text"])), section)
        assert [(complaint.severity, complaint.option) for complaint in complaints] == [
            (severity, place)
        ]
        assert severity == INTERFACE_REFUSED
        return
    with pytest.raises(ConfigError, match=f"^line {place}: "):
        find_section(parse(text(row["text"])), "wg0")
