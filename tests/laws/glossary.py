"""The module list of docs/glossary.md, and the modules that exist."""

import re
from collections.abc import Iterator

from tests.laws.tree import LIBPYWG, PACKAGE, RESOURCES, ROOT

GLOSSARY = ROOT / "docs/glossary.md"
_FOLDER = re.compile(r"^## `([^`]+)/`$")
# Written by the build, not by people.
_BUILT = f"{PACKAGE}/dataplane/_libpywg.py"
_ROW = re.compile(r"^\| `([^`]+)` \| (.+) \|$")


def listed_modules(text: str) -> Iterator[str]:
    """Yield the paths of the modules that a glossary lists, relative to the root."""
    folder = ""
    for line in text.splitlines():
        if match := _FOLDER.match(line):
            folder = match.group(1)
        elif folder and (match := _ROW.match(line)):
            yield f"{folder}/{match.group(1)}"


def existing_modules() -> Iterator[str]:
    """Yield the paths of Python, C and JavaScript modules, relative to the root."""
    for path in (ROOT / PACKAGE).rglob("*.py"):
        if path.name != "__init__.py" and path != ROOT / _BUILT:
            yield path.relative_to(ROOT).as_posix()
    yield (LIBPYWG / "include/pywg.h").as_posix()
    source = ROOT / LIBPYWG / "src"
    for path in source.rglob("*.[ch]"):
        if path.suffix == ".c" or not path.with_suffix(".c").exists():
            yield path.relative_to(ROOT).as_posix()
    for path in (ROOT / RESOURCES).rglob("*.js"):
        yield path.relative_to(ROOT).as_posix()
