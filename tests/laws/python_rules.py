"""Rules for Python: imports, function length, docstrings, identifiers.

Imports below ``if TYPE_CHECKING:`` are not executed. They are free, except in ``core``,
which names nothing above itself.
"""

import ast
from collections.abc import Iterable, Iterator

from tests.laws.tree import MAX_FUNCTION_LINES, PACKAGE, Module, within

MESSAGE_SIZES = (148, 92)

CORE_VALUES = (
    "core.config", "core.constants", "core.drop_reasons", "core.errors", "core.secret",
)  # fmt: skip
# The parts of the package that each part may import; __version__ is free for all.
MAY_IMPORT: dict[str, tuple[str, ...]] = {
    "install_hints": (),
    "files": (),
    "commands": ("install_hints", "cli", "daemon"),
    "core": ("core",),
    "control": ("control", *CORE_VALUES),
    "openwrt": ("openwrt", "control", "files", "dataplane.limits", *CORE_VALUES),
    "dataplane": ("dataplane", "core"),
    "dataplane.reference": ("dataplane", "core", "crypto"),
    "daemon": (
        "daemon", "dataplane", "openwrt", "control", "core", "crypto",
        "install_hints", "files", "hostname",
    ),
    "cli": (
        "cli", "openwrt", "control", "dataplane", "crypto", "install_hints", "hostname",
        *CORE_VALUES,
    ),
    "crypto": ("crypto",),
    "crypto._libpywg": ("dataplane.library",),
    "hostname": ("control", *CORE_VALUES),
}  # fmt: skip

MICROPYTHON = ("array", "binascii", "heapq", "struct")
ADDRESSES = ("AF_INET", "AF_INET6", "inet_ntop", "inet_pton")
PYTHON3_BASE = ("os", "sys")
PYTHON3_LIGHT = (
    "array", "binascii", "collections", "errno", "fcntl", "gc", "heapq", "os", "pwd",
    "re", "resource", "select", "signal", "socket", "stat", "struct", "sys", "syslog",
    "time",
)  # fmt: skip
# The modules from outside that each part may import; a part without a row is free.
MAY_IMPORT_FROM_OUTSIDE: dict[str, tuple[str, ...]] = {
    "install_hints": PYTHON3_BASE,
    "commands": PYTHON3_BASE,
    "files": ("os",),
    "core": MICROPYTHON,
    "control": MICROPYTHON,
    "control.address": MICROPYTHON + tuple(f"socket.{name}" for name in ADDRESSES),
    "dataplane": PYTHON3_LIGHT,
    "dataplane._micropython": ("ffi",),
    # Parts of the build; nothing imports them.
    "dataplane.libpywg": ("cffi", "pathlib", "runpy", "sys"),
    "dataplane.reference": (*PYTHON3_LIGHT, "nacl"),
    "openwrt": PYTHON3_LIGHT,
    "hostname": ("socket",),
    "daemon": PYTHON3_LIGHT,
    "daemon.openwrt.restart_backoff": (*PYTHON3_LIGHT, "hashlib"),
    "daemon.endpoints.lookups": ("_thread", "os", "socket"),
}
# The only parts that may import these libraries.
LIBRARY_USERS = {
    "_blake2": ("crypto",),
    "cffi": ("dataplane.libpywg",),
    "ffi": ("dataplane._micropython",),
    "nacl": ("crypto", "dataplane.reference"),
    "pyroute2": ("cli",),
}

# The parts that compare bytes from the network with secrets; the words of such values,
# and constants that are no secret.
CONSTANT_TIME_PARTS = ("core", "crypto", "dataplane.reference")
SECRET_WORDS = frozenset(
    ["mac", "mac1", "mac2", "secret", "shared", "private", "preshared", "psk", "cookie"]
)
PUBLIC_VALUES = ("NO_MAC", "ZERO_KEY", "MESSAGE_COOKIE_REPLY")
_EQUALITIES = (ast.Eq, ast.NotEq)
# Calls and modules that wait for another process or a time.
_WAITING_CALLS = frozenset(
    [
        "getaddrinfo", "gethostbyname", "openlog", "popen", "settimeout",
        "sigtimedwait", "sleep", "subprocess", "system", "waitpid",
    ]
)  # fmt: skip
_WAIT_ELSEWHERE = ("daemon.openwrt.restart_backoff",)

