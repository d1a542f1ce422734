"""Next hops from netifd's dump, and malformed dumps."""

from typing import Any

import pytest

from pywg_embedded.control.address import parse_allowed_ip, parse_ip
from pywg_embedded.openwrt import blobmsg
from pywg_embedded.openwrt.netifd import NextHop
from pywg_embedded.openwrt.netifd_dump import DumpedRoutes, prefix_contains


def uplink(name: str, device: str, subnet: int, metric: int = 0) -> dict[str, Any]:
    """An interface with default routes in the output of ``dump``."""
    zero = {"source": "0.0.0.0/0"}
    return {
        "interface": name,
        "up": True,
        "l3_device": device,
        "metric": metric,
        "ipv4-address": [{"address": f"10.77.{subnet}.2", "mask": 24}],
        "ipv6-address": [{"address": f"fd77:{subnet}::2", "mask": 64}],
        "route": [
            {"target": "0.0.0.0", "mask": 0, "nexthop": f"10.77.{subnet}.1", **zero},
            {"target": "::", "mask": 0, "nexthop": f"fd77:{subnet}::1", **zero},
        ],
    }


def dump_of_two_uplinks() -> dict[str, Any]:
    """A LAN, two uplinks, and our interface with default routes."""
    lan = {
        "interface": "lan",
        "up": True,
        "l3_device": "br-lan",
        "ipv4-address": [{"address": "192.168.1.1", "mask": 24}],
    }
    ours = uplink("wg0", "wg0", 9)
    return {
        "interface": [
            lan, ours, uplink("wwan", "wwan0", 2, 20), uplink("wan", "eth1", 1, 10),
        ],
    }  # fmt: skip


def change(dump: dict[str, Any], name: str, **values: object) -> dict[str, Any]:
    """Change values of an interface in a dump, and return the dump."""
    for interface in dump["interface"]:
        if interface["interface"] == name:
            interface.update(values)
    return dump


FAR, FAR_6 = parse_ip("192.0.2.9"), parse_ip("2001:db8::9")


def uplinks(dump: dict[str, Any], only: str | None = None) -> list[str]:
    return DumpedRoutes(dump, "wg0", only).uplink_devices()


def next_hop(
    dump: dict[str, Any], address: bytes, only: str | None = None
) -> NextHop | None:
    return DumpedRoutes(dump, "wg0", only).find_next_hop(address)


def test_uplink_devices_have_default_routes() -> None:
    assert uplinks(dump_of_two_uplinks()) == ["wwan0", "eth1"]
    assert uplinks(dump_of_two_uplinks(), "wan") == ["eth1"]
    assert uplinks(change(dump_of_two_uplinks(), "wan", up=False)) == ["wwan0"]
    assert uplinks({}) == []


NEXT_HOP_IDS = (
    "ipv4", "ipv6", "uplink-down", "tunlink", "on-link", "on-link-uplink",
    "metric-changed",
)  # fmt: skip
# Dump, destination, tunlink, device, gateway.
NEXT_HOPS: tuple[tuple[dict[str, Any], str, str | None, str, str], ...] = (
    (dump_of_two_uplinks(), "192.0.2.9", None, "eth1", "10.77.1.1"),
    (dump_of_two_uplinks(), "2001:db8::9", None, "eth1", "fd77:1::1"),
    (
        change(dump_of_two_uplinks(), "wan", up=False),
        "192.0.2.9",
        None,
        "wwan0",
        "10.77.2.1",
    ),
    (dump_of_two_uplinks(), "192.0.2.9", "wwan", "wwan0", "10.77.2.1"),
    (dump_of_two_uplinks(), "192.168.1.7", None, "br-lan", ""),
    (dump_of_two_uplinks(), "10.77.2.1", None, "wwan0", ""),
    (
        change(dump_of_two_uplinks(), "wan", metric=30),
        "192.0.2.9",
        None,
        "wwan0",
        "10.77.2.1",
    ),
)


