"""The sizes of the tables of a data plane, fixed at start to limit its memory."""

from ..core.errors import ConfigError, LimitError

MOST_PEERS = 65_535
MOST_ALLOWED_IPS = 1_048_576
_UNKNOWN = 2**48
# Command line option: (attribute of Limits, greatest value).
OPTIONS = {
    "--max-peers": ("peers", MOST_PEERS),
    "--max-allowed-ips": ("allowed_ips", MOST_ALLOWED_IPS),
}


class Limits:
    """The sizes of the tables; the defaults suit a router with 128 MB of memory.

    ``peers_remedy`` and ``allowed_ips_remedy`` tell a user how to get a larger table.
    """

    __slots__ = (
        "allowed_ips",
        "allowed_ips_remedy",
        "peers",
        "peers_remedy",
        "staged",
        "staged_a_peer",
    )

    def __init__(self, peers: int = 64, allowed_ips: int = 1024) -> None:
        self.peers = peers
        self.allowed_ips = allowed_ips
        self.peers_remedy = "restart pywgd with a larger --max-peers"
        self.allowed_ips_remedy = "restart pywgd with a larger --max-allowed-ips"
        self.staged = 256
        self.staged_a_peer = 32

    def take(self, option: str, text: str) -> None:
        """Set the size that an option of OPTIONS names.

        Raises ConfigError if ``text`` is not a number in its range.
        """
        attribute, most = OPTIONS[option]
        # int() accepts other digits too, and fails for thousands of them.
        digits_only = text and not text.strip("0123456789") and len(text) < 10
        if not digits_only or not 1 <= int(text) <= most:
            raise ConfigError(
                f"{option}: invalid number {text!r} (expected 1 to {most})"
            )
        setattr(self, attribute, int(text))


def too_many_allowed_ips(limit: int) -> LimitError:
    """Return the error for more allowed IPs than the table holds."""
    return LimitError(
        f"too many allowed IPs (limit {limit}); "
        "restart pywgd with a larger --max-allowed-ips"
    )


def available_memory() -> int:
    """Return the bytes that programs can use without swapping.

    Where the kernel does not report them, that is more than any machine has.
    """
    try:
        with open("/proc/meminfo") as file:
            for line in file:
                if line.startswith("MemAvailable:"):
                    return int(line.split()[1]) * 1024
    except (OSError, ValueError):
        pass
    return _UNKNOWN
