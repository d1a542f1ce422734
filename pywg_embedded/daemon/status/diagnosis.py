"""The diagnosis of a peer: a code and a text that say why it has no session.

1. The diagnosis depends on its ``Symptoms`` only.
2. The first row that matches wins; rows of proven causes precede rows of likely ones.
"""

from ...core.constants import REJECT_AFTER_TIME, REKEY_TIMEOUT
from ..clock import EARLIEST
from .reachability import REPLY_TIMEOUT

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Collection

    Row = tuple[str, "Callable[[Symptoms], object]", str]


class Symptoms:
    """What is known of a peer and its interface.

    up: whether the interface is up
    listen_error: why the interface does not listen, or empty
    handshake_age: milliseconds since the last handshake, None for never
    unresponsive: whether the peer has not answered for ``REPLY_TIMEOUT``
    unanswered_initiations: initiations sent since the last answer
    host: the host name of the endpoint, or empty
    lookup_error: why the host name is not resolved, or empty
    endpoint: the text of the endpoint, or empty
    recent_drops: drop reasons of the last minute, for packets of any sender
    wall_time: seconds since 1970
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
        """Return whether there is a session and the peer answers."""
        age = self.handshake_age
        return age is not None and age < REJECT_AFTER_TIME and not self.unresponsive

    def has_timed_out(self) -> bool:
        """Return whether the peer had enough time to answer an initiation."""
        return self.unanswered_initiations > REPLY_TIMEOUT // REKEY_TIMEOUT

    def was_dropped(self, reason: str) -> bool:
        """Return whether a drop for this reason can be a message of the peer.

        That is so while an answer of the peer, or its first message, is awaited.
        """
        return reason in self.recent_drops and (not self.endpoint or self.is_waiting())

    def is_waiting(self) -> bool:
        """Return whether an initiation is unanswered."""
        return self.unanswered_initiations > 0


_ROWS: "tuple[Row, ...]" = (
    ("down", lambda s: not s.up, "the interface is down"),
    ("no_port", lambda s: s.listen_error, "{s.listen_error}"),
    ("linked", Symptoms.has_session, ""),
    (
        "unresolved", lambda s: not s.endpoint and s.lookup_error,
        "cannot resolve {s.host}: {s.lookup_error}",
    ),
    ("resolving", lambda s: not s.endpoint and s.host, "resolving {s.host}"),
    (
        "psk", lambda s: s.was_dropped("response_not_authentic"),
        "the peer's response cannot be decrypted; check that both sides have the same "
        "preshared key",
    ),
    (
        "stale", lambda s: s.was_dropped("initiation_replayed"),
        "rejected an initiation with an old timestamp; check the clock of the peer",
    ),
    (
        "unknown_peer", lambda s: s.was_dropped("unknown_peer"),
        "rejected an initiation from an unknown public key; check the peer's public "
        "key in this configuration",
    ),
    (
        "mac1", lambda s: s.was_dropped("mac1_invalid"),
        "rejected an initiation for another public key; check this interface's public "
        "key in the configuration of the peer",
    ),
    (
        "no_endpoint", lambda s: not s.endpoint,
        "no endpoint is configured, and the peer has not sent a handshake yet",
    ),
    (
        "clock", lambda s: s.is_waiting() and s.wall_time < EARLIEST,
        "no answer, and the clock of this machine is not set; peers reject timestamps "
        "that go back",
    ),
    (
        "unreachable", lambda s: s.was_dropped("send_enetunreach"),
        "no route to {s.endpoint}",
    ),
    (
        "nobody", lambda s: s.was_dropped("receive_econnrefused"),
        "port closed at {s.endpoint}; check the endpoint's port, and that the peer's "
        "interface is up",
    ),
    (
        "no_answer", Symptoms.has_timed_out,
        "no answer from {s.endpoint}; check the address, that the UDP port is open, "
        "and that the peer has this interface's public key",
    ),
    ("calling", Symptoms.is_waiting, "waiting for a response from {s.endpoint}"),
    ("idle", lambda s: True, "idle; a handshake starts with the first packet"),
)  # fmt: skip

CODES = tuple(code for code, _, _ in _ROWS)


def diagnose(symptoms: Symptoms) -> tuple[str, str]:
    """Return one of ``CODES`` and its text, which is empty while there is a session."""
    for code, matches, text in _ROWS:
        if matches(symptoms):
            return code, text.format(s=symptoms)
    raise AssertionError("the last row matches all symptoms")
