"""Test vectors, for CPython and MicroPython."""

import json

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

_FOLDER = __file__.rpartition("/")[0]


def load(name: str) -> "Any":
    """Return the content of a JSON file of this folder."""
    with open(_FOLDER + "/" + name) as file:
        return json.load(file)
