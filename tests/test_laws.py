"""The laws of the house: each a function that says what breaks it, and one test.

1. Imports run one way: ``cli, daemon -> openwrt -> control -> core.constants/errors``,
   ``cli, daemon -> dataplane -> core``; ``daemon`` and ``cli`` are for ``commands``.
2. ``core`` and ``control`` import what MicroPython has, ``dataplane``, ``openwrt`` and
   ``daemon`` what OpenWrt's python3-light has.
3. The primitives come in through ``crypto`` and the data plane in plain Python;
   pyroute2 stays outside the daemon.
4. No function is longer than 60 lines.
5. The sizes of the messages are written in ``core.constants`` alone.
6. Every module says what it is for, and the change log what the version brings.

What is imported for type checkers, below ``if TYPE_CHECKING:``, is free.
"""

import ast
import re
import tomllib
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

import pywg_embedded

ROOT = Path(__file__).parents[1]
PACKAGE = "pywg_embedded"
FOLDERS = (PACKAGE, "tests", "qemu", "luci")
MAX_FUNCTION_LINES = 60
MESSAGE_SIZES = (148, 92)

PROTOCOL_NUMBERS = ("core.constants", "core.errors")
# What each part may import of the package; __version__ is for all.
MAY_IMPORT: dict[str, tuple[str, ...]] = {
    "advice": (),
    "files": (),
    "commands": ("advice", "cli", "daemon"),
    "core": ("core",),
    "control": ("control", *PROTOCOL_NUMBERS),
    "openwrt": ("openwrt", "control", "files", *PROTOCOL_NUMBERS),
    "dataplane": ("dataplane", "core"),
    "dataplane.reference": ("dataplane", "core", "crypto"),
    "daemon": (
        "daemon", "dataplane", "openwrt", "control", "core", "crypto",
        "advice", "files", "names",
    ),
    "cli": (
        "cli", "openwrt", "control", "dataplane", "crypto", "advice", "names",
        *PROTOCOL_NUMBERS,
    ),
    "crypto": ("crypto",),
    "crypto._libpywg": ("dataplane.library",),
    "names": ("control", *PROTOCOL_NUMBERS),
}  # fmt: skip

MICROPYTHON = ("array", "binascii", "heapq", "struct")
ADDRESSES = ("AF_INET", "AF_INET6", "inet_ntop", "inet_pton")
PYTHON3_BASE = ("os", "sys")
PYTHON3_LIGHT = (
    "array", "binascii", "collections", "errno", "fcntl", "gc", "heapq", "os", "pwd",
    "re", "resource", "select", "signal", "socket", "stat", "struct", "sys", "syslog",
    "time",
)  # fmt: skip
# What each part may import from elsewhere; a part that is not here, anything.
MAY_IMPORT_FROM_ELSEWHERE: dict[str, tuple[str, ...]] = {
    "advice": PYTHON3_BASE,
    "commands": PYTHON3_BASE,
    "files": ("os",),
    "core": MICROPYTHON,
    "control": MICROPYTHON,
    "control.address": MICROPYTHON + tuple(f"socket.{name}" for name in ADDRESSES),
    "dataplane": PYTHON3_LIGHT,
    "dataplane._micropython": ("ffi",),
    # A part of the build; nothing imports it.
    "dataplane.libpywg": ("cffi", "runpy", "sys"),
    "dataplane.reference": (*PYTHON3_LIGHT, "nacl"),
    "openwrt": PYTHON3_LIGHT,
    "names": ("socket",),
    "daemon": PYTHON3_LIGHT,
    "daemon.attempts": (*PYTHON3_LIGHT, "hashlib"),
    "daemon.lookups": ("_thread", "os", "socket"),
}
# The only parts that may import these.
PLACES = {
    "_blake2": ("crypto",),
    "cffi": ("dataplane.libpywg",),
    "ffi": ("dataplane._micropython",),
    "nacl": ("crypto", "dataplane.reference"),
    "pyroute2": ("cli",),
}


class Module(NamedTuple):
    """``name`` is dotted, from the checkout; a package has its folder's."""

    name: str
    tree: ast.Module
    is_package: bool = False


Law = Callable[[Module], Iterator[str]]


def read(path: Path) -> Module:
    dotted = ".".join(path.relative_to(ROOT).with_suffix("").parts)
    name = dotted.removesuffix(".__init__")
    return Module(name, ast.parse(path.read_text()), name != dotted)


