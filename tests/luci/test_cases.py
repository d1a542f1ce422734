"""The cases that LuCI's modules import and export, read by Python."""

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
CONF = json.loads((CASES / "conf.json").read_text())
UCI = json.loads((CASES / "uci.json").read_text())
Row = dict[str, Any]


def numbered(rows: list[Row]) -> list[Any]:
    return [
        pytest.param(row, id=f"{number}: {row['name']}")
        for number, row in enumerate(rows)
    ]


def text(lines: list[str]) -> str:
    return "".join(f"{line}\n" for line in lines)


def is_for_wg(line: str) -> bool:
    key = "".join(line.split("=")[0].split()).lower()
    return key not in map(str.lower, wgconf.WG_QUICK_OPTIONS)


def as_written(host: str, port: int) -> Any:
    return host, port


def from_conf(lines: list[str]) -> InterfaceChange:
    """What wg(8) reads; an endpoint is host and port."""
    ours = [line if is_for_wg(line) else "" for line in lines]
    return wgconf.parse(ours, "file", as_written)


def told(change: InterfaceChange, endpoints: dict[bytes, Any]) -> Row:
    return {
        "private_key": change.private_key,
        "listen_port": change.listen_port,
        "fwmark": change.fwmark,
        "peers": [
            (
                peer.public_key,
                peer.preshared_key,
                endpoints.get(peer.public_key),
                peer.persistent_keepalive or 0,
                peer.allowed_ips,
            )
            for peer in change.peers
        ],
    }


def from_conf_told(lines: list[str]) -> Row:
    change = from_conf(lines)
    return told(change, {peer.public_key: peer.endpoint for peer in change.peers})


def from_uci_told(lines: list[str]) -> Row:
    sections = parse(text(lines))
    name = next(one.name for one in sections if one.type == "interface")
    interface, complaints = read_interface(sections, name)
    assert complaints == []
    return told(interface.to_change(), interface.endpoints())


def is_whole(row: Row) -> bool:
    """A lone peer is no file for Python, which reads one of an interface."""
    return any(line.startswith("config interface") for line in row["uci"])


@pytest.mark.parametrize("row", numbered(list(filter(is_whole, CONF))))
def test_conf_and_the_uci_text_made_of_it_say_the_same(row: Row) -> None:
    expected = from_uci_told(row["uci"])
    assert from_conf_told(row["text"]) == expected
    assert from_conf_told(row["conf"]) == expected


@pytest.mark.parametrize("row", numbered([row for row in CONF if not row["uci"]]))
def test_broken_conf_is_refused_at_the_same_line(row: Row) -> None:
    line = row["complaints"][0][1]
    with pytest.raises(ConfigError, match=f"^file:{line}: "):
        from_conf(row["text"])


@pytest.mark.parametrize("row", numbered([row for row in UCI if row["uci"]]))
def test_uci_text_is_read_alike_and_written_alike(row: Row) -> None:
    interface, complaints = read_interface(parse(text(row["text"])), "wg0")
    assert [[one.severity, one.section, one.option] for one in complaints] == (
        row["complaints"]
    )
    assert format_sections(to_sections(interface)).strip() == "\n".join(row["uci"])


@pytest.mark.parametrize("row", numbered([row for row in UCI if not row["uci"]]))
def test_broken_uci_text_is_refused_at_the_same_place(row: Row) -> None:
    severity, section, place = row["complaints"][0]
    if section:
        _, complaints = read_interface(parse(text(row["text"])), section)
        assert [(one.severity, one.option) for one in complaints] == [(severity, place)]
        assert severity == INTERFACE_REFUSED
        return
    with pytest.raises(ConfigError, match=f"^line {place}: "):
        find_section(parse(text(row["text"])), "wg0")