@pytest.mark.parametrize(
    "dump, address, only, device, gateway", NEXT_HOPS, ids=NEXT_HOP_IDS
)
def test_22905_next_hop_is_that_of_the_best_uplink(
    dump: dict[str, Any], address: str, only: str | None, device: str, gateway: str
) -> None:
    """https://github.com/openwrt/openwrt/issues/22905"""
    found = next_hop(dump, parse_ip(address), only)
    assert found == NextHop(device, parse_ip(gateway) if gateway else b"")


def test_next_hop_is_none_when_all_uplinks_are_down() -> None:
    dump = change(change(dump_of_two_uplinks(), "wan", up=False), "wwan", up=False)
    assert next_hop(dump, FAR) is None
    assert next_hop(dump_of_two_uplinks(), FAR, "nothing") is None
    assert next_hop({}, FAR_6) is None


def test_routes_of_other_tables_are_ignored() -> None:
    dump = dump_of_two_uplinks()
    for interface in dump["interface"]:
        for route in interface.get("route", ()):
            route["table"] = 7
    assert next_hop(dump, FAR) is None


def replaced(entry: Any, key: str, value: Any) -> Any:
    """Return a copy of a table with another value, or without the key for ``...``."""
    copy = {name: old for name, old in entry.items() if name != key}
    return copy if value is ... else {**copy, key: value}


# Values of a wrong type or out of range; ... for a missing key.
WRONG: tuple[Any, ...] = (
    ..., None, "", "x", "\ufffd\ufffd", "a" * 70_000, "1" * 70_000, -1, 129, 2**40, 1.5,
    True, [], {}, [[]], {"a": {}}, "10.0.0.1\0",
)  # fmt: skip
# Keys of a dump, of its interfaces, addresses and routes.
KEYS = (
    "interface",
    "up",
    "l3_device",
    "metric",
    "ipv4-address",
    "ipv6-address",
    "route",
)
ADDRESS_KEYS, ROUTE_KEYS = ("address", "mask"), ("target", "mask", "nexthop", "metric")


def malformed_dumps() -> list[dict[str, Any]]:
    """Return dumps with each wrong value in each place, before a good interface."""
    bad = uplink("bad", "eth7", 7, 10)
    address, route = bad["ipv4-address"][0], bad["route"][0]
    entries = [replaced(bad, key, value) for key in KEYS for value in WRONG]
    for value in WRONG:
        for key in ADDRESS_KEYS:
            entries.append({**bad, "ipv4-address": [replaced(address, key, value)]})
        for key in ROUTE_KEYS:
            entries.append({**bad, "route": [replaced(route, key, value)]})
        entries.append(value)
    good = uplink("wan", "eth1", 1, 10)
    return [{"interface": [entry, good]} for entry in entries]


def test_other_entries_are_used_when_one_is_malformed() -> None:
    dumps = malformed_dumps()
    assert len(dumps) > 200
    for dump in dumps:
        encodable = dump["interface"][0] is not ... and dump
        if encodable:
            dump = blobmsg.unpack_table(blobmsg.pack_table(dump))
        routes = DumpedRoutes(dump, "wg0")
        assert "eth1" in routes.uplink_devices(), dump
        assert routes.find_next_hop(parse_ip("10.77.1.9")) == NextHop("eth1", b"")
        for device in routes.uplink_devices():
            assert 0 < len(device.encode()) < 16, dump


@pytest.mark.parametrize("byte", [0x00, 0x7F, 0x80, 0xFF])
def test_no_exception_is_raised_when_a_byte_of_the_dump_is_wrong(byte: int) -> None:
    packed = blobmsg.pack_table({"interface": [uplink("wan", "eth1", 1, 10)]})
    read = 0
    for at in range(len(packed)):
        data = packed[:at] + bytes([byte]) + packed[at + 1 :]
        try:
            dump = blobmsg.unpack_table(data)
        except blobmsg.BlobmsgError:
            continue
        routes = DumpedRoutes(dump, "wg0")
        routes.uplink_devices()
        routes.find_next_hop(FAR)
        read += 1
    assert read > 100


def test_longest_dump_is_read_in_linear_time() -> None:
    """It took minutes when each attribute copied the rest of the message."""
    entry = {"target": "10.0.0.0", "mask": 8, "nexthop": "10.77.1.1"}
    dump = {"interface": [{**uplink("wan", "eth1", 1), "route": 12_000 * [entry]}]}
    packed = blobmsg.pack_table(dump)
    assert 900_000 < len(packed) < 1 << 20
    routes = DumpedRoutes(blobmsg.unpack_table(packed), "wg0")
    assert routes.find_next_hop(parse_ip("10.1.1.1")) == NextHop(
        "eth1", parse_ip("10.77.1.1")
    )


