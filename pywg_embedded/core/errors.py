"""The exceptions of this project.

The error numbers are defined here because MicroPython's ``errno`` lacks half of them;
they are equal on every architecture that OpenWrt supports.
"""

EIO = 5
EINVAL = 22
ENOSPC = 28
EPROTO = 71


class Error(Exception):
    """The base class; ``str()`` is a message of one line for users.

    ``errno`` is the positive Linux error number; UAPI sends it negated.
    """

    errno = EIO


class ConfigError(Error):
    """Invalid configuration text or values; the message tells the place and reason."""

    errno = EINVAL

    def __init__(self, message: str, errno: int = EINVAL) -> None:
        super().__init__(message)
        self.errno = errno


class LimitError(ConfigError):
    """A full table; the message tells which, its limit, and the option to raise."""

    def __init__(self, message: str) -> None:
        super().__init__(message, ENOSPC)


class Drop(Error):
    """A datagram to drop; ``args[0]`` is the drop reason that it is counted under.

    ``Device.receive_datagram`` catches it.
    """
