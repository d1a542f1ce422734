"""Known answers, read by tests under CPython and MicroPython alike."""

import json

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

_FOLDER = __file__.rpartition("/")[0]


def load(name: str) -> "Any":
    """What the JSON file ``name`` of this folder holds."""
    with open(_FOLDER + "/" + name) as file:
        return json.load(file)
