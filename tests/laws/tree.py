"""The source tree as the rules read it: parsed modules, and findings as text."""

import ast
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).parents[2]
PACKAGE = "pywg_embedded"
FOLDERS = (PACKAGE, "tests", "qemu", "luci", "package")
LIBPYWG = Path(PACKAGE, "dataplane", "libpywg")
RESOURCES = Path("luci/luci-proto-pywg/htdocs/luci-static/resources/pywg")
MAX_FUNCTION_LINES = 60


class Module(NamedTuple):
    """A Python module; ``name`` is dotted and relative to the root of the tree.

    A package has the name of its folder.
    """

    name: str
    tree: ast.Module
    is_package: bool = False


# Yields one text for each violation in a module.
Rule = Callable[[Module], Iterator[str]]


def read(path: Path) -> Module:
    """Parse the module at ``path``."""
    dotted = ".".join(path.relative_to(ROOT).with_suffix("").parts)
    name = dotted.removesuffix(".__init__")
    return Module(name, ast.parse(path.read_text()), name != dotted)


def python_modules() -> list[Module]:
    """Return all Python modules of the tree, sorted by folder and path."""
    paths = (
        path for folder in FOLDERS for path in sorted((ROOT / folder).rglob("*.py"))
    )
    return [read(path) for path in paths]


def within(name: str, prefixes: Iterable[str]) -> bool:
    """Return whether a dotted name is one of the prefixes or below one of them."""
    return any(f"{name}.".startswith(f"{prefix}.") for prefix in prefixes)


def find_cycle(graph: dict[str, set[str]]) -> list[str]:
    """Return the nodes of one cycle in order, or an empty list if there is none."""
    finished: set[str] = set()
    for start in sorted(graph):
        cycle = _find_cycle_from(start, graph, finished)
        if cycle:
            return cycle
    return []


def _find_cycle_from(
    start: str, graph: dict[str, set[str]], finished: set[str]
) -> list[str]:
    path: list[str] = []
    stack = (
        [(start, iter(sorted(graph.get(start, ()))))] if start not in finished else []
    )
    path.extend(node for node, _ in stack)
    while stack:
        node, successors = stack[-1]
        successor = next(successors, None)
        if successor is None:
            finished.add(node)
            path.pop()
            stack.pop()
        elif successor in path:
            return path[path.index(successor) :]
        elif successor not in finished:
            path.append(successor)
            stack.append((successor, iter(sorted(graph.get(successor, ())))))
    return []
