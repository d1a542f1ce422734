"""When each of a peer's timers is due, derived from facts (paper 6).

Nothing is armed or cancelled: a deadline exists as long as the facts that make it do.
Each function answers milliseconds, or None for "not as things are".
"""

from .constants import (
    KEEPALIVE_TIMEOUT,
    REKEY_TIMEOUT,
    WIPE_AFTER_TIME,
)

TYPE_CHECKING = False
if TYPE_CHECKING:
    from .facts import Facts
    from .peer import Peer


def retry_handshake(peer: "Peer", facts: "Facts") -> int | None:
    """Our initiation has had no response (6.4)."""
    if peer.handshake is None:
        return None
    return peer.initiation_sent_at + REKEY_TIMEOUT + peer.jitter


def begin_handshake(peer: "Peer", facts: "Facts") -> int | None:
    """One was wanted when a handshake message had just gone out (6.4)."""
    if not peer.handshake_requested_at or peer.handshake is not None:
        return None
    return peer.handshake_sent_at + REKEY_TIMEOUT + peer.jitter


def replace_dead_session(peer: "Peer", facts: "Facts") -> int | None:
    """Data went out, and nothing at all has come back (6.2)."""
    since = facts.data_sent_since
    if not since:
        return None
    if since < peer.initiation_sent_at:
        # That was tried already; what was sent after it is a new reason.
        since = peer.initiation_sent_at
        if facts.last_data_sent <= since:
            return None
    return since + KEEPALIVE_TIMEOUT + REKEY_TIMEOUT + peer.jitter


def passive_keepalive(peer: "Peer", facts: "Facts") -> int | None:
    """Data came in, and nothing at all has gone back (6.5)."""
    since = facts.data_received_since
    return since + KEEPALIVE_TIMEOUT if since else None


def persistent_keepalive(peer: "Peer", facts: "Facts") -> int | None:
    """The line has been idle in both directions (6.5)."""
    if not peer.persistent_keepalive:
        return None
    last = max(facts.last_sent, facts.last_received)
    return last + peer.persistent_keepalive * 1000


def session_expiry(peer: "Peer", facts: "Facts") -> int | None:
    """No session has followed the last one for long (6.3)."""
    return (
        peer.session_created_at + WIPE_AFTER_TIME if peer.session_created_at else None
    )


def delay_after_activity(peer: "Peer") -> int:
    """How long after a packet the earliest deadline that it may make lies ahead."""
    interval = peer.persistent_keepalive * 1000
    return min(interval, KEEPALIVE_TIMEOUT) if interval else KEEPALIVE_TIMEOUT
