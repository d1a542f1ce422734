"""Whether a peer can be heard where we speak to it."""

TYPE_CHECKING = False
if TYPE_CHECKING:
    from ...core.config import EndpointTuple

# Who has not answered for so long, in milliseconds, is not where we think, or not up.
REPLY_TIMEOUT = 15_000
# After a handshake this old there should have been another (paper 6.1: 120 s).
HANDSHAKE_OVERDUE_AFTER = 135_000


class Reachability:
    """How a peer is heard: when the last handshake was (0 for never), whether we speak
    in vain by now, and where to (None for nowhere)."""

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
        """Whether nothing was heard lately, or not when it was due."""
        old = (
            not self.handshake_at or now - self.handshake_at >= HANDSHAKE_OVERDUE_AFTER
        )
        return old or self.unresponsive
