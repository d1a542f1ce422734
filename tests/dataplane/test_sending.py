"""Sending: padding, counters, limits of a keypair, ECN."""

import struct
from collections.abc import Callable

import pytest

from pywg_embedded.core.constants import (
    REJECT_AFTER_TIME,
    REKEY_AFTER_TIME,
    REKEY_TIMEOUT,
)
from pywg_embedded.core.endpoint import Endpoint
from pywg_embedded.dataplane import events

from .packets import checksum, ip, ipv4, sized
from .rig import RemoteSocket, Rig, decrypt_all, size_of

PEER = 3
HERE, THERE = "10.0.0.1", "10.1.0.1"
HERE6, THERE6 = "fd00::1", "fd01::1"
WANTED = [(events.HANDSHAKE_NEEDED, PEER)]

# MTU, length of the packet, padded length
PADDING = (
    (1420, 20, 32),
    (1420, 32, 32),
    (1420, 33, 48),
    (1420, 1408, 1408),
    (1420, 1409, 1420),
    (1420, 1420, 1420),
    (1419, 1409, 1419),
    (1419, 1419, 1419),
    (1419, 1408, 1408),
    (9000, 8991, 8992),
    # Larger than the MTU, after it was reduced.
    (100, 97, 100),
    (100, 101, 101),
    (100, 1000, 1000),
    (0, 20, 20),
    (0, 1400, 1400),
)


@pytest.mark.parametrize(
    "row", range(len(PADDING)), ids=["-".join(map(str, row)) for row in PADDING]
)
def test_packets_are_padded_up_to_the_mtu(rig: Rig, row: int) -> None:
    mtu, length, padded = PADDING[row]
    end = rig.connected_peer(PEER, "10.1.0.0/16")
    rig.plane.mtu = mtu
    packet = sized(length)
    rig.write_tun(packet)
    assert decrypt_all(end, rig.sent_data()) == [packet + bytes(padded - length)]


def test_padding_is_zero(rig: Rig) -> None:
    end = rig.connected_peer(PEER, "10.1.0.0/16")
    rig.write_tun(sized(1400))
    rig.write_tun(sized(33))
    assert decrypt_all(end, rig.sent_data())[1] == sized(33) + bytes(15)


def test_the_header_has_type_index_and_a_counter_from_zero(rig: Rig) -> None:
    rig.add_peer(PEER, "10.1.0.0/16")
    end = rig.session(PEER)
    for _ in range(3):
        rig.write_tun(sized(40))
    headers = [struct.unpack_from("<IIQ", datagram) for datagram in rig.sent_data()]
    assert headers == [(4, end.index, counter) for counter in range(4)]


def test_an_initiator_keypair_begins_with_a_keepalive(rig: Rig) -> None:
    rig.add_peer(PEER)
    end = rig.session(PEER)
    assert decrypt_all(end, rig.sent_data()) == [b""]


def test_a_responder_keypair_does_not_send_before_it_is_confirmed(
    rig: Rig,
) -> None:
    rig.add_peer(PEER, "10.1.0.0/16")
    end = rig.session(PEER, initiator=False)
    rig.write_tun(sized(40))
    assert rig.sent_data() == []
    rig.deliver(end.seal())
    assert decrypt_all(end, rig.sent_data()) == [sized(40) + bytes(8)]


def test_bytes_and_times_of_what_is_sent_are_recorded(rig: Rig) -> None:
    rig.connected_peer(PEER, "10.1.0.0/16")
    before = rig.plane.facts(PEER).tx_bytes
    rig.now += 10
    rig.write_tun(sized(40))
    rig.now += 10
    rig.plane.send_keepalive(PEER)
    facts = rig.plane.facts(PEER)
    assert facts.tx_bytes - before == size_of(48) + size_of(0)
    assert (facts.last_data_sent, facts.last_sent) == (rig.now - 10, rig.now)
    assert facts.data_sent_since == rig.now - 10


# age, initiator: whether the keypair sends, whether a handshake is requested
AGES = (
    (REKEY_AFTER_TIME - 1, True, True, False),
    (REKEY_AFTER_TIME, True, True, True),
    (REKEY_AFTER_TIME, False, True, False),
    (REJECT_AFTER_TIME - 1, True, True, True),
    (REJECT_AFTER_TIME - 1, False, True, False),
    (REJECT_AFTER_TIME, True, False, True),
    (REJECT_AFTER_TIME, False, False, True),
)


