"""Node, for those tests that need it."""

import json
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

FOLDER = Path(__file__).parent
needs_node = pytest.mark.skipif(not shutil.which("node"), reason="there is no node")


def run(*arguments: str) -> "subprocess.CompletedProcess[str]":
    """Node in the folder of these tests."""
    return subprocess.run(
        ["node", *arguments], cwd=FOLDER, capture_output=True, text=True
    )


def printed(script: str) -> Any:
    """What a script prints as JSON."""
    done = run(script)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)
