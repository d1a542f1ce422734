"""How much a plane may hold; fixed at start, so that memory is bounded."""

from ..core.errors import ConfigError, LimitError

MOST_PEERS = 65_535
MOST_ALLOWED_IPS = 1_048_576
# Option of the command line: (attribute of Limits, greatest number).
OPTIONS = {
    "--max-peers": ("peers", MOST_PEERS),
    "--max-allowed-ips": ("allowed_ips", MOST_ALLOWED_IPS),
}


class Limits:
    """Sizes of the tables; the defaults fit a router with 128 MB."""

    __slots__ = ("allowed_ips", "peers", "staged", "staged_a_peer")

    def __init__(self, peers: int = 64, allowed_ips: int = 1024) -> None:
        self.peers = peers
        self.allowed_ips = allowed_ips
        self.staged = 256
        self.staged_a_peer = 32

    def take(self, option: str, text: str) -> None:
        """Set what this one of OPTIONS is for; ConfigError if ``text`` is no number."""
        attribute, most = OPTIONS[option]
        # int() takes other digits too, and balks at thousands of them.
        digits_only = text and not text.strip("0123456789") and len(text) < 10
        if not digits_only or not 1 <= int(text) <= most:
            raise ConfigError(f"{option}: {text!r} is not a number from 1 to {most}")
        setattr(self, attribute, int(text))


def no_room_for_allowed_ips(limit: int) -> LimitError:
    """What whoever asks for one allowed IP too many is told."""
    return LimitError(
        f"no room for more than {limit} allowed IPs; "
        "start pywgd with a larger --max-allowed-ips"
    )
