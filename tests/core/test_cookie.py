"""mac1, mac2 and cookies: known answers, what they cover, how long they last."""

from binascii import unhexlify

from pywg_embedded import crypto
from pywg_embedded.core import messages
from pywg_embedded.core.cookie import CookieChecker, CookieMaker
from pywg_embedded.core.endpoint import Endpoint
from tests.core.support import (
    NOW,
    SeededCrypto,
    drop_reason_of,
    endpoint,
    flip_bit,
    private_key,
)
from tests.vectors import load

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

SOURCE = endpoint(1)
PUBLIC = crypto.public_key(private_key(2))
# The fields of a known answer that are not bytes.
NAMES = ("name", "handshake")
# How long a secret proves, and how long a cookie that it made is sent.
LIFETIME, USABLE = 120_000, 115_000
BARE_INITIATION = messages.initiation(7, bytes(32), bytes(48), bytes(28))
BARE_RESPONSE = messages.response(8, 9, bytes(32), bytes(16))


class Talk:
    """A sender's jar and the checker of the receiver that it sends to."""

    def __init__(self) -> None:
        self.crypto = SeededCrypto(1)
        self.jar = CookieMaker(self.crypto, PUBLIC)
        self.checker = CookieChecker(self.crypto, PUBLIC)

    def send(self, now: int = NOW, bare: bytes = BARE_INITIATION) -> bytes:
        return self.jar.add_macs(self.crypto, bare, now)

    def reply_to(self, message: bytes, now: int = NOW) -> bytes:
        sender = messages.parse(message)[1][0]
        return self.checker.reply(message, sender, SOURCE, now)

    def take(self, reply: bytes, now: int = NOW) -> str | None:
        """Why the reply is refused, or None."""
        fields = messages.parse(reply)[1]
        return drop_reason_of(self.jar.receive, self.crypto, fields, now)

    def proves(self, message: bytes, now: int = NOW) -> bool:
        return self.checker.mac2_valid(message, SOURCE, now)


def with_cookie() -> Talk:
    """A talk in which the sender has just been given a cookie."""
    talk = Talk()
    assert talk.take(talk.reply_to(talk.send())) is None
    return talk


def vectors() -> "list[Any]":
    """Each cookie's case with the handshake that it belongs to, as bytes."""
    document = load("noise_ikpsk2.json")
    handshakes = {case["name"]: case for case in document["handshakes"]}
    return [(case, handshakes[case["handshake"]]) for case in document["cookies"]]


def test_macs_and_cookies_match_an_independent_implementation() -> None:
    for case, handshake in vectors():
        given = {k: unhexlify(v) for k, v in case.items() if k not in NAMES}
        public = crypto.public_key(unhexlify(handshake["static_private_responder"]))
        initiation = unhexlify(handshake["initiation"])
        primitives = SeededCrypto(1, (given["cookie_secret"], given["nonce"]))
        checker, jar = (
            CookieChecker(primitives, public),
            CookieMaker(primitives, public),
        )
        port = int.from_bytes(given["source_port"], "big")
        source = Endpoint(given["source_address"], port)
        sender = messages.parse(initiation)[1][0]

        bare = initiation[:-32] + bytes(32)
        assert jar.add_macs(primitives, bare, NOW) == initiation, case["name"]
        assert checker.mac1_valid(initiation), case["name"]
        reply = checker.reply(initiation, sender, source, NOW)
        assert reply == given["reply"], case["name"]
        jar.receive(primitives, messages.parse(reply)[1], NOW)
        proof = jar.add_macs(primitives, bare, NOW)
        assert proof == given["initiation_with_mac2"], case["name"]
        assert checker.mac2_valid(proof, source, NOW), case["name"]


def test_mac1_covers_everything_before_it() -> None:
    talk = Talk()
    for bare in (BARE_INITIATION, BARE_RESPONSE):
        message = talk.send(bare=bare)
        assert talk.checker.mac1_valid(message)
        for position in range(len(message) - 16):
            changed = flip_bit(message, position)
            assert not talk.checker.mac1_valid(changed), f"byte {position}"


def test_mac1_for_another_key_is_refused() -> None:
    talk = Talk()
    stranger = CookieMaker(talk.crypto, private_key(3))
    message = stranger.add_macs(talk.crypto, BARE_INITIATION, NOW)
    assert not talk.checker.mac1_valid(message)


def test_mac2_is_zero_and_invalid_without_a_cookie() -> None:
    talk = Talk()
    message = talk.send()
    assert message[-16:] == bytes(16)
    assert not talk.proves(message)
    talk.reply_to(message)
    assert not talk.proves(message)


