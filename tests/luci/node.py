"""Running of scripts under node."""

import json
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

FOLDER = Path(__file__).parent
needs_node = pytest.mark.skipif(
    not shutil.which("node"), reason="node is not installed"
)


def run(*arguments: str) -> "subprocess.CompletedProcess[str]":
    """Run node in the folder of these tests."""
    return subprocess.run(
        ["node", *arguments], cwd=FOLDER, capture_output=True, text=True
    )


def output_of(script: str) -> Any:
    """Return the JSON output of a script."""
    done = run(script)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


class Evaluator:
    """A running script that answers each line of JSON with another."""

    def __init__(self, script: str) -> None:
        self._node = subprocess.Popen(
            ["node", script],
            cwd=FOLDER,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def call(self, *request: str) -> Any:
        assert self._node.stdin and self._node.stdout
        self._node.stdin.write(json.dumps(request) + "\n")
        self._node.stdin.flush()
        return json.loads(self._node.stdout.readline())

    def close(self) -> None:
        self._node.communicate()