# Words that say nothing, and private names that a standard term has replaced.
BANNED_IDENTIFIERS = frozenset(
    [
        "number",
        "one",
        "thing",
        "what",
        "other",
        "pump",
        "tend",
        "hurry",
        "lead",
        "greet",
        "demand",
        "ask",
        "Thing",
        "_TOLD",
        "sift",
        "admit",
        "turned_away",
        "Admission",
        "Sieve",
        "Attempts",
        "Bus",
        "Detours",
        "Hearing",
        "Stamps",
        "Watch",
        "assert_in_the_middle",
        "lanes",
    ]
)
# Docstrings that refer to the text above them.
_DEPENDENT_OPENINGS = ("the same", "as above", "those", "it is so", "see above")


def part(module: Module, parts: Iterable[str]) -> str:
    """Return the narrowest part of the package that holds a module, or ""."""
    name = module.name.removeprefix(f"{PACKAGE}.")
    return max((p for p in parts if within(name, [p])), key=len, default="")


def run_time_nodes(node: ast.AST) -> Iterator[ast.AST]:
    """Yield a node and all nodes below it, without those for type checkers."""
    yield node
    children: Iterable[ast.AST] = ast.iter_child_nodes(node)
    if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING":
        children = node.orelse
    for child in children:
        yield from run_time_nodes(child)


def import_origin(node: ast.ImportFrom, module: Module) -> str:
    """Return the absolute name that ``from ... import`` imports from."""
    if node.level == 0:
        return node.module or ""
    parents = module.name.split(".")
    package = parents[: len(parents) - node.level + module.is_package]
    return ".".join(package + ([node.module] if node.module else []))


def imports(module: Module, nodes: Iterable[ast.AST] | None = None) -> Iterator[str]:
    """Yield the absolute names that the nodes import; by default, at run time."""
    for node in run_time_nodes(module.tree) if nodes is None else nodes:
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = import_origin(node, module)
            yield from (f"{base}.{alias.name}" for alias in node.names)


def imports_run_one_way(module: Module) -> Iterator[str]:
    """Check the layers of the package."""
    place = part(module, MAY_IMPORT)
    allowed = (*MAY_IMPORT.get(place, ()), "__version__")
    nodes = ast.walk(module.tree) if place == "core" else None
    for name in imports(module, nodes):
        own = within(name, [PACKAGE])
        if own and not within(name.removeprefix(f"{PACKAGE}."), allowed):
            yield f"imports {name}"


def imports_exist_on_the_platform(module: Module) -> Iterator[str]:
    """Check for modules that MicroPython or OpenWrt's python3-light lacks."""
    place = part(module, MAY_IMPORT_FROM_OUTSIDE)
    allowed = (PACKAGE, *MAY_IMPORT_FROM_OUTSIDE.get(place, ()))
    for name in imports(module):
        if place and not within(name, allowed):
            yield f"imports {name}"


def libraries_have_one_user(module: Module) -> Iterator[str]:
    """Check that primitives and bindings are imported in their own place only."""
    for name in imports(module):
        for library, users in LIBRARY_USERS.items():
            if within(name, [library]) and not part(module, users):
                yield f"imports {name}"


def daemon_waits_in_one_place(module: Module) -> Iterator[str]:
    """Check that packets wait for nothing: only the data plane waits, and moves them.

    A lookup waits in a thread of its own, the back-off before the data plane exists.
    """
    name = module.name.removeprefix(f"{PACKAGE}.")
    if not within(name, ["daemon", "openwrt"]) or name in _WAIT_ELSEWHERE:
        return
    for node in ast.walk(module.tree):
        names: list[str] = []
        if isinstance(node, ast.Attribute):
            names = [node.attr]
        elif isinstance(node, ast.Import | ast.ImportFrom):
            names = [alias.name for alias in node.names]
        for used in names:
            if used in _WAITING_CALLS:
                yield f"uses {used}"


def import_graph(modules: Iterable[Module]) -> dict[str, set[str]]:
    """Return the names of the package's modules that each module imports."""
    modules = list(modules)
    names = {module.name for module in modules}
    graph: dict[str, set[str]] = {}
    for module in modules:
        targets = set()
        for name in imports(module):
            # ``from a import b``: b is a module, or a name in the module a.
            target = name if name in names else name.rpartition(".")[0]
            if target in names and target != module.name:
                targets.add(target)
        graph[module.name] = targets
    return graph


