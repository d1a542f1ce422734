"""The deadlines of a peer, derived from its facts (paper 6).

No timer is armed or cancelled: a deadline exists while the facts that it follows from
hold. Each function returns the deadline in milliseconds, or None if there is none.
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
    """Return when to retry an initiation that got no response (6.4)."""
    if peer.handshake is None:
        return None
    return peer.initiation_sent_at + REKEY_TIMEOUT + peer.jitter


def begin_handshake(peer: "Peer", facts: "Facts") -> int | None:
    """Return when to begin a handshake that had to wait for REKEY_TIMEOUT (6.4)."""
    if not peer.handshake_requested_at or peer.handshake is not None:
        return None
    return peer.handshake_sent_at + REKEY_TIMEOUT + peer.jitter


def replace_dead_session(peer: "Peer", facts: "Facts") -> int | None:
    """Return when to rekey because nothing was received since data was sent (6.2).

    Data that could not be sent counts as well: a handshake may find another way.
    """
    since = facts.unanswered_since()
    if not since:
        return None
    if since < peer.initiation_sent_at:
        # A handshake was tried since; only data sent after it is a new reason.
        since = peer.initiation_sent_at
        if max(facts.last_data_sent, facts.last_failed) <= since:
            return None
    return since + KEEPALIVE_TIMEOUT + REKEY_TIMEOUT + peer.jitter


def passive_keepalive(peer: "Peer", facts: "Facts") -> int | None:
    """Return when to send a keepalive: data was received, nothing sent since (6.5).

    A keepalive that could not be sent is repeated.
    """
    since = facts.data_received_since
    if not since:
        return None
    return max(since, facts.last_failed) + KEEPALIVE_TIMEOUT


def persistent_keepalive(peer: "Peer", facts: "Facts") -> int | None:
    """Return when to send a keepalive after idling in both directions (6.5).

    A keepalive that could not be sent is repeated, also one that began a handshake.
    """
    if not peer.persistent_keepalive:
        return None
    tried_at = max(facts.last_failed, peer.handshake_sent_at)
    last = max(facts.last_sent, facts.last_received, tried_at)
    return last + peer.persistent_keepalive * 1000


def session_expiry(peer: "Peer", facts: "Facts") -> int | None:
    """Return when to wipe keypairs that no new one has replaced (6.3)."""
    return (
        peer.session_created_at + WIPE_AFTER_TIME if peer.session_created_at else None
    )


def delay_after_activity(peer: "Peer") -> int:
    """Return the shortest time from a packet to a deadline that it may cause."""
    interval = peer.persistent_keepalive * 1000
    return min(interval, KEEPALIVE_TIMEOUT) if interval else KEEPALIVE_TIMEOUT
