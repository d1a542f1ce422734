"""What stays in memory of all that starting takes."""

from ..core.errors import Error


def trim() -> None:
    """Let go of the code that only starting needed: more than half of Python's and of
    the cipher library's."""
    try:
        from ..dataplane import native

        native.trim()
    except (Error, ImportError, OSError):
        pass  # where Python moves the packets there need not be a libpywg