@pytest.mark.parametrize(
    "row", range(len(AGES)), ids=["-".join(map(str, row)) for row in AGES]
)
def test_an_old_keypair_requests_a_rekey_then_expires(rig: Rig, row: int) -> None:
    age, initiator, sends, asks = AGES[row]
    rig.add_peer(PEER, "10.1.0.0/16")
    end = rig.session(PEER, initiator)
    rig.deliver(end.seal())
    rig.sent_data()
    rig.events()
    rig.now += age
    rig.write_tun(sized(40))
    assert bool(rig.sent_data()) == sends
    assert bool(rig.events(events.HANDSHAKE_NEEDED)) == asks


def test_a_handshake_is_requested_at_most_once_in_five_seconds(rig: Rig) -> None:
    rig.add_peer(PEER, "10.1.0.0/16")
    for late, wanted in ((0, WANTED), (REKEY_TIMEOUT - 1, []), (1, WANTED), (1, [])):
        rig.now += late
        rig.write_tun(sized(40))
        assert rig.events(events.HANDSHAKE_NEEDED) == wanted


def test_a_new_keypair_allows_the_next_request_at_once(rig: Rig) -> None:
    rig.add_peer(PEER, "10.1.0.0/16")
    rig.write_tun(sized(40))
    rig.session(PEER)
    rig.plane.wipe_keypairs(PEER)
    rig.events()
    rig.write_tun(sized(40))
    assert rig.events(events.HANDSHAKE_NEEDED) == WANTED


def test_the_first_packet_after_observe_is_an_event(rig: Rig) -> None:
    rig.connected_peer(PEER, "10.1.0.0/16")
    for _ in range(2):
        rig.write_tun(sized(40))
        rig.write_tun(sized(40))
        assert rig.events(events.ACTIVE) == [(events.ACTIVE, PEER)]
        rig.plane.observe(PEER)


ECN_AND_DSCP = ((0, 0), (1, 1), (2, 2), (3, 3), (0xB8, 0), (0xBB, 3))


@pytest.mark.parametrize("here, there", [(HERE, THERE), (HERE6, THERE6)], ids="46")
@pytest.mark.parametrize("inner, outer", ECN_AND_DSCP)
@pytest.mark.parametrize("host", ["127.0.0.1", "::1"])
def test_ecn_is_copied_to_the_outer_header_and_dscp_is_not(
    rig: Rig, here: str, there: str, inner: int, outer: int, host: str
) -> None:
    rig.remote.socket.close()
    rig.remote = RemoteSocket(host)
    rig.connected_peer(PEER, "10.1.0.0/16", "fd01::/16")
    rig.write_tun(ip(here, there, tos=inner))
    assert [sent.tos for sent in rig.sent_datagrams()] == [outer]


def test_the_longest_prefix_selects_the_peer(rig: Rig) -> None:
    ends = [
        rig.connected_peer(1, "0.0.0.0/0"),
        rig.connected_peer(2, "10.1.0.0/16"),
        rig.connected_peer(3, "10.1.0.1/32"),
    ]
    for n, destination in enumerate(("10.2.0.1", "10.1.0.2", "10.1.0.1")):
        packet = ipv4(HERE, destination, bytes(12))
        rig.write_tun(packet)
        assert decrypt_all(ends[n], rig.sent_data()) == [packet]


GARBAGE = (
    b"",
    b"\x45",
    b"\x55" + sized(40)[1:],
    sized(40)[:30],
    ip(HERE6, THERE6, bytes(9))[:48],
)


@pytest.mark.parametrize(
    "row",
    range(len(GARBAGE)),
    ids=["empty", "one byte", "version 5", "truncated IPv4", "truncated IPv6"],
)
def test_an_invalid_packet_is_dropped_and_counted(rig: Rig, row: int) -> None:
    rig.connected_peer(PEER, "0.0.0.0/0", "::/0")
    rig.write_tun(GARBAGE[row])
    assert rig.drops() == {"not_ip": 1}
    assert (rig.sent_data(), rig.read_tun(), rig.events()) == ([], [], [])


@pytest.mark.parametrize("here, there", [(HERE, THERE), (HERE6, THERE6)], ids="46")
def test_an_unroutable_packet_gets_an_icmp_error(
    rig: Rig, here: str, there: str
) -> None:
    packet = ip(here, there, b"question")
    rig.write_tun(packet)
    (answer,) = rig.read_icmp(6 if ":" in here else 4)
    assert answer.endswith(packet)
    assert rig.drops() == {"no_peer": 1}


