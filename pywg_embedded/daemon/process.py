"""What the process may do, once it has what only more could get, and what stays in
memory of all that starting takes."""

from ..core.errors import Error

TYPE_CHECKING = False
if TYPE_CHECKING:
    from .log import Log

_NET_BIND_SERVICE, _NET_ADMIN = 10, 12
# The TUN, routes, marks; and a port below 1024, which may be chosen any time.
_KEPT = 1 << _NET_ADMIN | 1 << _NET_BIND_SERVICE


def drop_capabilities(log: "Log") -> None:
    """Keep what is needed later; before there are other threads, which keep theirs."""
    try:
        from ..dataplane import native

        native.keep_capabilities(_KEPT)
    except (Error, ImportError, OSError) as error:
        # Where Python moves the packets there need not be a libpywg.
        log.verbose(f"goes on with all capabilities: {error}")


def release_startup_pages() -> None:
    """Let go of the code that only starting needed: more than half of Python's and of
    the cipher library's."""
    try:
        from ..dataplane import native

        native.trim()
    except (Error, ImportError, OSError):
        pass  # where Python moves the packets there need not be a libpywg
