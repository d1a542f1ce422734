"""The tests of the modules, under node's test runner."""

import pytest

from .node import FOLDER, needs_node, run

FILES = sorted(str(path.relative_to(FOLDER)) for path in FOLDER.rglob("*.test.mjs"))


@needs_node
@pytest.mark.parametrize("name", FILES)
def test_node_tests_pass(name: str) -> None:
    done = run("--test", name)
    assert done.returncode == 0, done.stdout + done.stderr
