"""Limits that no test reaches by sending: counters near their end."""

import pytest

from pywg_embedded.core.constants import (
    REJECT_AFTER_MESSAGES,
    REKEY_AFTER_MESSAGES,
)
from pywg_embedded.core.endpoint import Endpoint
from pywg_embedded.dataplane import events
from pywg_embedded.dataplane.limits import Limits
from pywg_embedded.dataplane.reference.routes import RouteMonitor
from pywg_embedded.dataplane.reference.transport import HEADER, Transport
from tests.dataplane.packets import sized
from tests.dataplane.rig import RemoteSession

PEER = 3
WANTED = (events.HANDSHAKE_NEEDED, PEER)


class MemoryLink:
    """Both sides of a transport, in memory."""

    def __init__(self) -> None:
        self.sent: list[bytes] = []
        self.written: list[bytes] = []
        self.routes = RouteMonitor()

    def check_source(self, endpoint: Endpoint) -> Endpoint:
        return endpoint

    def send(
        self, data: memoryview | bytes, endpoint: Endpoint, tos: int
    ) -> tuple[bool, Endpoint]:
        self.sent.append(bytes(data))
        return True, endpoint

    def write(self, packet: memoryview | bytes) -> None:
        self.written.append(bytes(packet))


class Sender(Transport):
    """A transport with one peer, whose session has sent so many messages."""

    def __init__(self, link: MemoryLink, session: RemoteSession, counter: int) -> None:
        super().__init__(Limits(), lambda: 0, link, link)
        self.add_peer(PEER)
        self.allow(PEER, [(bytes(4), 0)])
        self.set_endpoint(PEER, Endpoint(b"\x7f\0\0\1", 1))
        self.install_keypair(PEER, session.keypair(True, 0), False)
        link.sent.clear()
        self._events.clear()
        state = self._peers[PEER].keypairs.current
        assert state is not None
        state.send_counter = counter

    def send_sample(self) -> list[tuple[int, int]]:
        """Send a packet; the events that it raises, but for ACTIVE."""
        packet = sized(48)
        self.outgoing[HEADER : HEADER + len(packet)] = packet
        self.send_packet(len(packet))
        seen, self._events = self._events, []
        return [event for event in seen if event == WANTED]


# Messages sent before, whether another is sent, and a new handshake asked for
COUNTERS = (
    (0, True, False),
    (2**32 - 1, True, False),
    (2**32, True, False),
    (REKEY_AFTER_MESSAGES - 2, True, False),
    (REKEY_AFTER_MESSAGES - 1, True, True),
    (REJECT_AFTER_MESSAGES - 1, True, True),
    (REJECT_AFTER_MESSAGES, False, True),
)


@pytest.mark.parametrize(
    "row", range(len(COUNTERS)), ids=[str(row[0]) for row in COUNTERS]
)
def test_a_keypair_sends_a_limited_number_of_messages(row: int) -> None:
    counter, sends, asks = COUNTERS[row]
    link, session = MemoryLink(), RemoteSession(1)
    assert Sender(link, session, counter).send_sample() == ([WANTED] if asks else [])
    assert [datagram[8:16] for datagram in link.sent] == (
        [counter.to_bytes(8, "little")] if sends else []
    )
    assert all(session.open(datagram) == sized(48) for datagram in link.sent)


def test_nothing_is_sent_after_the_last_message() -> None:
    link, session = MemoryLink(), RemoteSession(1)
    sender = Sender(link, session, REJECT_AFTER_MESSAGES - 2)
    for _ in range(4):
        sender.send_sample()
    assert len(link.sent) == 2