def test_a_packet_for_a_peer_without_endpoint_gets_an_icmp_error(rig: Rig) -> None:
    rig.plane.add_peer(PEER)
    rig.plane.allow(PEER, [(bytes(4), 0)])
    rig.write_tun(sized(40))
    (answer,) = rig.read_icmp(4)
    assert (answer[9], answer[20:22], checksum(answer[:20])) == (1, b"\3\1", 0)
    assert rig.drops() == {"no_endpoint": 1}
    assert rig.events() == []


def test_sending_continues_after_a_failed_send(rig: Rig) -> None:
    end = rig.connected_peer(PEER, "10.1.0.0/16")
    # Port 0 is invalid.
    rig.plane.set_endpoint(PEER, Endpoint(b"\x7f\0\0\1", 0))
    rig.write_tun(sized(40))
    before = rig.plane.facts(PEER).tx_bytes
    assert rig.drops() == {"send_einval": 1}
    rig.plane.set_endpoint(PEER, rig.remote.endpoint())
    rig.write_tun(sized(48))
    assert rig.plane.facts(PEER).tx_bytes == before + size_of(48)
    assert end.open(rig.remote.receive().data) == sized(48)


NOWHERE = Endpoint(b"\x7f\0\0\1", 0)


def closed(rig: Rig) -> str:
    rig.plane.close()
    return "no_socket"


def invalid_port(rig: Rig) -> str:
    rig.plane.set_endpoint(PEER, NOWHERE)
    return "send_einval"


def too_large(rig: Rig) -> str:
    return "send_emsgsize"


@pytest.mark.parametrize("packets", [1, 5])
@pytest.mark.parametrize("fail", [closed, invalid_port, too_large])
def test_failed_data_is_not_counted_as_sent(
    rig: Rig, fail: Callable[[Rig], str], packets: int
) -> None:
    end = rig.connected_peer(PEER, "10.1.0.0/16")
    rig.deliver(end.seal(sized(40, "10.1.0.1", "10.0.0.1")))
    before = rig.plane.facts(PEER)
    tx_bytes, last_sent = before.tx_bytes, before.last_sent
    last_data_sent, received_since = before.last_data_sent, before.data_received_since
    rig.now += 10
    reason = fail(rig)
    for _ in range(packets):
        rig.write_tun(sized(65_500 if fail is too_large else 40))
    assert rig.drops() == {reason: packets}
    facts = rig.plane.facts(PEER)
    assert (facts.tx_bytes, facts.last_sent) == (tx_bytes, last_sent)
    assert (facts.last_data_sent, facts.data_sent_since) == (last_data_sent, 0)
    assert facts.data_received_since == received_since > 0
    assert facts.data_failed_since == facts.last_failed == rig.now
    rig.now += 10
    if fail is not closed:
        rig.write_tun(sized(40))
        assert rig.plane.facts(PEER).data_failed_since == rig.now - 10


def test_failed_keepalive_is_not_counted_as_sent(rig: Rig) -> None:
    rig.connected_peer(PEER, "10.1.0.0/16")
    before = rig.plane.facts(PEER)
    expected = before.tx_bytes, before.last_sent, before.data_failed_since
    rig.now += 10
    rig.plane.set_endpoint(PEER, NOWHERE)
    rig.plane.send_keepalive(PEER)
    facts = rig.plane.facts(PEER)
    assert (facts.tx_bytes, facts.last_sent, facts.data_failed_since) == expected
    assert facts.last_failed == rig.now


def test_received_packet_ends_the_time_of_failed_data(rig: Rig) -> None:
    end = rig.connected_peer(PEER, "10.1.0.0/16")
    rig.plane.set_endpoint(PEER, NOWHERE)
    rig.write_tun(sized(40))
    assert rig.plane.facts(PEER).data_failed_since == rig.now
    rig.deliver(end.seal())
    assert rig.plane.facts(PEER).data_failed_since == 0


@pytest.mark.parametrize("sent", [True, False])
def test_send_datagram_returns_whether_it_was_sent(rig: Rig, sent: bool) -> None:
    endpoint = rig.remote.endpoint() if sent else NOWHERE
    assert rig.plane.send_datagram(bytes(148), endpoint) is sent
    assert rig.drops() == ({} if sent else {"send_einval": 1})
