"""Receiving: authentication, roaming, source addresses, ECN."""

from typing import Any

import pytest

from pywg_embedded.core.constants import (
    REJECT_AFTER_MESSAGES,
    REJECT_AFTER_TIME,
    REKEY_AFTER_TIME_RECEIVING,
    REKEY_TIMEOUT,
)
from pywg_embedded.core.endpoint import Endpoint
from pywg_embedded.dataplane import events

from .packets import checksum, ecn_of, ip, ipv4, ipv6, sized
from .rig import RemoteSession, RemoteSocket, Rig, decrypt_all, size_of

PEER, OTHER = 3, 0
PREFIXES = ("10.1.0.0/16", "fd01::/16")
THERE, HERE = "10.1.0.1", "10.0.0.1"
THERE6, HERE6 = "fd01::1", "fd00::1"
PACKET = ipv4(THERE, HERE, b"from there")


def facts_of(rig: Rig, peer: int) -> dict[str, Any]:
    """Return the facts of a peer as a dict."""
    facts = rig.plane.facts(peer)
    record = {name: getattr(facts, name) for name in facts.__slots__}
    return record | {"endpoint": facts.endpoint.remote()}


# A packet, and its padding.
TRAILERS = (
    (PACKET, b""),
    (PACKET, bytes(2)),
    (PACKET, b"\xff" * 700),
    (ipv4(THERE, HERE), bytes(12)),
    (ipv6(THERE6, HERE6, b"from there"), b"\x60" * 14),
    (ipv6(THERE6, HERE6), b""),
)


@pytest.mark.parametrize(
    "row",
    range(len(TRAILERS)),
    ids=["no padding", "zeros", "longer padding", "empty IPv4", "IPv6", "empty IPv6"],
)
def test_padding_is_removed_from_a_packet(rig: Rig, row: int) -> None:
    packet, trailer = TRAILERS[row]
    end = rig.connected_peer(PEER, *PREFIXES)
    rig.deliver(end.seal(packet + trailer))
    assert rig.read_tun() == [packet]


NO_PACKETS = (
    b"\x00" * 16,
    b"\x45" + bytes(15),
    b"\x55" + PACKET[1:],
    b"\x44" + PACKET[1:],
    PACKET[:2] + b"\x00\x13" + PACKET[4:],
    PACKET[:-1],
    ipv6(THERE6, HERE6, b"from there")[:-1],
    ipv6(THERE6, HERE6)[:39],
    b"\x70" + ipv6(THERE6, HERE6)[1:],
)


@pytest.mark.parametrize(
    "row",
    range(len(NO_PACKETS)),
    ids=[
        "version 0",
        "short IPv4",
        "version 5",
        "short header length",
        "length below the header",
        "truncated IPv4",
        "truncated IPv6",
        "short IPv6",
        "version 7",
    ],
)
def test_an_invalid_packet_is_dropped_and_counted(rig: Rig, row: int) -> None:
    end = rig.connected_peer(PEER, *PREFIXES)
    rig.deliver(end.seal(NO_PACKETS[row]))
    assert rig.read_tun() == []
    assert rig.drops() == {"not_ip": 1}


def test_a_keepalive_is_recorded_but_not_as_data(rig: Rig) -> None:
    end = rig.connected_peer(PEER, *PREFIXES)
    before = rig.plane.facts(PEER).rx_bytes
    rig.now += 10
    rig.deliver(end.seal())
    facts = rig.plane.facts(PEER)
    assert (facts.last_received, facts.data_received_since) == (rig.now, 0)
    assert facts.rx_bytes == before + size_of(0)
    assert (rig.read_tun(), rig.drops()) == ([], {})


def test_data_is_recorded_and_answered_by_sending(rig: Rig) -> None:
    end = rig.connected_peer(PEER, *PREFIXES)
    rig.deliver(end.seal(PACKET))
    rig.now += 10
    rig.deliver(end.seal(PACKET))
    assert rig.plane.facts(PEER).data_received_since == rig.now - 10
    rig.plane.send_keepalive(PEER)
    assert rig.plane.facts(PEER).data_received_since == 0


# Source addresses


