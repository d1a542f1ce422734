"""The engine under load: cookie replies, and messages with a cookie."""

from pywg_embedded import crypto
from pywg_embedded.core import messages
from pywg_embedded.core.cookie import CookieMaker
from pywg_embedded.core.endpoint import Endpoint
from tests.core.support import (
    NOW,
    WALL,
    SeededCrypto,
    Side,
    deliver,
    endpoint,
    flip_bit,
    initiation_without_macs,
    make_initiation,
    pair,
)

TYPE_CHECKING = False
if TYPE_CHECKING:
    from pywg_embedded.core.crypto import Bytes

# The backlog that is load, and how long load lasts after it.
BACKLOG, HOLD = 128, 1_000
ELSEWHERE = endpoint(9, 4000)
INITIATION, RESPONSE, COOKIE_REPLY = 1, 2, 3


class Initiator:
    """Sends initiations with the cookie that it received."""

    def __init__(self, sender: Side, receiver: Side, source: Endpoint) -> None:
        self._sender = sender
        self._receiver = receiver
        self.source = source
        self._jar = CookieMaker(sender.crypto, receiver.public)

    def make_initiation(self, nanoseconds: int, now: int = NOW) -> bytes:
        bare = initiation_without_macs(self._sender, self._receiver.public, nanoseconds)
        return self._jar.add_macs(self._sender.crypto, bare, now)

    def send_initiation(
        self, nanoseconds: int, now: int = NOW, backlog: int = BACKLOG
    ) -> None:
        datagram = self.make_initiation(nanoseconds, now)
        self._receiver.receive(datagram, self.source, now, backlog)

    def request_cookie(self) -> None:
        """Get a cookie for the source of this initiator."""
        self.send_initiation(WALL)
        (reply,) = self._receiver.sent_datagrams()
        self._jar.receive(self._sender.crypto, messages.parse(reply)[1], NOW)


def answer_to(b: Side, datagram: bytes, now: int = NOW, backlog: int = 0) -> int | None:
    """Return the type of the message that b answers with, or None."""
    b.receive(datagram, endpoint(1), now, backlog)
    answers = b.sent_datagrams()
    assert len(answers) <= 1
    return answers[0][0] if answers else None


def test_load_begins_with_a_backlog_of_128() -> None:
    for backlog, kind in ((0, RESPONSE), (127, RESPONSE), (128, COOKIE_REPLY)):
        a, b = pair()
        assert answer_to(b, make_initiation(a, b.public, WALL), NOW, backlog) == kind, (
            backlog
        )


def test_load_ends_one_second_after_the_last_backlog() -> None:
    # milliseconds since the last backlog, type of the answer
    for later, kind in ((0, COOKIE_REPLY), (999, COOKIE_REPLY), (1_000, RESPONSE)):
        a, b = pair()
        answer_to(b, make_initiation(a, b.public, WALL), NOW - 500, BACKLOG)
        answer_to(b, make_initiation(a, b.public, WALL), NOW, BACKLOG)
        outcome = answer_to(b, make_initiation(a, b.public, WALL), NOW + later)
        assert outcome == kind, later
        loaded = b.device.status(NOW + later)["under_load"]
        assert loaded is (kind == COOKIE_REPLY), later


def test_load_begins_with_any_message_that_has_a_backlog() -> None:
    a, b = pair()
    answer_to(b, b"", NOW, BACKLOG)
    assert answer_to(b, make_initiation(a, b.public, WALL)) == COOKIE_REPLY


def test_no_cookie_reply_is_sent_without_a_backlog() -> None:
    a, b = pair()
    for n in range(200):
        datagram = make_initiation(a, b.public, WALL + n)
        assert answer_to(b, datagram, NOW + 20 * n) == RESPONSE, n


def test_a_message_without_a_cookie_is_not_decrypted_under_load() -> None:
    a, b = pair()
    answer_to(b, make_initiation(a, b.public, WALL), NOW, BACKLOG)
    assert b.device.drops == {"cookie_required": 1}
    assert b.plane.keypairs[0] == []
    assert b.plane.calls_to("record_handshake_received") == []
    # Its timestamp is not stored: the same initiation is accepted later.
    assert answer_to(b, make_initiation(a, b.public, WALL), NOW + HOLD) == RESPONSE


