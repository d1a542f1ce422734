"""Why there is no session with a peer: a code for programs, and words for people.

1. Nothing here looks anywhere: all that is known is in the ``Situation``.
2. What is certain comes before what is likely; the first row that fits is it.
"""

from ...core.constants import REJECT_AFTER_TIME, REKEY_TIMEOUT
from .reachability import ANSWER_TIME

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Collection

    Row = tuple[str, "Callable[[Situation], object]", str]

# 2025: no clock that was ever set since this was written shows less.
_EARLIEST = 1_735_689_600


class Situation:
    """What is known of a peer. ``handshake_age`` is in milliseconds, None for never;
    ``unanswered`` is how often we called since without an answer.

    ``refused`` is why we cannot listen, ``host`` the endpoint's name, ``failure`` why
    that is not resolved, ``endpoint`` where we speak to; empty for none. ``dropped``
    are the reasons that something was dropped for lately, by whomever it was sent;
    ``wall`` are seconds since 1970.
    """

    def __init__(self) -> None:
        self.up = True
        self.refused = ""
        self.handshake_age: int | None = None
        self.in_vain = False
        self.unanswered = 0
        self.host = ""
        self.failure = ""
        self.endpoint = ""
        self.dropped: Collection[str] = ()
        self.wall = 0

    def is_linked(self) -> bool:
        """Whether there is a session, and it answers."""
        age = self.handshake_age
        return age is not None and age < REJECT_AFTER_TIME and not self.in_vain

    def has_called_in_vain(self) -> bool:
        """Whether there was time enough to answer."""
        return self.unanswered > ANSWER_TIME // REKEY_TIMEOUT

    def is_lost(self, reason: str) -> bool:
        """Whether messages were dropped for this reason while we waited for one."""
        return reason in self.dropped and (not self.endpoint or self.is_calling())

    def is_calling(self) -> bool:
        """Whether we wait for an answer."""
        return self.unanswered > 0


_ROWS: "tuple[Row, ...]" = (
    ("down", lambda s: not s.up, "the interface is down"),
    ("no_port", lambda s: s.refused, "{s.refused}"),
    ("linked", Situation.is_linked, ""),
    ("unresolved", lambda s: not s.endpoint and s.failure, "{s.host}: {s.failure}"),
    ("resolving", lambda s: not s.endpoint and s.host, "{s.host} is being looked up"),
    (
        "psk", lambda s: s.is_lost("response not authentic"),
        "its answer cannot be read: the preshared keys differ",
    ),
    (
        "stale", lambda s: s.is_lost("replayed initiation"),
        "a peer calls with an old time stamp: its clock has gone back",
    ),
    (
        "unknown_peer", lambda s: s.is_lost("unknown peer"),
        "somebody calls whose public key no peer here has",
    ),
    (
        "mac1", lambda s: s.is_lost("mac1"),
        "somebody calls who has another public key for us than ours",
    ),
    (
        "no_endpoint", lambda s: not s.endpoint,
        "it has no endpoint here, and has not called yet",
    ),
    (
        "clock", lambda s: s.is_calling() and s.wall < _EARLIEST,
        "no answer, and our clock is not set: a peer refuses time stamps that go back",
    ),
    (
        "unreachable", lambda s: s.is_lost("send: ENETUNREACH"),
        "no route leads to {s.endpoint}",
    ),
    (
        "nobody", lambda s: s.is_lost("receive: ECONNREFUSED"),
        "nobody listens at {s.endpoint}",
    ),
    (
        "no_answer", Situation.has_called_in_vain,
        "no answer from {s.endpoint}: is that it, is the port open, and does it have "
        "our public key?",
    ),
    ("calling", Situation.is_calling, "waiting for an answer from {s.endpoint}"),
    ("idle", lambda s: True, "there is nothing to send"),
)  # fmt: skip

CODES = tuple(code for code, _, _ in _ROWS)


def diagnose(situation: Situation) -> tuple[str, str]:
    """One of CODES, and what to say of it."""
    for code, fits, words in _ROWS:
        if fits(situation):
            return code, words.format(s=situation)
    raise AssertionError("the last row fits everything")
