"""The keypairs of a peer in use: counters, replay windows, and the three slots."""

from ...core.keypair import Keypair
from .replay import ReplayWindow


class KeypairState:
    """A keypair with the state of both directions; counters have 64 bits."""

    __slots__ = ("expired", "keypair", "rekey_requested", "send_counter", "window")

    def __init__(self, keypair: Keypair) -> None:
        self.keypair = keypair
        self.send_counter = 0
        self.window = ReplayWindow()
        # The rekey shortly before the end is requested once (paper 6.2).
        self.rekey_requested = False
        # Set when the static key of the interface changed: receive only.
        self.expired = False

    def can_send(self, now: int) -> bool:
        """Return whether the keypair may still send."""
        return not self.expired and self.keypair.alive(self.send_counter, now)


class Keypairs:
    """The slots next, current and previous; see ``core.keypair`` for the moves."""

    __slots__ = ("current", "next", "previous")

    def __init__(self) -> None:
        self.next: KeypairState | None = None
        self.current: KeypairState | None = None
        self.previous: KeypairState | None = None

    def all(self) -> list[KeypairState]:
        """Return the keypairs in the three slots."""
        slots = (self.next, self.current, self.previous)
        return [state for state in slots if state is not None]

    def install(self, state: KeypairState, keep_next: bool) -> None:
        """Put a new keypair into its slot.

        ``keep_next`` keeps an unconfirmed keypair that the peer initiated usable beside
        one that this side initiated at the same time.
        """
        if not state.keypair.initiator:
            self.next, self.previous = state, None
            return
        if self.next is not None and not keep_next:
            self.previous, self.next = self.next, None
        else:
            self.previous = self.current
        self.current = state

    def confirm(self, state: KeypairState) -> bool:
        """Make the next keypair the current one; return False for any other keypair."""
        if state is not self.next:
            return False
        self.previous, self.current, self.next = self.current, state, None
        return True

    def sending_keypair(self, now: int) -> KeypairState | None:
        """Return the current keypair if it may still send, else None."""
        state = self.current
        return state if state is not None and state.can_send(now) else None