def line_count(node: ast.stmt) -> int:
    """Return the number of source lines of a statement."""
    return (node.end_lineno or node.lineno) - node.lineno + 1


def functions_are_short(module: Module) -> Iterator[str]:
    """Check that no function is longer than 60 lines, docstring excluded."""
    for node in ast.walk(module.tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            docstring = line_count(node.body[0]) if ast.get_docstring(node) else 0
            size = line_count(node) - docstring
            if size > MAX_FUNCTION_LINES:
                yield f"{node.name} has {size} lines"


def message_sizes_are_constants(module: Module) -> Iterator[str]:
    """Check that message sizes are written in ``core.constants`` only."""
    if module.name == f"{PACKAGE}.core.constants":
        return
    for node in ast.walk(module.tree):
        if isinstance(node, ast.Constant) and node.value in MESSAGE_SIZES:
            yield f"writes {node.value} in line {node.lineno}"


def secrets_are_compared_in_constant_time(module: Module) -> Iterator[str]:
    """Check that received macs, tags and secrets are never compared by ``==``.

    The time of such a comparison tells how many bytes are correct. Only a comparison
    with the constants in ``PUBLIC_VALUES`` is free.
    """
    if not part(module, CONSTANT_TIME_PARTS):
        return
    for node in ast.walk(module.tree):
        if not isinstance(node, ast.Compare):
            continue
        sides = [node.left, *node.comparators]
        is_equality = any(isinstance(each, _EQUALITIES) for each in node.ops)
        is_free = any(_last_name(side) in PUBLIC_VALUES for side in sides)
        if is_equality and not is_free and any(map(_is_secret, sides)):
            yield f"compares {ast.unparse(node)} in line {node.lineno}"


def _last_name(node: ast.expr) -> str:
    if isinstance(node, ast.Name):
        return node.id
    return node.attr if isinstance(node, ast.Attribute) else ""


def _is_secret(node: ast.expr) -> bool:
    while isinstance(node, ast.Subscript):
        # A part of a message from or up to a mac.
        bounds = ast.unparse(node.slice)
        if "MAC1_OFFSET" in bounds or "MAC2_OFFSET" in bounds:
            return True
        node = node.value
    if isinstance(node, ast.Call):
        node = node.func
    words = _last_name(node).strip("_").lower().split("_")
    return not SECRET_WORDS.isdisjoint(words) and "size" not in words


def modules_have_docstrings(module: Module) -> Iterator[str]:
    """Check that each module that holds code says what it is."""
    if module.tree.body and not ast.get_docstring(module.tree):
        yield "has no docstring"


Definition = ast.FunctionDef | ast.ClassDef


def public_definitions(
    node: ast.AST, prefix: str = ""
) -> Iterator[tuple[str, Definition]]:
    """Yield public functions, classes and methods, with their qualified names."""
    for child in ast.iter_child_nodes(node):
        if isinstance(child, Definition) and not child.name.startswith("_"):
            name = f"{prefix}{child.name}"
            yield name, child
            if isinstance(child, ast.ClassDef):
                yield from public_definitions(child, f"{name}.")
        elif isinstance(child, ast.If | ast.Try):
            yield from public_definitions(child, prefix)


def public_definitions_have_docstrings(module: Module) -> Iterator[str]:
    """Check that each public definition has a docstring that stands alone."""
    for name, node in public_definitions(module.tree):
        text = ast.get_docstring(node)
        if not text:
            yield f"{name} has no docstring"
        elif text.lower().startswith(_DEPENDENT_OPENINGS):
            yield f"{name}: the docstring does not stand alone: {text.splitlines()[0]}"


def defined_identifiers(tree: ast.Module) -> Iterator[tuple[str, int]]:
    """Yield each identifier that a module defines, with its line."""
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            yield node.name, node.lineno
        elif isinstance(node, ast.arg):
            yield node.arg, node.lineno
        elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            yield node.id, node.lineno
        elif isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Store):
            yield node.attr, node.lineno


def identifiers_are_in_the_vocabulary(module: Module) -> Iterator[str]:
    """Check for identifiers that the vocabulary has replaced or refuses."""
    for name, line in defined_identifiers(module.tree):
        if name in BANNED_IDENTIFIERS:
            yield f"defines {name} in line {line}"
