"""The handshake filter: what a message must carry, with and without load."""

from pywg_embedded import crypto
from pywg_embedded.core import messages
from pywg_embedded.core.cookie import CookieChecker, CookieMaker
from pywg_embedded.core.errors import Drop
from pywg_embedded.core.handshake_filter import HandshakeFilter
from tests.core.support import NOW, SeededCrypto, endpoint, flip_bit, private_key

TYPE_CHECKING = False
if TYPE_CHECKING:
    from pywg_embedded.core.crypto import Bytes

PUBLIC = crypto.public_key(private_key(2))
INITIATION = messages.initiation(7, bytes(32), bytes(48), bytes(28))
SOURCE = endpoint(1)
ACCEPTED, COOKIE = "accepted", "cookie reply"
LOAD = 128
# Where the macs begin in an initiation.
MAC1, MAC2 = 116, 132


class SharedSecrets:
    """Keeps the cookie secrets that a filter shares, with their time of creation."""

    def __init__(self) -> None:
        self.shared: list[tuple[bytes, int]] = []

    def __call__(self, secret: "Bytes", made_at: int) -> None:
        self.shared.append((bytes(secret), made_at))


def make_filter(secrets: SharedSecrets | None = None) -> HandshakeFilter:
    """Return a filter that makes cookie secrets itself, and is not under load."""
    handshake_filter = HandshakeFilter(SeededCrypto(1), secrets or SharedSecrets())
    handshake_filter.set_identity(PUBLIC)
    return handshake_filter


def loaded_filter(secrets: SharedSecrets | None = None) -> HandshakeFilter:
    handshake_filter = make_filter(secrets)
    handshake_filter.update_load(LOAD, NOW)
    return handshake_filter


def dependent_filter() -> HandshakeFilter:
    """Return a filter that waits for the cookie secrets of another."""
    handshake_filter = HandshakeFilter(SeededCrypto(1))
    handshake_filter.set_identity(PUBLIC)
    return handshake_filter


def verdict(
    handshake_filter: HandshakeFilter, message: bytes, now: int = NOW, waiting: int = 0
) -> str:
    """Return ACCEPTED, COOKIE, or the reason of the drop."""
    try:
        reply = handshake_filter.check(message, SOURCE, waiting, now)
    except Drop as drop:
        return str(drop.args[0])
    return ACCEPTED if reply is None else COOKIE


def filtered_verdict(
    handshake_filter: HandshakeFilter, message: bytes, now: int = NOW
) -> str:
    reply = handshake_filter.check_filtered(message, SOURCE, now)
    return ACCEPTED if reply is None else COOKIE


def with_mac1() -> bytes:
    return CookieMaker(crypto, PUBLIC).add_macs(crypto, INITIATION, NOW)


def with_mac2(handshake_filter: HandshakeFilter) -> bytes:
    """Return a message with the mac2 that a cookie of this loaded filter yields."""
    cookies = CookieMaker(crypto, PUBLIC)
    message = cookies.add_macs(crypto, INITIATION, NOW)
    reply = handshake_filter.check(message, SOURCE, 0, NOW)
    assert reply is not None
    cookies.receive(crypto, messages.parse(reply)[1], NOW)
    return cookies.add_macs(crypto, INITIATION, NOW)


def test_mac2_is_required_only_under_load() -> None:
    # milliseconds since a backlog, changed byte, verdict
    for row, (later, changed, expected) in enumerate(
        (
            (999, None, ACCEPTED),
            (999, MAC1, "mac1_invalid"),
            (999, MAC2, COOKIE),
            (1_000, None, ACCEPTED),
            (1_000, MAC1, "mac1_invalid"),
            (1_000, MAC2, ACCEPTED),
        )
    ):
        handshake_filter = loaded_filter()
        message = with_mac2(handshake_filter)
        if changed is not None:
            message = flip_bit(message, changed)
        assert verdict(handshake_filter, message, NOW + later) == expected, f"row {row}"


def test_load_begins_at_a_backlog_of_128() -> None:
    for backlog, load in ((0, False), (127, False), (128, True), (1_023, True)):
        handshake_filter = make_filter()
        handshake_filter.update_load(backlog, NOW)
        assert handshake_filter.under_load(NOW) is load, backlog


def test_reported_backlog_shows_load_while_it_lasts() -> None:
    handshake_filter = loaded_filter()
    # milliseconds since the load began, messages in the queue, reported backlog
    for later, waiting, expected in ((999, 3, 128), (999, 200, 200), (1_000, 3, 3)):
        assert handshake_filter.backlog(waiting, NOW + later) == expected, later


