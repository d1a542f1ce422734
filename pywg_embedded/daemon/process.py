"""Capabilities, core dumps, files and resident memory of the process."""

import sys

from ..core.errors import Error

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

    from .log import Log

_NET_BIND_SERVICE, _NET_ADMIN = 10, 12
_NULL_DEVICE = "/dev/null"
# For TUN, routes and fwmark; and for a listen port below 1024, which may be set later.
_KEPT = 1 << _NET_ADMIN | 1 << _NET_BIND_SERVICE


def drop_capabilities(log: "Log") -> None:
    """Drop all capabilities but CAP_NET_ADMIN and CAP_NET_BIND_SERVICE.

    To be called before the first thread starts: threads have capabilities of their own.
    """
    try:
        from ..dataplane import native

        native.keep_capabilities(_KEPT)
    except (Error, ImportError, OSError) as error:
        # The reference plane works without libpywg.
        log.verbose(f"keeping all capabilities: {error}")


def restrict_writes(folders: "Iterable[str]", log: "Log") -> None:
    """Forbid programs, signals, and writes to files but those in ``folders``.

    To be called before the first thread starts, once everything else is open. A kernel
    without Landlock forbids nothing.
    """
    paths = [*folders, _NULL_DEVICE]
    if sys.pycache_prefix:
        paths.append(sys.pycache_prefix)
    try:
        from ..dataplane import native

        version = native.restrict_writes(paths)
        log.verbose(f"files are protected by Landlock, version {version}")
    except (Error, ImportError, OSError) as error:
        log.verbose(f"files are not protected by Landlock: {error}")


def forbid_dumps(log: "Log") -> None:
    """Forbid core dumps of the process and ptrace: its memory holds keys.

    To be called before a key is read.
    """
    try:
        from ..dataplane import native

        native.forbid_dumps()
    except (Error, ImportError, OSError) as error:
        log.verbose(f"core dumps stay possible: {error}")


def release_startup_pages() -> None:
    """Release the code pages that only start-up needs.

    They are more than half of the resident pages of Python and the cipher library.
    """
    try:
        from ..dataplane import native

        native.trim()
    except (Error, ImportError, OSError):
        pass  # the reference plane works without libpywg
