"""The sending and the receiving direction of libpywg cannot name each other's data.

Their structures are complete types only where their headers are included, so that an
access from elsewhere does not compile.
"""

import subprocess
from pathlib import Path

import pytest

from pywg_embedded import dataplane

LIBPYWG = Path(dataplane.__file__).parent / "libpywg"


def included_headers(module: str) -> set[str]:
    """Return the names of all headers that a module includes, directly or not."""
    folders = (LIBPYWG / "include", LIBPYWG / "src", LIBPYWG / "third_party/blake2s")
    includes = [f"-I{folder}" for folder in folders]
    source = str(LIBPYWG / "src" / f"{module}.c")
    command = ("cc", "-MM", "-D_GNU_SOURCE", *includes, source)
    rule = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    return {Path(name).name for name in rule.split() if name.endswith(".h")}


@pytest.mark.parametrize(
    "module, owned, foreign",
    [
        pytest.param("send", "tx.h", {"rx.h", "plane.h"}, id="send"),
        pytest.param("receive", "rx.h", {"tx.h", "plane.h"}, id="receive"),
    ],
)
def test_direction_includes_only_its_own_structure(
    module: str, owned: str, foreign: set[str]
) -> None:
    headers = included_headers(module)
    assert owned in headers
    assert not headers & foreign