def test_a_cookie_reply_is_sent_only_for_a_valid_mac1() -> None:
    _, b = pair()
    good = make_initiation(Side(3), b.public, WALL)
    assert answer_to(b, flip_bit(good, -32), NOW, BACKLOG) is None
    assert answer_to(b, good, NOW, BACKLOG) == COOKIE_REPLY


def test_a_cookie_reply_is_smaller_than_what_it_answers() -> None:
    a, b = pair()
    b.receive(make_initiation(a, b.public, WALL), a.endpoint, NOW, BACKLOG)
    assert [len(data) for data in b.sent_datagrams()] == [64]


def test_an_initiator_completes_under_load_by_its_next_initiation() -> None:
    a, b = pair()
    a.device.handshake_needed(0, NOW)
    deliver(a, b, NOW, BACKLOG)
    deliver(b, a)
    retry = NOW + 5_400
    a.device.handle_timer(retry)
    deliver(a, b, retry, BACKLOG)
    deliver(b, a, retry)
    assert len(a.plane.keypairs[0]) == len(b.plane.keypairs[0]) == 1


def test_a_responder_completes_under_load_by_its_next_response() -> None:
    a, b = pair()
    a.device.handshake_needed(0, NOW)
    deliver(a, b)
    deliver(b, a, NOW, BACKLOG)
    assert a.device.drops == {"cookie_required": 1}
    assert a.plane.keypairs[0] == []
    deliver(a, b)
    retry = NOW + 5_400
    a.device.handle_timer(retry)
    deliver(a, b, retry)
    deliver(b, a, retry, BACKLOG)
    assert len(a.plane.keypairs[0]) == 1
    assert b.device.drops == {}


def test_a_cookie_reply_changes_neither_endpoint_nor_timers() -> None:
    a, b = pair()
    a.device.handshake_needed(0, NOW)
    deliver(a, b, NOW, BACKLOG)
    (reply,) = b.sent_datagrams()
    before, where = a.status(), a.plane.facts[0].endpoint
    a.receive(reply, ELSEWHERE, NOW + 1)
    assert a.device.drops == {}
    assert a.plane.facts[0].endpoint is where
    assert a.status() == before
    assert a.plane.calls_to("record_handshake_received") == []
    assert a.run(NOW + 5_400) != []


def test_a_cookie_reply_is_accepted_once() -> None:
    a, b = pair()
    a.device.handshake_needed(0, NOW)
    deliver(a, b, NOW, BACKLOG)
    (reply,) = b.sent_datagrams()
    a.receive(reply, b.endpoint)
    a.receive(reply, b.endpoint)
    assert a.device.drops == {"unknown_index": 1}


def test_a_forged_cookie_reply_is_refused() -> None:
    a, b = pair()
    a.device.handshake_needed(0, NOW)
    deliver(a, b, NOW, BACKLOG)
    (reply,) = b.sent_datagrams()
    a.receive(flip_bit(reply, 63), b.endpoint)
    assert a.device.drops == {"cookie_reply_not_authentic": 1}


def test_a_cookie_is_invalid_for_another_address_or_port() -> None:
    a, b = pair()
    initiator = Initiator(a, b, endpoint(1))
    initiator.request_cookie()
    # a source, type of the answer under load
    for row, (source, kind) in enumerate(
        (
            (endpoint(2), COOKIE_REPLY),
            (endpoint(1, 51821), COOKIE_REPLY),
            (endpoint(1), RESPONSE),
        )
    ):
        initiator.source = source
        initiator.send_initiation(WALL + row)
        assert [data[0] for data in b.sent_datagrams()] == [kind], f"row {row}"


def test_a_burst_of_five_is_accepted_from_a_source_with_a_cookie() -> None:
    a, b = pair()
    initiator = Initiator(a, b, endpoint(1))
    initiator.request_cookie()
    b.device.drops.clear()
    for n in range(8):
        initiator.send_initiation(WALL + n)
    # All in one millisecond: the limit of the peer accepts the first.
    assert b.device.drops == {"initiation_rate_limited": 4, "rate_limited": 3}
    assert len(b.sent_datagrams()) == 1


def test_a_message_each_50_ms_is_accepted_after_the_burst() -> None:
    a, b = pair()
    initiator = Initiator(a, b, endpoint(1))
    initiator.request_cookie()
    for n in range(5):
        initiator.send_initiation(WALL + n)
    b.sent_datagrams()
    for row, (later, answers) in enumerate(((49, 0), (50, 1), (51, 0), (100, 1))):
        initiator.send_initiation(WALL + 10 + row, NOW + later)
        assert len(b.sent_datagrams()) == answers, f"row {row}"


