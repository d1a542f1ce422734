"""The commands, and what is said where Python cannot load one.

Until it is loaded, it takes no more of Python than OpenWrt's python3-base has.
"""

import os
import sys

from . import install_hints

# Names a file that is there until the daemon is loaded: netifd's handler finds in it
# what kept us from starting.
_STARTING = "PYWG_STARTING"


def pywg() -> int:
    """The control tool; the exit code."""
    try:
        from .cli.main import main
    except Exception as error:  # what reads a damaged file can raise any
        return _refuse("pywg", error)
    return main()


def pywgd() -> int:
    """The daemon; the exit code."""
    starting = os.environ.pop(_STARTING, "")
    try:
        from .daemon.main import main
    except Exception as error:  # as above
        return _refuse("pywgd", error, starting)
    if os.path.exists(starting):
        os.unlink(starting)
    return main()


def _refuse(command: str, error: Exception, starting: str = "") -> int:
    text = install_hints.explain_load_error(error)
    print(f"{command}: {text}", file=sys.stderr)
    if starting:
        with open(starting, "w") as file:
            file.write(text)
    return 1
