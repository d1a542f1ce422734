"""``python -m tests.message_list``: write ``messages.txt``, all messages to users.

The list makes the language of the package reviewable in one place. A message is found
in the syntax tree: it is a string in the call of an exception, of a log method or of
``print``, or any other string of two words or more. Docstrings are messages if they are
the help of a command. A placeholder has the text of its expression, if that is simple.
"""

import ast
import re
import sys
from collections.abc import Iterator
from pathlib import Path

from pywg_embedded.cli.main import COMMANDS

ROOT = Path(__file__).parents[1]
LIST = ROOT / "tests/messages.txt"
PACKAGE = ROOT / "pywg_embedded"
# Scripts of the build, which users do not run; and a file that they write.
_EXCLUDED = ("dataplane/libpywg/", "dataplane/_libpywg.py")
_CALLS = re.compile(r"\w*Error|error|warning|verbose|_log_once|located|print")
_TWO_WORDS = re.compile(r"[A-Za-z}'\")][,:;]? [A-Za-z{('\"]")
_WORD = re.compile(r"[A-Za-z]{2}")
_PLACEHOLDER = re.compile(r"{.*?}")


def text_of(node: ast.expr) -> str | None:
    """Return the text of a string expression, None if it is another expression."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return node.value
    if isinstance(node, ast.JoinedStr):
        return "".join(map(_part_of, node.values))
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add):
        left, right = text_of(node.left), text_of(node.right)
        if left is not None or right is not None:
            return _or_placeholder(left, node.left) + _or_placeholder(right, node.right)
    return None


def _part_of(node: ast.expr) -> str:
    if isinstance(node, ast.FormattedValue):
        return _placeholder(node.value)
    return text_of(node) or ""


def _or_placeholder(text: str | None, node: ast.expr) -> str:
    return _placeholder(node) if text is None else text


def _placeholder(node: ast.expr) -> str:
    # Python's versions differ in the quotes that unparse() writes.
    code = ast.unparse(node)
    return "{...}" if "'" in code or '"' in code else f"{{{code}}}"


def strings(node: ast.AST, in_call: bool = False) -> Iterator[tuple[str, bool]]:
    """Yield the strings below a node, and whether each is in the call of a message.

    Docstrings, annotations, assertions and code for type checkers are left out.
    """
    if isinstance(node, ast.expr):
        text = text_of(node)
        if text is not None:
            yield text, in_call
            return
    if isinstance(node, ast.Call):
        in_call = in_call or bool(_CALLS.fullmatch(_name_of(node.func)))
        if _name_of(node.func) == "AssertionError":
            return
    for child in _children(node):
        yield from strings(child, in_call)


def _name_of(function: ast.expr) -> str:
    if isinstance(function, ast.Attribute):
        return function.attr
    return function.id if isinstance(function, ast.Name) else ""


def _children(node: ast.AST) -> Iterator[ast.AST]:
    if isinstance(node, ast.Assert | ast.arg):
        return
    if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING":
        yield from node.orelse
        return
    for name, value in ast.iter_fields(node):
        if name in ("annotation", "returns"):
            continue
        for child in value if isinstance(value, list) else [value]:
            if isinstance(child, ast.Expr) and isinstance(child.value, ast.Constant):
                continue
            if isinstance(child, ast.AST):
                yield child


def messages(source: str) -> Iterator[str]:
    """Yield the messages of a module in their order, each line of a text for itself.

    A text of placeholders only is no message.
    """
    for text, in_call in strings(ast.parse(source)):
        words = _PLACEHOLDER.sub("", text)
        if _WORD.search(words) and (in_call or _TWO_WORDS.search(text)):
            for line in text.splitlines():
                if line.strip():
                    yield line.strip()


def _modules() -> Iterator[Path]:
    for path in sorted(PACKAGE.rglob("*.py")):
        if not path.relative_to(PACKAGE).as_posix().startswith(_EXCLUDED):
            yield path


def generate() -> str:
    """Return the content of ``messages.txt``."""
    lines: dict[str, None] = {}
    for path in _modules():
        place = path.relative_to(ROOT).as_posix()
        lines.update(dict.fromkeys(f"{place}: {m}" for m in messages(path.read_text())))
        for command in COMMANDS.values():
            if Path(sys.modules[command.run.__module__].__file__ or "") == path:
                lines[f"{place}: {command.run.__doc__}"] = None
    return "\n".join(lines) + "\n"


def main() -> int:
    """Write ``messages.txt`` and return the exit code."""
    LIST.write_text(generate())
    return 0


if __name__ == "__main__":
    sys.exit(main())
