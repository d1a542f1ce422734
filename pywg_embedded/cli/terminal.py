"""Colours, as control sequences of terminals (ECMA-48, 8.3.117)."""

import os
import re
import sys

RESET = "\x1b[0m"
BOLD = "\x1b[1m"
RED = "\x1b[31m"
GREEN = "\x1b[32m"
YELLOW = "\x1b[33m"
CYAN = "\x1b[36m"

_MODES = {"always": True, "never": False}
_CODE = re.compile("\x1b\\[[0-9]+m")


def write(text: str) -> None:
    """Write to standard output, in colours if it is a terminal.

    The environment variable WG_COLOR_MODE, ``always`` or ``never``, overrides that.
    """
    colored = _MODES.get(os.environ.get("WG_COLOR_MODE", ""), sys.stdout.isatty())
    sys.stdout.write(text if colored else _CODE.sub("", text))