def test_a_source_is_accepted_while_another_exceeds_its_rate() -> None:
    a, b = pair()
    c = Side(3)
    b.add_peer(c)
    attacker, honest = Initiator(a, b, endpoint(1)), Initiator(c, b, endpoint(3))
    attacker.request_cookie()
    honest.request_cookie()
    for n in range(50):
        attacker.send_initiation(WALL + n)
    b.sent_datagrams()
    honest.send_initiation(WALL)
    assert [data[0] for data in b.sent_datagrams()] == [RESPONSE]


def test_sources_are_not_limited_without_load() -> None:
    a, b = pair()
    initiator = Initiator(a, b, endpoint(1))
    for n in range(50):
        initiator.send_initiation(WALL + n, NOW + 20 * n, 0)
    assert len(b.sent_datagrams()) == 50


class CountingCrypto(SeededCrypto):
    """Counts the calls of BLAKE2s."""

    def __init__(self, seed: int) -> None:
        super().__init__(seed)
        self.hashes = 0

    def blake2s(self, data: "Bytes", key: "Bytes" = b"", size: int = 32) -> bytes:
        self.hashes += 1
        return crypto.blake2s(data, key, size)


def hashes_of(datagram: bytes, b: Side, backlog: int, filtered: bool) -> int:
    """Return how often b computes BLAKE2s for a datagram."""
    assert isinstance(b.crypto, CountingCrypto)
    b.crypto.hashes = 0
    b.receive(datagram, endpoint(1), NOW, backlog, filtered)
    return b.crypto.hashes


def test_an_unfiltered_datagram_with_a_bad_mac1_is_dropped() -> None:
    a, b = pair()
    bad = flip_bit(make_initiation(a, b.public, WALL), -32)
    b.receive(bad, endpoint(1), filtered=False)
    assert b.sent_datagrams() == []
    assert b.device.drops == {"mac1_invalid": 1}


def test_an_unfiltered_datagram_without_mac2_gets_a_cookie_under_load() -> None:
    a, b = pair()
    b.receive(
        make_initiation(a, b.public, WALL), endpoint(1), NOW, BACKLOG, filtered=False
    )
    assert [data[0] for data in b.sent_datagrams()] == [COOKIE_REPLY]
    assert b.device.drops == {"cookie_required": 1}


def test_mac1_is_not_computed_again_for_a_filtered_datagram() -> None:
    hashes = {}
    for filtered in (False, True):
        a, b = pair(None, CountingCrypto(2))
        hashes[filtered] = hashes_of(make_initiation(a, b.public, WALL), b, 0, filtered)
        assert [data[0] for data in b.sent_datagrams()] == [RESPONSE]
    assert hashes[False] - hashes[True] == 1


def test_neither_mac_is_computed_again_for_a_filtered_datagram_under_load() -> None:
    hashes = {}
    for filtered in (False, True):
        a, b = pair(None, CountingCrypto(2))
        initiator = Initiator(a, b, endpoint(1))
        initiator.request_cookie()
        datagram = initiator.make_initiation(WALL + 1)
        hashes[filtered] = hashes_of(datagram, b, BACKLOG, filtered)
        assert [data[0] for data in b.sent_datagrams()] == [RESPONSE]
    # mac1; the cookie and mac2; the rate limiter's hash of the source.
    assert hashes[False] - hashes[True] == 4


def test_a_filtered_datagram_with_a_bad_mac1_is_processed() -> None:
    a, b = pair()
    b.receive(
        flip_bit(make_initiation(a, b.public, WALL), -32), endpoint(1), filtered=True
    )
    assert [data[0] for data in b.sent_datagrams()] == [RESPONSE]


def test_a_filtered_datagram_without_mac2_gets_a_cookie_under_load() -> None:
    a, b = pair()
    b.receive(make_initiation(a, b.public, WALL), endpoint(1), NOW, BACKLOG, True)
    assert [data[0] for data in b.sent_datagrams()] == [COOKIE_REPLY]
    ((_, made_at),) = b.plane.calls_to("set_cookie_secret")
    assert made_at == NOW
