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


class Conversation:
    """A script that answers a line of JSON with another, as long as we ask."""

    def __init__(self, script: str) -> None:
        self._node = subprocess.Popen(
            ["node", script],
            cwd=FOLDER,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def ask(self, *question: str) -> Any:
        assert self._node.stdin and self._node.stdout
        self._node.stdin.write(json.dumps(question) + "\n")
        self._node.stdin.flush()
        return json.loads(self._node.stdout.readline())

    def close(self) -> None:
        self._node.communicate()
