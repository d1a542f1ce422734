"""The text of the file that keeps the handshake timestamps of an interface."""

from binascii import crc32

FOLDER = "/etc/pywg"
MAX_SIZE = 300
_FORMAT = "1"
# Beyond 2400, in nanoseconds since 1970; no clock that is believed shows more.
_MAX_TIME = 2**63
_MAX_DURATION = 2**53


class StoredTimestamp:
    """What the file holds. Timestamps are nanoseconds since 1970.

    used: the greatest timestamp that was sent when the file was written
    bound: the greatest that may be sent until it is written again; ``used`` after a
        clean end
    boot_id: the boot in which it was written
    boottime: milliseconds from the start of that boot to the write
    allowance: milliseconds that the write budget had left
    """

    def __init__(
        self, used: int, bound: int, boot_id: str, boottime: int, allowance: int
    ) -> None:
        self.used = used
        self.bound = bound
        self.boot_id = boot_id
        self.boottime = boottime
        self.allowance = allowance

    def format(self) -> bytes:
        """Return the content of the file: one line with a checksum."""
        fields = (self.used, self.bound, self.boottime, self.allowance)
        numbers = " ".join(map(str, fields))
        line = f"{_FORMAT} {numbers} {self.boot_id or '-'}"
        return f"{line} {crc32(line.encode()):08x}\n".encode()


def path(folder: str, name: str) -> str:
    """Return the path of the file of an interface."""
    return f"{folder}/{name}.stamp"


def parse(content: bytes) -> StoredTimestamp:
    """Parse the content of the file.

    Raises:
        ValueError: the content is damaged.
    """
    line, _, checksum = content.rstrip(b"\n").rpartition(b" ")
    if checksum != f"{crc32(line):08x}".encode():
        raise ValueError("damaged: wrong checksum")
    fields = line.decode().split(" ")
    if len(fields) != 6 or fields[0] != _FORMAT:
        raise ValueError("unknown format")
    used, bound, boottime, allowance = map(int, fields[1:5])
    if not 0 <= used <= bound < _MAX_TIME:
        raise ValueError("time out of range")
    if not 0 <= boottime < _MAX_DURATION or not 0 <= allowance < _MAX_DURATION:
        raise ValueError("duration out of range")
    return StoredTimestamp(used, bound, fields[5], boottime, allowance)
