"""mac1, mac2 and cookies: known answers, coverage, lifetimes."""

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
# The lifetimes of a secret, and of a received cookie.
LIFETIME, USABLE = 120_000, 115_000
BARE_INITIATION = messages.initiation(7, bytes(32), bytes(48), bytes(28))
BARE_RESPONSE = messages.response(8, 9, bytes(32), bytes(16))


class Exchange:
    """The cookie maker of a sender, and the cookie checker of the receiver."""

    def __init__(self) -> None:
        self.crypto = SeededCrypto(1)
        self.cookies = CookieMaker(self.crypto, PUBLIC)
        self.checker = CookieChecker(self.crypto, PUBLIC)

    def send(self, now: int = NOW, bare: bytes = BARE_INITIATION) -> bytes:
        return self.cookies.add_macs(self.crypto, bare, now)

    def reply_to(self, message: bytes, now: int = NOW) -> bytes:
        sender = messages.parse(message)[1][0]
        return self.checker.reply(message, sender, SOURCE, now)

    def receive_reply(self, reply: bytes, now: int = NOW) -> str | None:
        """Return the drop reason of a reply, or None."""
        fields = messages.parse(reply)[1]
        return drop_reason_of(self.cookies.receive, self.crypto, fields, now)

    def mac2_valid(self, message: bytes, now: int = NOW) -> bool:
        return self.checker.mac2_valid(message, SOURCE, now)


def with_cookie() -> Exchange:
    """Return an exchange in which the sender has received a cookie."""
    exchange = Exchange()
    assert exchange.receive_reply(exchange.reply_to(exchange.send())) is None
    return exchange


def vectors() -> "list[Any]":
    """Return each cookie vector with its handshake."""
    document = load("noise_ikpsk2.json")
    handshakes = {case["name"]: case for case in document["handshakes"]}
    return [(case, handshakes[case["handshake"]]) for case in document["cookies"]]


def test_macs_and_cookies_match_an_independent_implementation() -> None:
    for case, handshake in vectors():
        given = {k: unhexlify(v) for k, v in case.items() if k not in NAMES}
        public = crypto.public_key(unhexlify(handshake["static_private_responder"]))
        initiation = unhexlify(handshake["initiation"])
        primitives = SeededCrypto(1, (given["cookie_secret"], given["nonce"]))
        checker, cookies = (
            CookieChecker(primitives, public),
            CookieMaker(primitives, public),
        )
        port = int.from_bytes(given["source_port"], "big")
        source = Endpoint(given["source_address"], port)
        sender = messages.parse(initiation)[1][0]

        bare = initiation[:-32] + bytes(32)
        assert cookies.add_macs(primitives, bare, NOW) == initiation, case["name"]
        assert checker.mac1_valid(initiation), case["name"]
        reply = checker.reply(initiation, sender, source, NOW)
        assert reply == given["reply"], case["name"]
        cookies.receive(primitives, messages.parse(reply)[1], NOW)
        proof = cookies.add_macs(primitives, bare, NOW)
        assert proof == given["initiation_with_mac2"], case["name"]
        assert checker.mac2_valid(proof, source, NOW), case["name"]


def test_mac1_covers_everything_before_it() -> None:
    exchange = Exchange()
    for bare in (BARE_INITIATION, BARE_RESPONSE):
        message = exchange.send(bare=bare)
        assert exchange.checker.mac1_valid(message)
        for position in range(len(message) - 16):
            changed = flip_bit(message, position)
            assert not exchange.checker.mac1_valid(changed), f"byte {position}"


class Comparisons(SeededCrypto):
    """Crypto functions whose comparison takes any two texts for equal."""

    equal = staticmethod(lambda a, b: bool(a) and len(a) == len(b))


def test_macs_are_compared_by_the_crypto_function() -> None:
    # Which takes constant time: the only decision of a mac is its result.
    exchange = Exchange()
    checker = CookieChecker(Comparisons(1), PUBLIC)
    message = flip_bit(exchange.send(), len(exchange.send()) - 20)
    assert not exchange.checker.mac1_valid(message)
    assert checker.mac1_valid(message)
    checker.reply(message, 7, SOURCE, NOW)
    assert checker.mac2_valid(message, SOURCE, NOW)


def test_mac1_for_another_key_is_refused() -> None:
    exchange = Exchange()
    stranger = CookieMaker(exchange.crypto, private_key(3))
    message = stranger.add_macs(exchange.crypto, BARE_INITIATION, NOW)
    assert not exchange.checker.mac1_valid(message)


def test_mac2_is_zero_and_invalid_without_a_cookie() -> None:
    exchange = Exchange()
    message = exchange.send()
    assert message[-16:] == bytes(16)
    assert not exchange.mac2_valid(message)
    exchange.reply_to(message)
    assert not exchange.mac2_valid(message)