OWNERS = (
    # source, whether PEER with 10.1/16 and fd01::/16 may send from it, OTHER having
    # 10.1.2/24, fd01:2::/32, 10.1.0.7/32, 0/0 and ::/0
    ("10.1.0.1", True),
    ("10.1.255.255", True),
    ("10.1.2.1", False),
    ("10.1.0.7", False),
    ("10.1.0.8", True),
    ("10.2.0.1", False),
    ("fd01::1", True),
    ("fd01:2::1", False),
    ("fd01:3::1", True),
    ("fd02::1", False),
)


@pytest.mark.parametrize("row", range(len(OWNERS)), ids=[str(row[0]) for row in OWNERS])
def test_the_source_is_checked_by_the_longest_prefix_of_all_peers(
    rig: Rig, row: int
) -> None:
    source, allowed = OWNERS[row]
    end = rig.connected_peer(PEER, *PREFIXES)
    others = ("10.1.2.0/24", "fd01:2::/32", "10.1.0.7/32", "0.0.0.0/0", "::/0")
    rig.add_peer(OTHER, *others)
    packet = ip(source, HERE6 if ":" in source else HERE)
    rig.deliver(end.seal(packet))
    assert rig.read_tun() == ([packet] if allowed else [])
    assert rig.drops() == ({} if allowed else {"source_not_allowed": 1})


def test_the_destination_of_a_received_packet_is_not_checked(rig: Rig) -> None:
    end = rig.connected_peer(PEER, *PREFIXES)
    rig.deliver(end.seal(ipv4(HERE, THERE)))
    assert rig.read_tun() == []


# Authentication


def flipped(data: bytes, position: int) -> bytes:
    changed = bytearray(data)
    changed[position] ^= 1
    return bytes(changed)


def forgeries(end: RemoteSession, stranger: RemoteSession) -> list[tuple[bytes, str]]:
    """Return forged datagrams with their drop reasons."""
    sealed = end.seal(PACKET, counter=100)
    short = end.seal(counter=101)
    # Larger than any handshake message.
    long = end.seal(PACKET.ljust(200, b"\0"), counter=102)
    return [
        (flipped(sealed, 4), "unknown_index"),
        (flipped(sealed, 8), "not_authentic"),
        (flipped(sealed, 15), "not_authentic"),
        (flipped(sealed, 16), "not_authentic"),
        (flipped(sealed, -1), "not_authentic"),
        (sealed[:-1], "not_authentic"),
        (sealed + b"\0", "not_authentic"),
        (flipped(short, -1), "not_authentic"),
        (short[:-1], "malformed"),
        (sealed[:16], "malformed"),
        (sealed[:4], "malformed"),
        (sealed[:3], "malformed"),
        (b"", "malformed"),
        (stranger.seal(PACKET), "unknown_index"),
        # The type is a word of 32 bits.
        (flipped(long, 1), "malformed"),
        (flipped(long, 3), "malformed"),
    ]


def test_an_unauthentic_packet_has_no_effect(rig: Rig) -> None:
    end = rig.connected_peer(PEER, *PREFIXES)
    elsewhere = RemoteSocket()
    before = facts_of(rig, PEER)
    rig.now += 10
    for row, (datagram, reason) in enumerate(forgeries(end, RemoteSession(99))):
        count = rig.drops().get(reason, 0)
        rig.deliver(datagram, elsewhere)
        assert rig.drops()[reason] == count + 1, row
        assert facts_of(rig, PEER) == before, row
        assert (rig.read_tun(), rig.sent_data(), rig.events()) == ([], [], []), row
    rig.deliver(end.seal(PACKET, counter=100))
    assert rig.read_tun() == [PACKET]
    elsewhere.socket.close()


def test_a_forged_counter_does_not_move_the_window(rig: Rig) -> None:
    end = rig.connected_peer(PEER, *PREFIXES)
    rig.deliver(flipped(end.seal(counter=2**40), -1))
    rig.deliver(end.seal(PACKET))
    assert rig.read_tun() == [PACKET]


# Roaming


@pytest.mark.parametrize("packet", [PACKET, b""], ids=["data", "keepalive"])
def test_the_endpoint_follows_an_authentic_packet(rig: Rig, packet: bytes) -> None:
    end = rig.connected_peer(PEER, *PREFIXES)
    elsewhere = RemoteSocket("127.0.0.2")
    rig.deliver(end.seal(packet), elsewhere)
    now_at = rig.plane.facts(PEER).endpoint.remote()
    assert now_at == elsewhere.endpoint().remote()
    rig.write_tun(sized(48))
    assert end.open(elsewhere.receive().data) == sized(48)
    elsewhere.socket.close()


