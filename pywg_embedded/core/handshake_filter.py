"""Which handshake messages are worth a Diffie-Hellman (paper 5.3)."""

from .constants import UNDER_LOAD_BACKLOG, UNDER_LOAD_HOLD_TIME
from .cookie import CookieChecker
from .errors import Drop
from .ratelimiter import RateLimiter

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Protocol

    from .crypto import Bytes, Crypto
    from .endpoint import Endpoint

    class Sieve(Protocol):
        """Who may hold messages back before they get here."""

        def set_identity(self, public: bytes | None) -> None: ...
        def set_cookie_secret(self, secret: Bytes, made_at: int) -> None: ...


class HandshakeFilter:
    """Demands a mac1 always; under load a cookie too, and patience of each source.

    Load is when handshake messages queue up, and for a while after that: a flood that
    is held back by cookies would otherwise switch them on and off.

    ``sieve`` is told all that it takes to do the same beforehand.
    """

    def __init__(self, crypto: "Crypto", sieve: "Sieve") -> None:
        self._crypto = crypto
        self._sieve = sieve
        self._checker: CookieChecker | None = None
        self._limiter = RateLimiter(crypto)
        self._under_load_until = 0

    def set_identity(self, public: bytes | None) -> None:
        """Our public key, which every mac1 must show knowledge of; None for none."""
        if self._checker is not None:
            self._checker.wipe()
        self._checker = CookieChecker(self._crypto, public) if public else None
        self._sieve.set_identity(public)

    def note_backlog(self, backlog: int, now: int) -> None:
        """So many messages wait behind the one at hand."""
        if backlog >= UNDER_LOAD_BACKLOG:
            self._under_load_until = now + UNDER_LOAD_HOLD_TIME

    def under_load(self, now: int) -> bool:
        return now < self._under_load_until

    def check(
        self, data: bytes, sender: int, source: "Endpoint", now: int
    ) -> bytes | None:
        """None to go on with the message, or the cookie reply to send instead of that.

        Raises Drop if it deserves neither.
        """
        if self._checker is None:
            raise Drop("not ready")
        if not self._checker.mac1_valid(data):
            raise Drop("mac1")
        if not self.under_load(now):
            return None
        if not self._checker.mac2_valid(data, source, now):
            return self._demand_cookie(self._checker, data, sender, source, now)
        if not self._limiter.allow(source.address, now):
            raise Drop("source too fast")
        return None

    def _demand_cookie(
        self,
        checker: CookieChecker,
        data: bytes,
        sender: int,
        source: "Endpoint",
        now: int,
    ) -> bytes:
        is_new = not checker.has_secret(now)
        reply = checker.reply(data, sender, source, now)
        if is_new:
            self._sieve.set_cookie_secret(checker.secret(), now)
        return reply