def within(name: str, prefixes: Iterable[str]) -> bool:
    """Whether a dotted name is one of the prefixes, or below one."""
    return any(f"{name}.".startswith(f"{prefix}.") for prefix in prefixes)


def part(module: Module, parts: Iterable[str]) -> str:
    """Which part of the package a module is in, the narrowest; "" if in none."""
    name = module.name.removeprefix(f"{PACKAGE}.")
    return max((p for p in parts if within(name, [p])), key=len, default="")


def run_time_nodes(node: ast.AST) -> Iterator[ast.AST]:
    """The node and all below it, but for what only type checkers read."""
    yield node
    children: Iterable[ast.AST] = ast.iter_child_nodes(node)
    if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING":
        children = node.orelse
    for child in children:
        yield from run_time_nodes(child)


def origin(node: ast.ImportFrom, module: Module) -> str:
    """The absolute name of what ``from ... import`` imports from."""
    if node.level == 0:
        return node.module or ""
    parents = module.name.split(".")
    package = parents[: len(parents) - node.level + module.is_package]
    return ".".join(package + ([node.module] if node.module else []))


def imports(module: Module) -> Iterator[str]:
    """Absolute names of all that is imported at run time."""
    for node in run_time_nodes(module.tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = origin(node, module)
            yield from (f"{base}.{alias.name}" for alias in node.names)


def imports_run_one_way(module: Module) -> Iterator[str]:
    allowed = (*MAY_IMPORT.get(part(module, MAY_IMPORT), ()), "__version__")
    for name in imports(module):
        own = within(name, [PACKAGE])
        if own and not within(name.removeprefix(f"{PACKAGE}."), allowed):
            yield f"imports {name}"


def imports_are_what_the_platform_has(module: Module) -> Iterator[str]:
    place = part(module, MAY_IMPORT_FROM_ELSEWHERE)
    allowed = (PACKAGE, *MAY_IMPORT_FROM_ELSEWHERE.get(place, ()))
    for name in imports(module):
        if place and not within(name, allowed):
            yield f"imports {name}"


def libraries_stay_in_their_places(module: Module) -> Iterator[str]:
    for name in imports(module):
        for library, places in PLACES.items():
            if within(name, [library]) and not part(module, places):
                yield f"imports {name}"


def lines(node: ast.stmt) -> int:
    return (node.end_lineno or node.lineno) - node.lineno + 1


def functions_are_short(module: Module) -> Iterator[str]:
    for node in ast.walk(module.tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            size = lines(node) - (lines(node.body[0]) if ast.get_docstring(node) else 0)
            if size > MAX_FUNCTION_LINES:
                yield f"{node.name} has {size} lines"


def message_sizes_are_constants(module: Module) -> Iterator[str]:
    if module.name == f"{PACKAGE}.core.constants":
        return
    for node in ast.walk(module.tree):
        if isinstance(node, ast.Constant) and node.value in MESSAGE_SIZES:
            yield f"writes {node.value} in line {node.lineno}"


def modules_say_what_they_are_for(module: Module) -> Iterator[str]:
    if module.tree.body and not ast.get_docstring(module.tree):
        yield "has no docstring"


MODULES = [
    read(path) for folder in FOLDERS for path in sorted((ROOT / folder).rglob("*.py"))
]
PACKAGE_MODULES = [module for module in MODULES if within(module.name, [PACKAGE])]

LAWS: dict[Law, list[Module]] = {
    imports_run_one_way: PACKAGE_MODULES,
    imports_are_what_the_platform_has: PACKAGE_MODULES,
    libraries_stay_in_their_places: PACKAGE_MODULES,
    functions_are_short: MODULES,
    message_sizes_are_constants: PACKAGE_MODULES,
    modules_say_what_they_are_for: MODULES,
}


@pytest.mark.parametrize("law", LAWS, ids=lambda law: law.__name__)
def test_law_is_kept(law: Law) -> None:
    assert LAWS[law]
    assert not [f"{m.name} {complaint}" for m in LAWS[law] for complaint in law(m)]


def test_changelog_says_what_the_version_brings() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    assert project["version"] == pywg_embedded.__version__
    heading = rf"^## \[?{re.escape(pywg_embedded.__version__)}\b"
    assert re.search(heading, (ROOT / "CHANGELOG.md").read_text(), re.MULTILINE)


def function(size: int) -> str:
    """A function of so many lines, beside its docstring of two."""
    return "def f():\n    '''Text\n    text'''\n" + "    x = 1\n" * (size - 1)


ONE_WAY, PLATFORM = imports_run_one_way, imports_are_what_the_platform_has
LIBRARIES, SHORT = libraries_stay_in_their_places, functions_are_short
SIZES, PURPOSE = message_sizes_are_constants, modules_say_what_they_are_for
FOR_CHECKERS = "if TYPE_CHECKING:\n    import {}\nelse:\n    import {}"

KEPT: tuple[tuple[Law, str, str], ...] = (
    (ONE_WAY, "core.noise", "from . import peer"),
    (ONE_WAY, "core.noise", FOR_CHECKERS.format("pywg_embedded.daemon", "struct")),
    (ONE_WAY, "control.uapi", "from ..core.errors import ConfigError"),
    (ONE_WAY, "dataplane.reference.aead", "from pywg_embedded import crypto"),
    (ONE_WAY, "daemon.main", "from pywg_embedded import __version__, crypto"),
    (PLATFORM, "core.noise", "import struct"),
    (PLATFORM, "control.address", "from socket import inet_pton"),
    (PLATFORM, "dataplane.reference.aead", "from nacl import bindings"),
    (PLATFORM, "cli.main", "import argparse"),
    (LIBRARIES, "crypto", "import _blake2, nacl.bindings"),
    (LIBRARIES, "cli.links", "from pyroute2 import IPRoute"),
    (SHORT, "core.noise", function(60)),
    (SIZES, "core.constants", "INITIATION_SIZE = 148"),
    (SIZES, "core.messages", "'148 bytes'"),
    (PURPOSE, "core.noise", "'''Text.'''\nx = 1"),
    (PURPOSE, "core.noise", ""),
)

BROKEN: tuple[tuple[Law, str, str, str], ...] = (
    (ONE_WAY, "core.noise", "from .. import control", "imports pywg_embedded.control"),
    (ONE_WAY, "control.uapi", "from ..core import a", "imports pywg_embedded.core.a"),
    (ONE_WAY, "openwrt.uci", "from .. import daemon", "imports pywg_embedded.daemon"),
    (ONE_WAY, "daemon.main", "import pywg_embedded.cli", "imports pywg_embedded.cli"),
    (ONE_WAY, "dataplane.a", "from .. import crypto", "imports pywg_embedded.crypto"),
    (ONE_WAY, "corex", "import pywg_embedded.core", "imports pywg_embedded.core"),
    (ONE_WAY, "core.noise", FOR_CHECKERS.format("struct", "pywg_embedded.cli"),
     "imports pywg_embedded.cli"),
    (PLATFORM, "core.noise", "def f():\n    import typing", "imports typing"),
    (PLATFORM, "control.uapi", "import socket", "imports socket"),
    (PLATFORM, "control.address", "from socket import socket", "imports socket.socket"),
    (PLATFORM, "daemon.main", "import asyncio", "imports asyncio"),
    (PLATFORM, "dataplane.a", "import logging.handlers", "imports logging.handlers"),
    (LIBRARIES, "openwrt.ubus", "import pyroute2", "imports pyroute2"),
    (LIBRARIES, "cli.keys", "from nacl import bindings", "imports nacl.bindings"),
    (LIBRARIES, "dataplane.a", "import _blake2", "imports _blake2"),
    (SHORT, "core.noise", function(61), "f has 61 lines"),
    (SIZES, "core.messages", "x = 1\ny = 148", "writes 148 in line 2"),
    (SIZES, "core.messages", "x = [92]", "writes 92 in line 1"),
    (PURPOSE, "core.noise", "x = 1", "has no docstring"),
)  # fmt: skip


def complaints(law: Law, name: str, source: str) -> list[str]:
    return list(law(Module(f"{PACKAGE}.{name}", ast.parse(source))))


@pytest.mark.parametrize("row", range(len(KEPT)))
def test_laws_let_pass_what_keeps_them(row: int) -> None:
    assert complaints(*KEPT[row]) == []


@pytest.mark.parametrize("row", range(len(BROKEN)))
def test_laws_name_what_breaks_them(row: int) -> None:
    law, name, source, complaint = BROKEN[row]
    assert complaints(law, name, source) == [complaint]