@pytest.mark.parametrize("packet", [PACKET, b""], ids=["data", "keepalive"])
def test_the_endpoint_does_not_follow_a_replayed_packet(
    rig: Rig, packet: bytes
) -> None:
    end = rig.connected_peer(PEER, *PREFIXES)
    datagram = end.seal(packet)
    rig.deliver(datagram)
    rig.read_tun()
    before = facts_of(rig, PEER)
    elsewhere = RemoteSocket("127.0.0.2")
    rig.now += 10
    rig.deliver(datagram, elsewhere)
    assert rig.drops() == {"replayed": 1}
    assert facts_of(rig, PEER) == before
    assert rig.read_tun() == []
    elsewhere.socket.close()


def test_the_endpoint_follows_a_packet_with_a_source_not_allowed(rig: Rig) -> None:
    # The datagram is authentic; only the inner source is not allowed.
    end = rig.connected_peer(PEER, *PREFIXES)
    elsewhere = RemoteSocket("127.0.0.2")
    rig.deliver(end.seal(ipv4(HERE, HERE)), elsewhere)
    now_at = rig.plane.facts(PEER).endpoint.remote()
    assert now_at == elsewhere.endpoint().remote()
    elsewhere.socket.close()


def test_replies_leave_from_the_address_that_received(rig: Rig) -> None:
    end = rig.connected_peer(PEER, *PREFIXES)
    for spoken_to in ("127.0.0.3", "127.0.0.4"):
        before = rig.plane.facts(PEER).rx_bytes
        rig.remote.send(end.seal(), rig.port, host=spoken_to)
        while rig.plane.facts(PEER).rx_bytes == before:
            rig.poll_once()
        rig.write_tun(sized(48))
        (sent,) = rig.sent_datagrams()
        assert sent.source == (spoken_to, rig.port)
    rig.plane.clear_source(PEER)
    rig.write_tun(sized(48))
    assert rig.sent_datagrams()[0].source == ("127.0.0.1", rig.port)


def test_no_packet_is_lost_when_the_source_address_is_removed(rig: Rig) -> None:
    end = rig.connected_peer(PEER, *PREFIXES)
    address, port, _ = rig.remote.endpoint().remote()
    gone = Endpoint(address, port, 0, b"\xc0\x00\x02\x63")
    rig.plane.set_endpoint(PEER, gone)
    rig.write_tun(sized(48))
    assert decrypt_all(end, rig.sent_data()) == [sized(48)]
    assert rig.plane.facts(PEER).endpoint.source == b""
    assert rig.drops() == {}


def test_an_endpoint_may_change_its_family(rig: Rig) -> None:
    end = rig.connected_peer(PEER, *PREFIXES)
    v6, v4 = RemoteSocket("::1"), rig.remote
    for remote in (v6, v4, v6):
        rig.deliver(end.seal(), remote)
        rig.write_tun(sized(48))
        assert end.open(remote.receive().data) == sized(48)
    v6.socket.close()


# Limits of a session


COUNTERS = (
    (2**32 - 1, True),
    (2**32, True),
    (2**63, True),
    (REJECT_AFTER_MESSAGES - 1, True),
    (REJECT_AFTER_MESSAGES, False),
    (2**64 - 1, False),
)


@pytest.mark.parametrize(
    "row", range(len(COUNTERS)), ids=[str(row[0]) for row in COUNTERS]
)
def test_counters_have_64_bits_and_a_limit(rig: Rig, row: int) -> None:
    counter, accepted = COUNTERS[row]
    end = rig.connected_peer(PEER, *PREFIXES)
    rig.deliver(end.seal(PACKET, counter))
    assert rig.read_tun() == ([PACKET] if accepted else [])
    assert rig.drops() == ({} if accepted else {"keypair_expired": 1})


AGES = ((REJECT_AFTER_TIME - 1, True), (REJECT_AFTER_TIME, False))


