"""Which handshake messages are worth an event: ``core.HandshakeFilter`` beforehand.

A flood must not cost the engine anything, nor keep others from it:

1. Nothing passes without the size of its type and a valid mac1.
2. Under load, what shows a valid mac2 passes at the pace of its source. The rest is
   answered here with a cookie, as soon as the engine has handed over a secret to make
   it with; until then it has the first eighth of the queue, and no more.
3. Cookie replies show no mac. Under load they pass if they answer a message of ours.
"""

import struct
from collections import deque

from ... import crypto
from ...core.constants import (
    COOKIES_EXPECTED,
    MESSAGE_COOKIE_REPLY,
    UNDER_LOAD_BACKLOG,
    UNDER_LOAD_HOLD_TIME,
)
from ...core.cookie import CookieChecker
from ...core.errors import Drop
from ...core.messages import parse
from ...core.ratelimiter import RateLimiter

TYPE_CHECKING = False
if TYPE_CHECKING:
    from ...core.crypto import Bytes
    from ...core.endpoint import Endpoint


class HandshakeFilter:
    """Judges one message after the other; ``now`` is in milliseconds.

    Load is a backlog, and for a while after that; what is turned away meanwhile
    makes it last as if it had joined the backlog.
    """

    def __init__(self) -> None:
        self._checker: CookieChecker | None = None
        self._limiter = RateLimiter(crypto)
        self._expected: deque[int] = deque(maxlen=COOKIES_EXPECTED)
        self._under_load_until = 0
        self._rejected = 0

    def set_identity(self, public: bytes | None) -> None:
        """Our public key, or None for none; the secret of cookies goes with it."""
        if self._checker is not None:
            self._checker.wipe()
        self._checker = CookieChecker(crypto, public) if public else None

    def set_cookie_secret(self, secret: "Bytes", made_at: int) -> None:
        """The engine's latest secret; nothing without an identity."""
        if self._checker is not None:
            self._checker.set_secret(secret, made_at)

    def expect_cookie(self, index: int) -> None:
        """A message goes out under this index."""
        self._expected.append(index)

    def backlog(self, waiting: int, now: int) -> int:
        """How many the engine is told of: enough for load, if there is load."""
        if now < self._under_load_until:
            return max(waiting, UNDER_LOAD_BACKLOG)
        return waiting

    def check(
        self, data: bytes, source: "Endpoint", waiting: int, now: int
    ) -> bytes | None:
        """None to let it pass, or the cookie reply to send instead of that.

        Raises Drop if it deserves neither.
        """
        kind, fields = parse(data)
        if self._checker is None:
            raise Drop("not ready")
        has_macs = kind != MESSAGE_COOKIE_REPLY
        if has_macs and not self._checker.mac1_valid(data):
            raise Drop("mac1")
        if waiting >= UNDER_LOAD_BACKLOG:
            self._enter_load(now)
        if now >= self._under_load_until:
            return None
        if not has_macs:
            self._check_expected(fields[0], now)
            return None
        if not self._checker.mac2_valid(data, source, now):
            return self._send_cookie(self._checker, data, source, waiting, now)
        if not self._limiter.allow(source.address, now):
            raise Drop("source too fast")
        return None

    def _check_expected(self, receiver: int, now: int) -> None:
        if receiver not in self._expected:
            self._count_rejected(now)
            raise Drop("unknown index")

    def _send_cookie(
        self,
        checker: CookieChecker,
        data: bytes,
        source: "Endpoint",
        waiting: int,
        now: int,
    ) -> bytes | None:
        if checker.has_secret(now):
            self._count_rejected(now)
            sender = struct.unpack_from("<I", data, 4)[0]
            return checker.reply(data, sender, source, now)
        if waiting >= UNDER_LOAD_BACKLOG:
            self._count_rejected(now)
            raise Drop("handshake queue full")
        return None

    def _count_rejected(self, now: int) -> None:
        self._rejected += 1
        if self._rejected >= UNDER_LOAD_BACKLOG:
            self._enter_load(now)

    def _enter_load(self, now: int) -> None:
        self._under_load_until = now + UNDER_LOAD_HOLD_TIME
        self._rejected = 0
