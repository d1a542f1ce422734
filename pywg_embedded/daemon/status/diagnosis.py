"""Why there is no session with a peer: a code for programs, and words for people.

1. Nothing here looks anywhere: all that is known is in the ``Symptoms``.
2. What is certain comes before what is likely; the first row that fits is it.
"""

from ...core.constants import REJECT_AFTER_TIME, REKEY_TIMEOUT
from .reachability import REPLY_TIMEOUT

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Collection

    Row = tuple[str, "Callable[[Symptoms], object]", str]

# 2025: no clock that was ever set since this was written shows less.
_EARLIEST = 1_735_689_600


class Symptoms:
    """What is known of a peer. ``handshake_age`` is in milliseconds, None for never;
    ``unanswered`` is how often we called since without an answer.

    ``refused`` is why we cannot listen, ``host`` the endpoint's name, ``failure`` why
    that is not resolved, ``endpoint`` where we speak to; empty for none. ``dropped``
    are the reasons that something was dropped for lately, by whomever it was sent;
    ``wall`` are seconds since 1970.
    """

    def __init__(self) -> None:
        self.up = True
        self.listen_error = ""
        self.handshake_age: int | None = None
        self.unresponsive = False
        self.unanswered_initiations = 0
        self.host = ""
        self.lookup_error = ""
        self.endpoint = ""
        self.recent_drops: Collection[str] = ()
        self.wall_time = 0

    def has_session(self) -> bool:
        """Whether there is a session, and it answers."""
        age = self.handshake_age
        return age is not None and age < REJECT_AFTER_TIME and not self.unresponsive

    def has_timed_out(self) -> bool:
        """Whether there was time enough to answer."""
        return self.unanswered_initiations > REPLY_TIMEOUT // REKEY_TIMEOUT

    def was_dropped(self, reason: str) -> bool:
        """Whether messages were dropped for this reason while we waited for one."""
        return reason in self.recent_drops and (not self.endpoint or self.is_waiting())

    def is_waiting(self) -> bool:
        """Whether we wait for an answer."""
        return self.unanswered_initiations > 0


_ROWS: "tuple[Row, ...]" = (
    ("down", lambda s: not s.up, "the interface is down"),
    ("no_port", lambda s: s.listen_error, "{s.listen_error}"),
    ("linked", Symptoms.has_session, ""),
    (
        "unresolved", lambda s: not s.endpoint and s.lookup_error,
        "{s.host}: {s.lookup_error}",
    ),
    ("resolving", lambda s: not s.endpoint and s.host, "{s.host} is being looked up"),
    (
        "psk", lambda s: s.was_dropped("response_not_authentic"),
        "its answer cannot be read: the preshared keys differ",
    ),
    (
        "stale", lambda s: s.was_dropped("initiation_replayed"),
        "a peer calls with an old time stamp: its clock has gone back",
    ),
    (
        "unknown_peer", lambda s: s.was_dropped("unknown_peer"),
        "somebody calls whose public key no peer here has",
    ),
    (
        "mac1", lambda s: s.was_dropped("mac1_invalid"),
        "somebody calls who has another public key for us than ours",
    ),
    (
        "no_endpoint", lambda s: not s.endpoint,
        "it has no endpoint here, and has not called yet",
    ),
    (
        "clock", lambda s: s.is_waiting() and s.wall_time < _EARLIEST,
        "no answer, and our clock is not set: a peer refuses time stamps that go back",
    ),
    (
        "unreachable", lambda s: s.was_dropped("send_enetunreach"),
        "no route leads to {s.endpoint}",
    ),
    (
        "nobody", lambda s: s.was_dropped("receive_econnrefused"),
        "nobody listens at {s.endpoint}",
    ),
    (
        "no_answer", Symptoms.has_timed_out,
        "no answer from {s.endpoint}: is that it, is the port open, and does it have "
        "our public key?",
    ),
    ("calling", Symptoms.is_waiting, "waiting for an answer from {s.endpoint}"),
    ("idle", lambda s: True, "there is nothing to send"),
)  # fmt: skip

CODES = tuple(code for code, _, _ in _ROWS)


def diagnose(symptoms: Symptoms) -> tuple[str, str]:
    """One of CODES, and what to say of it."""
    for code, fits, words in _ROWS:
        if fits(symptoms):
            return code, words.format(s=symptoms)
    raise AssertionError("the last row fits everything")