def test_nothing_is_accepted_without_an_identity() -> None:
    handshake_filter = make_filter()
    message = with_mac1()
    assert verdict(handshake_filter, message) == ACCEPTED
    handshake_filter.set_identity(None)
    assert verdict(handshake_filter, message) == "no_identity"


def test_cookies_expire_when_the_identity_is_set_again() -> None:
    handshake_filter = loaded_filter()
    message = with_mac2(handshake_filter)
    assert verdict(handshake_filter, message) == ACCEPTED
    handshake_filter.set_identity(PUBLIC)
    assert verdict(handshake_filter, message) == COOKIE


def test_each_secret_is_shared_once_with_its_time() -> None:
    secrets = SharedSecrets()
    handshake_filter = make_filter(secrets)
    message = with_mac1()
    for later in (0, 1, 119_999, 120_000, 120_001, 240_000):
        handshake_filter.update_load(LOAD, NOW + later)
        assert verdict(handshake_filter, message, NOW + later) == COOKIE, later
    times = [made_at - NOW for _, made_at in secrets.shared]
    assert times == [0, 120_000, 240_000]
    assert len({secret for secret, _ in secrets.shared}) == 3


def test_a_shared_secret_verifies_cookies_elsewhere() -> None:
    secrets = SharedSecrets()
    message = with_mac2(loaded_filter(secrets))
    checker = CookieChecker(SeededCrypto(2), PUBLIC)
    checker.set_secret(*secrets.shared[0])
    assert checker.mac2_valid(message, SOURCE, NOW)


def test_a_filter_without_a_secret_accepts_an_eighth_of_the_queue() -> None:
    for waiting, expected in ((127, ACCEPTED), (128, "handshake_queue_full")):
        handshake_filter = dependent_filter()
        handshake_filter.update_load(LOAD, NOW)
        outcome = verdict(handshake_filter, with_mac1(), waiting=waiting)
        assert outcome == expected, waiting


def test_a_filter_sends_cookies_once_it_has_a_secret() -> None:
    handshake_filter = dependent_filter()
    handshake_filter.update_load(LOAD, NOW)
    handshake_filter.set_cookie_secret(b"s" * 32, NOW)
    assert verdict(handshake_filter, with_mac1()) == COOKIE


def test_rejected_messages_extend_the_load() -> None:
    handshake_filter = loaded_filter()
    for _ in range(128):
        assert verdict(handshake_filter, with_mac1(), NOW + 999) == COOKIE
    assert handshake_filter.under_load(NOW + 1_998)
    assert not handshake_filter.under_load(NOW + 1_999)


def test_only_expected_cookie_replies_are_accepted_under_load() -> None:
    handshake_filter = make_filter()
    reply = messages.cookie_reply(7, bytes(24), bytes(32))
    assert verdict(handshake_filter, reply) == ACCEPTED
    handshake_filter.update_load(LOAD, NOW)
    assert verdict(handshake_filter, reply) == "unknown_index"
    handshake_filter.expect_cookie(7)
    for index in range(1_000, 1_255):
        handshake_filter.expect_cookie(index)
    assert verdict(handshake_filter, reply) == ACCEPTED
    handshake_filter.expect_cookie(1_255)
    assert verdict(handshake_filter, reply) == "unknown_index"


def test_a_filtered_message_is_accepted_without_load() -> None:
    handshake_filter = make_filter()
    for message in (with_mac1(), flip_bit(with_mac1(), MAC1)):
        assert filtered_verdict(handshake_filter, message) == ACCEPTED


def test_a_filtered_message_without_mac2_gets_a_cookie_under_load() -> None:
    secrets = SharedSecrets()
    handshake_filter = loaded_filter(secrets)
    assert filtered_verdict(handshake_filter, with_mac1()) == COOKIE
    assert len(secrets.shared) == 1
    reply = messages.cookie_reply(7, bytes(24), bytes(32))
    assert filtered_verdict(handshake_filter, reply) == ACCEPTED


def test_a_filtered_message_with_mac2_is_accepted_once_there_is_a_secret() -> None:
    handshake_filter = loaded_filter()
    message = flip_bit(with_mac1(), MAC2)
    assert filtered_verdict(handshake_filter, message) == COOKIE
    assert filtered_verdict(handshake_filter, message) == ACCEPTED