def test_mac2_covers_everything_before_it() -> None:
    exchange = with_cookie()
    message = exchange.send()
    assert exchange.mac2_valid(message)
    for position in range(len(message)):
        assert not exchange.mac2_valid(flip_bit(message, position)), f"byte {position}"


def test_a_cookie_is_bound_to_address_and_port() -> None:
    exchange = with_cookie()
    message = exchange.send()
    # a source, whether the cookie is valid for it
    for row, (source, proven) in enumerate(
        (
            (endpoint(1), True),
            # the local address is not part of the source
            (Endpoint(SOURCE.address, SOURCE.port, 0, bytes(4), 3), True),
            (endpoint(2), False),
            (endpoint(1, 51821), False),
            (endpoint(1, 51820 ^ 256), False),
            (Endpoint(SOURCE.address + bytes(12), SOURCE.port), False),
        )
    ):
        assert exchange.checker.mac2_valid(message, source, NOW) is proven, f"row {row}"


def test_cookies_are_invalid_after_120_seconds() -> None:
    exchange = with_cookie()
    message = exchange.send()
    assert exchange.mac2_valid(message, NOW + LIFETIME - 1)
    assert not exchange.mac2_valid(message, NOW + LIFETIME)


def test_a_cookie_of_an_earlier_secret_is_refused() -> None:
    exchange = with_cookie()
    old = exchange.send()
    exchange.reply_to(old, NOW + LIFETIME)
    assert not exchange.mac2_valid(old, NOW + LIFETIME)


def test_the_secret_stays_until_it_expires() -> None:
    exchange = with_cookie()
    old = exchange.send()
    exchange.reply_to(old, NOW + LIFETIME - 1)
    assert exchange.mac2_valid(old, NOW + LIFETIME - 1)


def test_a_received_cookie_is_used_for_115_seconds() -> None:
    exchange = with_cookie()
    assert exchange.send(NOW + USABLE - 1)[-16:] != bytes(16)
    assert exchange.send(NOW + USABLE)[-16:] == bytes(16)


def test_a_cookie_reply_is_accepted_once() -> None:
    exchange = Exchange()
    reply = exchange.reply_to(exchange.send())
    assert exchange.receive_reply(reply, NOW) is None
    assert exchange.receive_reply(reply, NOW + 50_000) == "cookie_reply_not_authentic"
    assert exchange.send(NOW + USABLE)[-16:] == bytes(16)


def test_a_reply_to_an_earlier_message_is_refused() -> None:
    exchange = Exchange()
    early = exchange.reply_to(exchange.send())
    later = messages.initiation(7, b"e" * 32, bytes(48), bytes(28))
    exchange.send(bare=later)
    assert exchange.receive_reply(early) == "cookie_reply_not_authentic"


def test_initiation_and_response_accept_one_cookie_reply_each() -> None:
    for order in ((0, 1), (1, 0)):
        exchange = Exchange()
        sent = [exchange.send(bare=bare) for bare in (BARE_INITIATION, BARE_RESPONSE)]
        for n in order:
            assert exchange.receive_reply(exchange.reply_to(sent[n])) is None, (
                f"order {order}"
            )


def test_a_cookie_reply_is_expected_once_per_sent_message() -> None:
    exchange = Exchange()
    assert not exchange.cookies.expects_reply(7)
    message = exchange.send()
    assert exchange.cookies.expects_reply(7) and not exchange.cookies.expects_reply(8)
    exchange.receive_reply(exchange.reply_to(message))
    assert not exchange.cookies.expects_reply(7)


def test_a_forged_reply_changes_nothing() -> None:
    exchange = Exchange()
    reply = exchange.reply_to(exchange.send())
    # Each field at both ends: receiver 4-7, nonce 8-31, cookie 32-63.
    for position in (4, 7, 8, 31, 32, 47, 48, 63):
        outcome = exchange.receive_reply(flip_bit(reply, position))
        assert outcome == "cookie_reply_not_authentic", f"byte {position}"
    assert exchange.send()[-16:] == bytes(16)


def test_the_authentic_reply_is_accepted_after_a_forged_one() -> None:
    exchange = Exchange()
    reply = exchange.reply_to(exchange.send())
    exchange.receive_reply(flip_bit(reply, 63))
    assert exchange.receive_reply(reply) is None
    assert exchange.mac2_valid(exchange.send())


def test_no_cookie_is_used_or_expected_after_wipe() -> None:
    exchange = with_cookie()
    exchange.cookies.wipe()
    assert exchange.send()[-16:] == bytes(16)
    reply = exchange.reply_to(exchange.send())
    exchange.cookies.wipe()
    assert exchange.receive_reply(reply) == "cookie_reply_not_authentic"


def test_earlier_cookies_are_invalid_after_wipe() -> None:
    exchange = with_cookie()
    message = exchange.send()
    exchange.checker.wipe()
    assert not exchange.mac2_valid(message)
