"""The entry points of ``pywg`` and ``pywgd``, with a message if one cannot be loaded.

Imports nothing beyond OpenWrt's python3-base, before the command itself.
"""

import os
import sys

from . import install_hints

# The path of a file that exists until the daemon is loaded. netifd's protocol handler
# reads from it why the daemon could not start.
_STARTING = "PYWG_STARTING"


def pywg() -> int:
    """Run the control tool and return its exit code."""
    try:
        from .cli.main import main
    except Exception as error:  # a damaged file can raise any of them
        return _fail("pywg", error)
    return main()


def pywgd() -> int:
    """Run the daemon and return its exit code."""
    starting = os.environ.pop(_STARTING, "")
    try:
        from .daemon.main import main
    except Exception as error:  # as above
        return _fail("pywgd", error, starting)
    if os.path.exists(starting):
        os.unlink(starting)
    return main()


def _fail(command: str, error: Exception, starting: str = "") -> int:
    text = install_hints.explain_load_error(error)
    print(f"{command}: {text}", file=sys.stderr)
    if starting:
        with open(starting, "w") as file:
            file.write(text)
    return 1