@pytest.mark.parametrize("age, accepted", AGES)
def test_an_expired_keypair_receives_nothing(
    rig: Rig, age: int, accepted: bool
) -> None:
    end = rig.connected_peer(PEER, *PREFIXES)
    rig.now += age
    rig.deliver(end.seal(PACKET))
    assert rig.read_tun() == ([PACKET] if accepted else [])


LAST_MINUTE = (
    (REKEY_AFTER_TIME_RECEIVING - 1, True, False),
    (REKEY_AFTER_TIME_RECEIVING, True, True),
    (REKEY_AFTER_TIME_RECEIVING, False, False),
    (REJECT_AFTER_TIME - 1, True, True),
    (REJECT_AFTER_TIME - 1, False, False),
)


def aged_session(rig: Rig, initiator: bool, age: int) -> RemoteSession:
    rig.add_peer(PEER, *PREFIXES)
    end = rig.session(PEER, initiator)
    rig.deliver(end.seal())
    rig.events()
    rig.now += age
    return end


@pytest.mark.parametrize(
    "row", range(len(LAST_MINUTE)), ids=["-".join(map(str, row)) for row in LAST_MINUTE]
)
def test_the_initiator_requests_a_rekey_before_expiry(rig: Rig, row: int) -> None:
    age, initiator, asks = LAST_MINUTE[row]
    end = aged_session(rig, initiator, age)
    rig.deliver(end.seal(PACKET))
    assert bool(rig.events(events.HANDSHAKE_NEEDED)) == asks


def test_a_keypair_requests_its_rekey_once(rig: Rig) -> None:
    end = aged_session(rig, True, REKEY_AFTER_TIME_RECEIVING)
    rig.deliver(end.seal(PACKET))
    assert rig.events(events.HANDSHAKE_NEEDED)
    # Requests are five seconds apart in any case.
    rig.now += REKEY_TIMEOUT
    rig.deliver(end.seal(PACKET))
    assert rig.events(events.HANDSHAKE_NEEDED) == []


def test_the_first_packet_after_observe_is_an_event(rig: Rig) -> None:
    end = rig.connected_peer(PEER, *PREFIXES)
    for _ in range(2):
        rig.deliver(end.seal())
        rig.deliver(end.seal())
        assert rig.events() == [(events.ACTIVE, PEER)]
        rig.plane.observe(PEER)


# ECN: outer, inner, result (None: dropped), RFC 6040 4.2
NOT_ECT, ECT1, ECT0, CE = range(4)
ECN = (
    (NOT_ECT, NOT_ECT, NOT_ECT),
    (NOT_ECT, ECT0, ECT0),
    (NOT_ECT, ECT1, ECT1),
    (NOT_ECT, CE, CE),
    (ECT0, NOT_ECT, NOT_ECT),
    (ECT0, ECT0, ECT0),
    (ECT0, ECT1, ECT1),
    (ECT0, CE, CE),
    (ECT1, NOT_ECT, NOT_ECT),
    (ECT1, ECT0, ECT1),
    (ECT1, ECT1, ECT1),
    (ECT1, CE, CE),
    (CE, NOT_ECT, None),
    (CE, ECT0, CE),
    (CE, ECT1, CE),
    (CE, CE, CE),
)
DSCP = 0xB8


@pytest.mark.parametrize("host", ["127.0.0.1", "::1"])
@pytest.mark.parametrize("source, here", [(THERE, HERE), (THERE6, HERE6)], ids="46")
def test_outer_congestion_marks_are_copied_to_the_inner_packet(
    rig: Rig, source: str, here: str, host: str
) -> None:
    end = rig.connected_peer(PEER, *PREFIXES)
    remote = RemoteSocket(host)
    for row, (outer, inner, expected) in enumerate(ECN):
        packet = ip(source, here, b"data", tos=DSCP | inner)
        rig.deliver(end.seal(packet), remote, tos=outer)
        written = rig.read_tun()
        assert [ecn_of(p) for p in written] == ([] if expected is None else [expected])
        for arrived in written:
            assert arrived == ip(source, here, b"data", tos=DSCP | ecn_of(arrived)), row
            assert arrived[0] >> 4 == 6 or checksum(arrived[:20]) == 0, row
    assert rig.drops() == {"ecn_congestion": 1}
    remote.socket.close()