@pytest.mark.parametrize("value", WRONG, ids=lambda value: repr(value)[:12])
def test_dump_without_a_list_of_interfaces_has_no_routes(value: Any) -> None:
    assert uplinks(replaced({}, "interface", value)) == []


# Where the entry is, the wrong entry, and the complaint.
COMPLAINTS = (
    pytest.param("route", {"target": "10.0.0.0", "mask": 33, "nexthop": "10.77.1.1"},
                 "route of 'wan'", id="mask"),
    pytest.param("route", {"target": "10.0.0.0", "mask": 8}, "route of 'wan'",
                 id="no-nexthop"),
    pytest.param("route", {"target": "10.0.0.0", "mask": 8, "nexthop": "fd00::1"},
                 "route of 'wan'", id="nexthop-family"),
    pytest.param("ipv6-address", {"address": 7, "mask": 64}, "ipv6-address of 'wan'",
                 id="address"),
    pytest.param("ipv4-address", 7, "ipv4-address of 'wan'", id="no-table"),
)  # fmt: skip


@pytest.mark.parametrize("key, entry, complaint", COMPLAINTS)
def test_malformed_entry_is_described(key: str, entry: object, complaint: str) -> None:
    dump = {"interface": [{**uplink("wan", "eth1", 1), key: [entry, entry]}]}
    assert DumpedRoutes(dump, "wg0").complaints == [
        f"ignoring a malformed entry in netifd's dump: {complaint}"
    ]


def test_complaints_are_few_when_all_entries_are_malformed() -> None:
    names = [{"interface": f"i{n}", "up": True, "l3_device": 7} for n in range(1_000)]
    complaints = DumpedRoutes({"interface": names}, "wg0").complaints
    assert len(complaints) == 8
    assert max(map(len, complaints)) < 100


# A prefix, its first and last address, and the addresses before and after it.
PREFIXES = (
    ("10.77.8.0/21", "10.77.8.0", "10.77.15.255", "10.77.7.255", "10.77.16.0"),
    ("10.77.1.2/31", "10.77.1.2", "10.77.1.3", "10.77.1.1", "10.77.1.4"),
    ("10.77.1.3/32", "10.77.1.3", "10.77.1.3", "10.77.1.2", "10.77.1.4"),
    ("128.0.0.0/1", "128.0.0.0", "255.255.255.255", "127.255.255.255", "::"),
    ("0.0.0.0/0", "0.0.0.0", "255.255.255.255", "::", "8000::"),
    ("fd77::8/125", "fd77::8", "fd77::f", "fd77::7", "fd77::10"),
    ("fd77::9/128", "fd77::9", "fd77::9", "fd77::8", "fd77::a"),
    ("::/0", "::", "ffff::", "0.0.0.0", "255.255.255.255"),
)


@pytest.mark.parametrize(
    "prefix, first, last, before, after", PREFIXES, ids=[row[0] for row in PREFIXES]
)
def test_prefix_contains_its_addresses_and_no_others(
    prefix: str, first: str, last: str, before: str, after: str
) -> None:
    parsed = parse_allowed_ip(prefix)
    assert prefix_contains(parsed, parse_ip(first))
    assert prefix_contains(parsed, parse_ip(last))
    assert not prefix_contains(parsed, parse_ip(before))
    assert not prefix_contains(parsed, parse_ip(after))


def test_first_of_equal_routes_is_used() -> None:
    # As the kernel does: a later route of the same metric is appended.
    dump = {"interface": [uplink("wan", "eth1", 1, 10), uplink("wwan", "wwan0", 2, 10)]}
    for address in (FAR, FAR_6):
        hop = next_hop(dump, address)
        assert hop and hop.device == "eth1"
    dump["interface"].reverse()
    for address in (FAR, FAR_6):
        hop = next_hop(dump, address)
        assert hop and hop.device == "wwan0"
