"""Rules for LuCI's modules: requirements without a cycle, identifiers."""

import re
from collections.abc import Iterator

from tests.laws.tree import RESOURCES, ROOT

BANNED_IDENTIFIERS = frozenset(["kept", "keep", "here", "other", "us", "thing", "what"])

_REQUIRE = re.compile(r"'require pywg\.([\w.]+)(?: as \w+)?'")
_STRING_OR_COMMENT = re.compile(
    r"/\*.*?\*/|//[^\n]*|'(?:\\.|[^'\\\n])*'|\"(?:\\.|[^\"\\\n])*\"|`(?:\\.|[^`\\])*`",
    re.DOTALL,
)
_DEFINITION = re.compile(
    r"(?:\b(?:const|let|var|function)\s+|[{,(]\s*|^\s*)(\w+)\s*(?=[:=,)(}])",
    re.MULTILINE,
)


def require_graph() -> dict[str, set[str]]:
    """Return the modules that each module requires, by dotted names."""
    graph: dict[str, set[str]] = {}
    for path in sorted((ROOT / RESOURCES).rglob("*.js")):
        name = ".".join(path.relative_to(ROOT / RESOURCES).with_suffix("").parts)
        graph[name] = set(_REQUIRE.findall(path.read_text()))
    return graph


def banned_identifiers(text: str) -> Iterator[str]:
    """Yield the identifiers that the vocabulary has replaced, with their lines."""
    code = _STRING_OR_COMMENT.sub(lambda m: "\n" * m.group().count("\n"), text)
    for match in _DEFINITION.finditer(code):
        if match.group(1) in BANNED_IDENTIFIERS:
            line = code.count("\n", 0, match.start(1)) + 1
            yield f"{match.group(1)} in line {line}"


def findings() -> Iterator[str]:
    """Yield the violations in all modules."""
    for path in sorted((ROOT / RESOURCES.parent).rglob("*.js")):
        place = path.relative_to(ROOT / RESOURCES.parent)
        for name in banned_identifiers(path.read_text()):
            yield f"{place}: {name}"
