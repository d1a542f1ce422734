"""``messages.txt`` lists all messages to users."""

import pytest

from tests.message_list import LIST, generate, messages


def test_list_is_unchanged_when_generated_again() -> None:
    assert LIST.read_text() == generate(), "run: make generate"


SOURCES = [
    pytest.param('raise ConfigError("missing")', ["missing"], id="exception"),
    pytest.param('log.error(f"port {p!r}: {e.x}")', ["port {p}: {e.x}"], id="log"),
    pytest.param('print("a" if up else f"b{c}")', [], id="too-short"),
    pytest.param('print("up" if up else "down")', ["up", "down"], id="two-branches"),
    pytest.param('X = {1: "no such peer"}', ["no such peer"], id="table"),
    pytest.param('x = "in use by " + name', ["in use by {name}"], id="concatenation"),
    pytest.param('X = """usage: x\n\n  -v  text\n"""', ["usage: x", "-v  text"],
                 id="lines"),
    pytest.param('def f(x: "a b") -> "c d":\n    "One two."', [], id="not-a-message"),
    pytest.param('X = "word"\nassert x, "one two"', [], id="word-or-assertion"),
]  # fmt: skip


@pytest.mark.parametrize(("source", "expected"), SOURCES)
def test_messages_are_found(source: str, expected: list[str]) -> None:
    assert list(messages(source)) == expected
