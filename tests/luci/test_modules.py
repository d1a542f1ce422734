"""The modules without a page, under node's own test runner."""

import pytest

from .node import FOLDER, needs_node, run

FILES = sorted(str(path.relative_to(FOLDER)) for path in FOLDER.rglob("*.test.mjs"))


@needs_node
@pytest.mark.parametrize("name", FILES)
def test_modules_do_what_their_tests_say(name: str) -> None:
    done = run("--test", name)
    assert done.returncode == 0, done.stdout + done.stderr
