"""Whether a peer answers at its endpoint."""

TYPE_CHECKING = False
if TYPE_CHECKING:
    from ...core.config import EndpointTuple

# Milliseconds. A peer that does not answer for so long is elsewhere, or down.
REPLY_TIMEOUT = 15_000
# An active session has a newer handshake by then (paper 6.1: 120 s).
HANDSHAKE_OVERDUE_AFTER = 135_000


class Reachability:
    """What is known of a peer's reachability.

    ``handshake_at`` is the boot time of the last handshake in milliseconds, 0 for none;
    ``unresponsive`` tells whether packets have been unanswered for ``REPLY_TIMEOUT``;
    ``endpoint`` is where they are sent, None for nowhere.
    """

    __slots__ = ("endpoint", "handshake_at", "unresponsive")

    def __init__(
        self,
        handshake_at: int = 0,
        unresponsive: bool = False,
        endpoint: "EndpointTuple | None" = None,
    ) -> None:
        self.handshake_at = handshake_at
        self.unresponsive = unresponsive
        self.endpoint = endpoint

    def is_unreachable(self, now: int) -> bool:
        """Return whether the peer is unresponsive or its next handshake is overdue."""
        if not self.handshake_at or now - self.handshake_at >= HANDSHAKE_OVERDUE_AFTER:
            return True
        return self.unresponsive
