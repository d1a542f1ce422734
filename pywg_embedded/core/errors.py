"""Every error that this project raises by itself.

The numbers are spelled out because MicroPython's ``errno`` lacks half of them; they
are the same on every architecture that OpenWrt builds for.
"""

EIO = 5
EINVAL = 22
ENOSPC = 28
EPROTO = 71


class Error(Exception):
    """Base of all our errors; its text is one line for a person.

    ``errno`` is the positive Linux number that a UAPI answer carries, negated.
    """

    errno = EIO


class ConfigError(Error):
    """Text or a value that cannot be accepted; says what is wrong, and where."""

    errno = EINVAL

    def __init__(self, message: str, errno: int = EINVAL) -> None:
        super().__init__(message)
        self.errno = errno


class LimitError(ConfigError):
    """A table is full; says which, how large it is, and how to raise it."""

    def __init__(self, message: str) -> None:
        super().__init__(message, ENOSPC)


class Drop(Error):
    """A datagram that must not be answered; ``args[0]`` is the reason it counts as.

    Never leaves ``Device.receive_datagram``.
    """
