"""Facts: what the data plane records of a peer, the base of all deadlines.

Times are milliseconds on the clock of ``now``; 0 means never. A time ``..._since`` is
that of the first packet without an answer, and 0 again once there is an answer; an
answer is any authenticated packet, keepalives included. A packet that the kernel
refuses to send is not sent.
"""

TYPE_CHECKING = False
if TYPE_CHECKING:
    from .endpoint import Endpoint


class Facts:
    """The facts of one peer.

    ``data_sent_since``: the first data sent since the last packet received.
    ``data_failed_since``: the first data that could not be sent since then.
    ``last_failed``: the last packet that could not be sent, data or keepalive.
    ``data_received_since``: the first data received since the last packet sent.
    """

    __slots__ = (
        "data_failed_since",
        "data_received_since",
        "data_sent_since",
        "endpoint",
        "last_data_sent",
        "last_failed",
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
        self.data_failed_since = 0
        self.last_failed = 0
        self.rx_bytes = 0
        self.tx_bytes = 0

    def reset_unanswered(self) -> None:
        """Reset the ``_since`` times: without a keypair there can be no answer."""
        self.data_sent_since = 0
        self.data_failed_since = 0
        self.data_received_since = 0

    def unanswered_since(self) -> int:
        """Return since when data has no answer, sent or not; 0 if there is none."""
        first, second = self.data_sent_since, self.data_failed_since
        return min(first, second) if first and second else first or second

    def record_failed(self, now: int, is_data: bool) -> None:
        """Record that a packet could not be sent."""
        self.last_failed = now
        if is_data:
            self.data_failed_since = self.data_failed_since or now

    def record_sent(self, now: int, is_data: bool) -> None:
        """Record that an authenticated packet was sent."""
        self.last_sent = now
        self.data_received_since = 0
        if is_data:
            self.last_data_sent = now
            self.data_sent_since = self.data_sent_since or now

    def record_received(self, now: int, is_data: bool) -> None:
        """Record that an authenticated packet was received."""
        self.last_received = now
        self.data_sent_since = 0
        self.data_failed_since = 0
        if is_data:
            self.data_received_since = self.data_received_since or now
