"""How much a plane may hold; fixed at start, so that memory is bounded."""

from ..core.errors import LimitError

MOST_PEERS = 65_535
MOST_ALLOWED_IPS = 1_048_576


class Limits:
    """Sizes of the tables; the defaults fit a router with 128 MB."""

    __slots__ = ("allowed_ips", "peers", "staged", "staged_a_peer")

    def __init__(self, peers: int = 64, allowed_ips: int = 1024) -> None:
        self.peers = peers
        self.allowed_ips = allowed_ips
        self.staged = 256
        self.staged_a_peer = 32


def no_room_for_allowed_ips(limit: int) -> LimitError:
    """What whoever asks for one allowed IP too many is told."""
    return LimitError(
        f"no room for more than {limit} allowed IPs; "
        "start pywgd with a larger --max-allowed-ips"
    )
