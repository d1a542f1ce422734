"""The keypairs of one peer at work: counters, replay windows, and the three slots."""

from ...core.keypair import Keypair
from .replay import ReplayWindow


class Session:
    """A keypair with the state of both directions. Counters have 64 bits."""

    __slots__ = ("asked_for_successor", "expired", "keypair", "send_counter", "window")

    def __init__(self, keypair: Keypair) -> None:
        self.keypair = keypair
        self.send_counter = 0
        self.window = ReplayWindow()
        # The last-minute handshake is asked for once (paper 6.2).
        self.asked_for_successor = False
        # Set when our static key changed: it may only receive.
        self.expired = False

    def sendable(self, now: int) -> bool:
        """Whether it may still send."""
        return not self.expired and self.keypair.alive(self.send_counter, now)


class Sessions:
    """The slots next, current and previous; see ``core.keypair`` for the moves."""

    __slots__ = ("current", "next", "previous")

    def __init__(self) -> None:
        self.next: Session | None = None
        self.current: Session | None = None
        self.previous: Session | None = None

    def all(self) -> list[Session]:
        slots = (self.next, self.current, self.previous)
        return [session for session in slots if session is not None]

    def install(self, session: Session, keep_next: bool) -> None:
        """Take in a new session; what drops out of the slots is no longer in ``all``.

        With ``keep_next`` an unconfirmed session that the peer initiated stays usable
        beside one that we initiated at the same time.
        """
        if not session.keypair.initiator:
            self.next, self.previous = session, None
            return
        if self.next is not None and not keep_next:
            self.previous, self.next = self.next, None
        else:
            self.previous = self.current
        self.current = session

    def confirm(self, session: Session) -> bool:
        """Whether this was the next session, and by that has become the current."""
        if session is not self.next:
            return False
        self.previous, self.current, self.next = self.current, session, None
        return True

    def sendable(self, now: int) -> Session | None:
        """The session to send with, if there is one that may still send."""
        session = self.current
        return session if session is not None and session.sendable(now) else None
