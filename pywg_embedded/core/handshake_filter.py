"""The handshake filter: which messages are worth a Diffie-Hellman (paper 5.3).

1. A message has the size of its type; an initiation or response has a valid mac1.
2. Under load, an initiation or response without a valid mac2 is answered with a cookie
   reply, and each source address that has a cookie is limited in its rate.
3. A cookie reply has no mac. Under load it is accepted if it answers one of the latest
   messages of this interface.

Under load means that handshake messages queue up, and a while after that: cookies hold
a flood back, and must not end the load that made them necessary. Messages that are
rejected under load therefore extend it as if they had joined the queue.

A data plane runs the filter before its queue, ``Device`` for datagrams that no data
plane has filtered. ``libpywg`` has it in C.
"""

from .constants import (
    COOKIES_EXPECTED,
    MESSAGE_COOKIE_REPLY,
    UNDER_LOAD_BACKLOG,
    UNDER_LOAD_HOLD_TIME,
)
from .cookie import NO_MAC, CookieChecker
from .errors import Drop
from .messages import MAC2_OFFSET, parse
from .ratelimiter import RateLimiter

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from .crypto import Bytes, Crypto
    from .endpoint import Endpoint


class HandshakeFilter:
    """The filter of one interface; ``now`` is in milliseconds.

    With ``share_secret`` the filter makes cookie secrets itself, and passes each one
    with the time of its creation to ``share_secret``. Without, it waits for
    ``set_cookie_secret``; until then messages without a cookie may take the first
    eighth of the queue.
    """

    def __init__(
        self,
        crypto: "Crypto",
        share_secret: "Callable[[Bytes, int], None] | None" = None,
    ) -> None:
        self._crypto = crypto
        self._share_secret = share_secret
        self._checker: CookieChecker | None = None
        self._limiter = RateLimiter(crypto)
        # Indices of the latest messages of this interface, the oldest first.
        self._expected: list[int] = []
        self._under_load_until = 0
        self._rejected = 0

    def set_identity(self, public: bytes | None) -> None:
        """Set the public key of this interface, or None; end the cookie secret."""
        if self._checker is not None:
            self._checker.wipe()
        self._checker = CookieChecker(self._crypto, public) if public else None

    def set_cookie_secret(self, secret: "Bytes", made_at: int) -> None:
        """Use this secret for cookies; without an identity it is ignored."""
        if self._checker is not None:
            self._checker.set_secret(secret, made_at)

    def expect_cookie(self, index: int) -> None:
        """Accept a cookie reply to the message that is sent under this index."""
        self._expected.append(index)
        if len(self._expected) > COOKIES_EXPECTED:
            self._expected.pop(0)

    def under_load(self, now: int) -> bool:
        """Return whether a mac2 is required."""
        return now < self._under_load_until

    def update_load(self, backlog: int, now: int) -> None:
        """Enter the load state if this many messages in the queue are enough for it."""
        if backlog >= UNDER_LOAD_BACKLOG:
            self._enter_load(now)

    def backlog(self, waiting: int, now: int) -> int:
        """Return the backlog to report: at least enough for load while under load."""
        return max(waiting, UNDER_LOAD_BACKLOG) if self.under_load(now) else waiting

    def check(
        self, data: bytes, source: "Endpoint", waiting: int, now: int
    ) -> bytes | None:
        """Return None to accept a message, or the cookie reply to send in its place.

        ``waiting`` is the number of messages in the queue. Raises Drop for a message
        that is neither accepted nor answered.
        """
        kind, fields = parse(data)
        checker = self._checker
        if checker is None:
            raise Drop("no_identity")
        has_macs = kind != MESSAGE_COOKIE_REPLY
        if has_macs and not checker.mac1_valid(data):
            raise Drop("mac1_invalid")
        self.update_load(waiting, now)
        if not self.under_load(now):
            return None
        if not has_macs:
            if fields[0] not in self._expected:
                self._count_rejected(now)
                raise Drop("unknown_index")
            return None
        if not checker.mac2_valid(data, source, now):
            return self._require_cookie(checker, data, fields[0], source, waiting, now)
        if not self._limiter.allow(source.address, now):
            raise Drop("rate_limited")
        return None

    def check_filtered(self, data: bytes, source: "Endpoint", now: int) -> bytes | None:
        """Do what ``check`` does for a message that a data plane has filtered.

        No mac is computed again. Under load, a filtered message can lack a valid mac2
        if it was queued before the load began or before the data plane had a cookie
        secret, or while the load of the data plane has ended and the one noted here
        lasts: it is answered if it has no mac2, or if there still is no secret.
        """
        kind, fields = parse(data)
        checker = self._checker
        if checker is None:
            raise Drop("no_identity")
        if not self.under_load(now) or kind == MESSAGE_COOKIE_REPLY:
            return None
        if checker.has_secret(now) and data[MAC2_OFFSET:] != NO_MAC:
            return None
        return self._cookie_reply(checker, data, fields[0], source, now)

    def _require_cookie(
        self,
        checker: CookieChecker,
        data: bytes,
        sender: int,
        source: "Endpoint",
        waiting: int,
        now: int,
    ) -> bytes | None:
        if self._share_secret is None and not checker.has_secret(now):
            if waiting < UNDER_LOAD_BACKLOG:
                return None
            self._count_rejected(now)
            raise Drop("handshake_queue_full")
        self._count_rejected(now)
        return self._cookie_reply(checker, data, sender, source, now)

    def _cookie_reply(
        self,
        checker: CookieChecker,
        data: bytes,
        sender: int,
        source: "Endpoint",
        now: int,
    ) -> bytes:
        is_new = not checker.has_secret(now)
        reply = checker.reply(data, sender, source, now)
        if is_new and self._share_secret is not None:
            self._share_secret(checker.secret(), now)
        return reply

    def _count_rejected(self, now: int) -> None:
        self._rejected += 1
        if self._rejected >= UNDER_LOAD_BACKLOG:
            self._enter_load(now)

    def _enter_load(self, now: int) -> None:
        self._under_load_until = now + UNDER_LOAD_HOLD_TIME
        self._rejected = 0
