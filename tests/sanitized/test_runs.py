"""The tests that run with sanitizers exist: pytest runs none if one is missing."""

from pathlib import Path

import pytest

from tests.sanitized.__main__ import RUNS

CHECKOUT = Path(__file__).resolve().parents[2]
TESTS = [
    words.removeprefix("--ignore=")
    for run in RUNS.values()
    for words in run
    if not words.startswith(("-k=", "-m="))
]


@pytest.mark.parametrize("test", TESTS)
def test_named_test_exists(test: str) -> None:
    path, _, function = test.partition("::")
    assert (CHECKOUT / path).exists()
    name = function.partition("[")[0]
    if name:
        assert f"\ndef {name}(" in (CHECKOUT / path).read_text()