def test_mac2_covers_everything_before_it() -> None:
    talk = with_cookie()
    message = talk.send()
    assert talk.proves(message)
    for position in range(len(message)):
        assert not talk.proves(flip_bit(message, position)), f"byte {position}"


def test_a_cookie_is_bound_to_address_and_port() -> None:
    talk = with_cookie()
    message = talk.send()
    # a source, whether the cookie proves it
    for row, (source, proven) in enumerate(
        (
            (endpoint(1), True),
            # the local address that was spoken to is not the sender's
            (Endpoint(SOURCE.address, SOURCE.port, 0, bytes(4), 3), True),
            (endpoint(2), False),
            (endpoint(1, 51821), False),
            (endpoint(1, 51820 ^ 256), False),
            (Endpoint(SOURCE.address + bytes(12), SOURCE.port), False),
        )
    ):
        assert talk.checker.mac2_valid(message, source, NOW) is proven, f"row {row}"


def test_cookies_are_invalid_after_120_seconds() -> None:
    talk = with_cookie()
    message = talk.send()
    assert talk.proves(message, NOW + LIFETIME - 1)
    assert not talk.proves(message, NOW + LIFETIME)


def test_a_cookie_of_an_earlier_secret_is_refused() -> None:
    talk = with_cookie()
    old = talk.send()
    talk.reply_to(old, NOW + LIFETIME)
    assert not talk.proves(old, NOW + LIFETIME)


def test_the_secret_stays_until_it_expires() -> None:
    talk = with_cookie()
    old = talk.send()
    talk.reply_to(old, NOW + LIFETIME - 1)
    assert talk.proves(old, NOW + LIFETIME - 1)


def test_a_received_cookie_is_used_for_115_seconds() -> None:
    talk = with_cookie()
    assert talk.send(NOW + USABLE - 1)[-16:] != bytes(16)
    assert talk.send(NOW + USABLE)[-16:] == bytes(16)


def test_a_cookie_reply_is_accepted_once() -> None:
    talk = Talk()
    reply = talk.reply_to(talk.send())
    assert talk.take(reply, NOW) is None
    assert talk.take(reply, NOW + 50_000) == "cookie_reply_not_authentic"
    assert talk.send(NOW + USABLE)[-16:] == bytes(16)


def test_a_reply_to_an_earlier_message_is_refused() -> None:
    talk = Talk()
    early = talk.reply_to(talk.send())
    later = messages.initiation(7, b"e" * 32, bytes(48), bytes(28))
    talk.send(bare=later)
    assert talk.take(early) == "cookie_reply_not_authentic"


def test_initiation_and_response_accept_one_cookie_reply_each() -> None:
    for order in ((0, 1), (1, 0)):
        talk = Talk()
        sent = [talk.send(bare=bare) for bare in (BARE_INITIATION, BARE_RESPONSE)]
        for n in order:
            assert talk.take(talk.reply_to(sent[n])) is None, f"order {order}"


def test_a_cookie_reply_is_expected_once_per_sent_message() -> None:
    talk = Talk()
    assert not talk.jar.expects_reply(7)
    message = talk.send()
    assert talk.jar.expects_reply(7) and not talk.jar.expects_reply(8)
    talk.take(talk.reply_to(message))
    assert not talk.jar.expects_reply(7)


def test_a_forged_reply_changes_nothing() -> None:
    talk = Talk()
    reply = talk.reply_to(talk.send())
    # Each field at both ends: receiver 4-7, nonce 8-31, cookie 32-63.
    for position in (4, 7, 8, 31, 32, 47, 48, 63):
        outcome = talk.take(flip_bit(reply, position))
        assert outcome == "cookie_reply_not_authentic", f"byte {position}"
    assert talk.send()[-16:] == bytes(16)


def test_the_authentic_reply_is_accepted_after_a_forged_one() -> None:
    talk = Talk()
    reply = talk.reply_to(talk.send())
    talk.take(flip_bit(reply, 63))
    assert talk.take(reply) is None
    assert talk.proves(talk.send())


def test_no_cookie_is_used_or_expected_after_wipe() -> None:
    talk = with_cookie()
    talk.jar.wipe()
    assert talk.send()[-16:] == bytes(16)
    reply = talk.reply_to(talk.send())
    talk.jar.wipe()
    assert talk.take(reply) == "cookie_reply_not_authentic"


def test_earlier_cookies_are_invalid_after_wipe() -> None:
    talk = with_cookie()
    message = talk.send()
    talk.checker.wipe()
    assert not talk.proves(message)
