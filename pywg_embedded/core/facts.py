"""What the data plane records of a peer, and deadlines are derived from.

Times are milliseconds of the clock that also feeds ``now``; 0 means never. "Since"
marks the first of a run that nothing has answered yet, and returns to 0 when it is
answered; an answer is any authenticated packet, keepalives included.
"""

TYPE_CHECKING = False
if TYPE_CHECKING:
    from .endpoint import Endpoint


class Facts:
    """The record of one peer.

    ``data_sent_since``: data that went out while nothing came in.
    ``data_received_since``: data that came in while nothing went out.
    """

    __slots__ = (
        "data_received_since",
        "data_sent_since",
        "endpoint",
        "last_data_sent",
        "last_received",
        "last_sent",
        "rx_bytes",
        "tx_bytes",
    )

    def __init__(self) -> None:
        self.endpoint: Endpoint | None = None
        self.last_sent = 0
        self.last_received = 0
        self.last_data_sent = 0
        self.data_sent_since = 0
        self.data_received_since = 0
        self.rx_bytes = 0
        self.tx_bytes = 0

    def reset_unanswered(self) -> None:
        """No session is left that an answer could come in."""
        self.data_sent_since = 0
        self.data_received_since = 0

    def record_sent(self, now: int, is_data: bool) -> None:
        """An authenticated packet went out."""
        self.last_sent = now
        self.data_received_since = 0
        if is_data:
            self.last_data_sent = now
            self.data_sent_since = self.data_sent_since or now

    def record_received(self, now: int, is_data: bool) -> None:
        """An authenticated packet came in."""
        self.last_received = now
        self.data_sent_since = 0
        if is_data:
            self.data_received_since = self.data_received_since or now
