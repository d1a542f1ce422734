"""What a handshake message must show, with and without load."""

from pywg_embedded import crypto
from pywg_embedded.core import messages
from pywg_embedded.core.cookie import CookieChecker, CookieMaker
from pywg_embedded.core.errors import Drop
from pywg_embedded.core.handshake_filter import HandshakeFilter
from tests.core.support import NOW, Plane, SeededCrypto, endpoint, flip_bit, private_key

PUBLIC = crypto.public_key(private_key(2))
BARE = messages.initiation(7, bytes(32), bytes(48), bytes(28))
SOURCE = endpoint(1)
PASS, COOKIE = "pass", "cookie"
# Where the macs begin in an initiation.
MAC1, MAC2 = 116, 132


def make_filter(plane: "Plane | None" = None) -> HandshakeFilter:
    result = HandshakeFilter(SeededCrypto(1), plane or Plane())
    result.set_identity(PUBLIC)
    return result


def verdict(handshake_filter: HandshakeFilter, message: bytes, now: int = NOW) -> str:
    """What becomes of a message: it passes, gets a cookie, or why it is dropped."""
    try:
        reply = handshake_filter.check(message, 7, SOURCE, now)
    except Drop as drop:
        return str(drop.args[0])
    return PASS if reply is None else COOKIE


def proven_to(plane: Plane) -> bytes:
    """A message with a mac2 of a cookie that this plane knows the secret of."""
    handshake_filter = make_filter(plane)
    handshake_filter.note_backlog(128, NOW)
    return proven(handshake_filter)


def proven(handshake_filter: HandshakeFilter) -> bytes:
    """A message with the mac2 that a cookie of this admission makes, under load."""
    jar = CookieMaker(crypto, PUBLIC)
    reply = handshake_filter.check(jar.add_macs(crypto, BARE, NOW), 7, SOURCE, NOW)
    assert reply is not None
    jar.receive(crypto, messages.parse(reply)[1], NOW)
    return jar.add_macs(crypto, BARE, NOW)


def test_load_decides_whether_mac1_is_enough() -> None:
    # milliseconds since a backlog, changed byte, verdict
    for row, (later, changed, expected) in enumerate(
        (
            (999, None, PASS),
            (999, MAC1, "mac1"),
            (999, MAC2, COOKIE),
            (1_000, None, PASS),
            (1_000, MAC1, "mac1"),
            (1_000, MAC2, PASS),
        )
    ):
        handshake_filter = make_filter()
        handshake_filter.note_backlog(128, NOW)
        message = proven(handshake_filter)
        if changed is not None:
            message = flip_bit(message, changed)
        assert verdict(handshake_filter, message, NOW + later) == expected, f"row {row}"


def test_a_backlog_of_128_is_load() -> None:
    for backlog, load in ((0, False), (127, False), (128, True), (1_023, True)):
        handshake_filter = make_filter()
        handshake_filter.note_backlog(backlog, NOW)
        assert handshake_filter.under_load(NOW) is load, backlog


def test_without_a_private_key_nothing_is_admitted() -> None:
    handshake_filter = make_filter()
    message = CookieMaker(crypto, PUBLIC).add_macs(crypto, BARE, NOW)
    assert verdict(handshake_filter, message) == PASS
    handshake_filter.set_identity(None)
    assert verdict(handshake_filter, message) == "not ready"


def test_a_new_identity_honours_no_earlier_cookie() -> None:
    handshake_filter = make_filter()
    handshake_filter.note_backlog(128, NOW)
    message = proven(handshake_filter)
    assert verdict(handshake_filter, message) == PASS
    handshake_filter.set_identity(PUBLIC)
    assert verdict(handshake_filter, message) == COOKIE


def test_the_plane_is_told_each_identity() -> None:
    plane = Plane()
    handshake_filter = make_filter(plane)
    handshake_filter.set_identity(None)
    assert plane.calls_to("set_identity") == [(PUBLIC,), (None,)]


def test_the_plane_is_told_each_secret_once_with_its_age() -> None:
    plane = Plane()
    handshake_filter = make_filter(plane)
    message = CookieMaker(crypto, PUBLIC).add_macs(crypto, BARE, NOW)
    for later in (0, 1, 119_999, 120_000, 120_001, 240_000):
        handshake_filter.note_backlog(128, NOW + later)
        assert verdict(handshake_filter, message, NOW + later) == COOKIE, later
    told = plane.calls_to("set_cookie_secret")
    assert [made_at - NOW for _, made_at in told] == [0, 120_000, 240_000]
    assert len({secret for secret, _ in told}) == 3


def test_the_plane_proves_cookies_with_the_secret_that_it_is_told() -> None:
    plane = Plane()
    message = proven_to(plane)
    checker = CookieChecker(SeededCrypto(2), PUBLIC)
    checker.set_secret(*plane.calls_to("set_cookie_secret")[0])
    assert checker.mac2_valid(message, SOURCE, NOW)
