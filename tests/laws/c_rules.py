"""Rules for the C library: includes, function length, identifiers."""

import re
from collections.abc import Iterator
from pathlib import Path

from tests.laws.tree import LIBPYWG, MAX_FUNCTION_LINES, ROOT

SOURCE = ROOT / LIBPYWG / "src"
# The folders that each folder of src/ may include from, besides itself.
MAY_INCLUDE = {
    "sys": (),
    "net": (".",),
    "crypto": (".", "sys"),
    "offload": (".", "net"),
    "io": (".", "net", "offload", "sys"),
    ".": ("crypto", "io", "net", "offload", "sys"),
}
# What a folder below the plane may use of src/ itself: no state of a plane.
LEAF_HEADERS = ("byteorder", "wireguard", "prefix", "drop_reasons")

BANNED_IDENTIFIERS = frozenset(
    [
        "number",
        "one",
        "thing",
        "what",
        "other",
        "pump",
        "ring",
        "silence",
        "happened",
        "arrival",
        "waiting",
        "lane",
        "lanes",
        "sieve",
        "session",
        "sessions",
    ]
)
# Besides src/crypto; of that, all but the file that compares a key of ours with the key
# of the packet before.
CONSTANT_TIME_FILES = ("src/cookie.c", "src/handshake_filter.c", "src/receive.c")
VARIABLE_TIME_FILES = ("src/crypto/aead_openssl.c",)

BANNED_PREFIXES = ("lanes_", "arrivals_", "sieve_", "incoming_", "outgoing_")

_INCLUDE = re.compile(r'^#include "([^"]+)"', re.MULTILINE)
_COMMENT_OR_STRING = re.compile(r'/\*.*?\*/|//[^\n]*|"(?:\\.|[^"\\\n])*"', re.DOTALL)
_IDENTIFIER = re.compile(r"\b[A-Za-z_]\w*\b")


def sources(folder: Path = SOURCE) -> list[Path]:
    """Return the C files below a folder."""
    return sorted(folder.rglob("*.[ch]"))


def strip_comments_and_strings(text: str) -> str:
    """Return C source without comments and strings; line numbers stay."""
    return _COMMENT_OR_STRING.sub(lambda m: "\n" * m.group().count("\n"), text)


def module_name(path: Path) -> str:
    """Return the module of a file: x.c and x.h are one module."""
    return path.relative_to(SOURCE).with_suffix("").as_posix()


def included_modules(path: Path) -> Iterator[str]:
    """Yield the modules of src/ that a file includes, without its own."""
    for name in _INCLUDE.findall(path.read_text()):
        for base in (path.parent, SOURCE):
            if (base / name).exists():
                target = module_name((base / name).resolve())
                if target != module_name(path):
                    yield target
                break


def include_graph() -> dict[str, set[str]]:
    """Return the modules that each module of src/ includes."""
    graph: dict[str, set[str]] = {}
    for path in sources():
        graph.setdefault(module_name(path), set()).update(included_modules(path))
    return graph


def includes_against_the_layers() -> Iterator[str]:
    """Check that net, sys, crypto and offload stay below the plane."""
    for path in sources():
        folder = path.parent.relative_to(SOURCE).as_posix()
        for target in included_modules(path):
            target_folder = Path(target).parent.as_posix()
            if target_folder == folder:
                continue
            is_leaf = target_folder == "." and target in LEAF_HEADERS
            allowed = target_folder in MAY_INCLUDE[folder]
            if not allowed or (target_folder == "." and folder != "io" and not is_leaf):
                yield f"{path.relative_to(SOURCE)} includes {target}"


def function_lengths(text: str) -> Iterator[tuple[str, int]]:
    """Yield name and length of each function body in formatted C source."""
    lines = text.splitlines()
    start = None
    for index, line in enumerate(lines):
        if line == "{":
            start = index
        elif line == "}" and start is not None:
            yield lines[start - 1].strip(), index - start + 1
            start = None


def banned_identifiers(text: str) -> Iterator[str]:
    """Yield the identifiers that the vocabulary has replaced, with their lines."""
    lines = strip_comments_and_strings(text).splitlines()
    for line_number, line in enumerate(lines, 1):
        for name in _IDENTIFIER.findall(line):
            if name in BANNED_IDENTIFIERS or name.startswith(BANNED_PREFIXES):
                yield f"{name} in line {line_number}"


def variable_time_comparisons(place: Path, text: str) -> Iterator[str]:
    """Yield the uses of ``memcmp`` where macs, tags and keys are checked.

    ``primitives_equal`` and the functions of the crypto libraries take constant time.
    """
    if str(place) in VARIABLE_TIME_FILES:
        return
    if place.parts[:2] == ("src", "crypto") or str(place) in CONSTANT_TIME_FILES:
        for line_number, line in enumerate(text.splitlines(), 1):
            if "memcmp" in _IDENTIFIER.findall(line):
                yield f"memcmp in line {line_number}"


def findings() -> Iterator[str]:
    """Yield all violations of the rules for single files."""
    yield from includes_against_the_layers()
    for path in sources(ROOT / LIBPYWG):
        if "third_party" in path.parts:
            continue
        text = path.read_text()
        place = path.relative_to(ROOT / LIBPYWG)
        yield from (f"{place}: {name}" for name in banned_identifiers(text))
        comparisons = variable_time_comparisons(place, text)
        yield from (f"{place}: {finding}" for finding in comparisons)
        for name, size in function_lengths(text):
            if size > MAX_FUNCTION_LINES:
                yield f"{place}: {name} has {size} lines"
