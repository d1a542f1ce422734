"""The rules of the code base, each checked over the whole tree.

1. Imports run one way: ``cli, daemon -> openwrt -> control -> core`` (its
   configuration objects, constants and errors), ``cli, daemon -> dataplane -> core``;
   ``core`` names nothing above itself. There is no cycle, in Python (imports), in C
   (includes) and in JavaScript (requirements).
2. ``core`` and ``control`` import what MicroPython has; ``dataplane``, ``openwrt`` and
   ``daemon`` what OpenWrt's python3-light has.
3. Crypto primitives are imported by ``crypto`` and the reference plane only; pyroute2
   stays outside of the daemon.
4. No function is longer than 60 lines.
5. Message sizes are written in ``core.constants`` only.
6. Each module is in the glossary, and has a docstring; so has each public definition.
7. No identifier is left that a standard term has replaced.
8. Macs and secrets are compared in constant time, in Python and in C.
9. The daemon waits in the data plane only, which moves packets meanwhile.
10. The change log has an entry for the version.
"""

import ast
import re
import tomllib
from pathlib import Path

import pytest

import pywg_embedded
from tests.laws import c_rules, glossary, javascript_rules, python_rules
from tests.laws.tree import (
    PACKAGE,
    ROOT,
    Module,
    Rule,
    find_cycle,
    python_modules,
    within,
)

MODULES = python_modules()
PACKAGE_MODULES = [module for module in MODULES if within(module.name, [PACKAGE])]

RULES: dict[Rule, list[Module]] = {
    python_rules.imports_run_one_way: PACKAGE_MODULES,
    python_rules.imports_exist_on_the_platform: PACKAGE_MODULES,
    python_rules.libraries_have_one_user: PACKAGE_MODULES,
    python_rules.functions_are_short: MODULES,
    python_rules.message_sizes_are_constants: PACKAGE_MODULES,
    python_rules.modules_have_docstrings: MODULES,
    python_rules.public_definitions_have_docstrings: PACKAGE_MODULES,
    python_rules.identifiers_are_in_the_vocabulary: MODULES,
    python_rules.secrets_are_compared_in_constant_time: PACKAGE_MODULES,
    python_rules.daemon_waits_in_one_place: PACKAGE_MODULES,
}


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.__name__)
def test_python_follows_the_rule(rule: Rule) -> None:
    assert RULES[rule]
    assert not [f"{m.name} {finding}" for m in RULES[rule] for finding in rule(m)]


def test_python_imports_have_no_cycle() -> None:
    graph = python_rules.import_graph(PACKAGE_MODULES)
    assert sum(map(len, graph.values())) > 100
    assert find_cycle(graph) == []


def test_c_includes_have_no_cycle() -> None:
    graph = c_rules.include_graph()
    assert sum(map(len, graph.values())) > 50
    assert find_cycle(graph) == []


def test_c_follows_the_rules() -> None:
    assert list(c_rules.findings()) == []


VARIABLE_TIME = (
    pytest.param("src/cookie.c", "a\nmemcmp(a, b, 16)", 1, id="cookie"),
    pytest.param("src/crypto/primitives_sodium.c", "memcmp(a, b, 1)", 1, id="crypto"),
    pytest.param("src/crypto/a.c", "sodium_memcmp CRYPTO_memcmp", 0, id="constant"),
    pytest.param("src/net/icmp.c", "memcmp(a, b, 16)", 0, id="not-secret"),
)


@pytest.mark.parametrize("place, text, count", VARIABLE_TIME)
def test_memcmp_of_secrets_is_found(place: str, text: str, count: int) -> None:
    assert len(list(c_rules.variable_time_comparisons(Path(place), text))) == count


def test_javascript_requirements_have_no_cycle() -> None:
    graph = javascript_rules.require_graph()
    assert sum(map(len, graph.values())) > 30
    assert find_cycle(graph) == []


def test_javascript_follows_the_rules() -> None:
    assert list(javascript_rules.findings()) == []


def test_glossary_lists_each_module_once() -> None:
    listed = list(glossary.listed_modules(glossary.GLOSSARY.read_text()))
    existing = set(glossary.existing_modules())
    assert sorted(set(listed) - existing) == []
    assert sorted(existing - set(listed)) == []
    assert len(listed) == len(set(listed))


def test_changelog_has_an_entry_for_the_version() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    assert project["version"] == pywg_embedded.__version__
    heading = rf"^## \[?{re.escape(pywg_embedded.__version__)}\b"
    assert re.search(heading, (ROOT / "CHANGELOG.md").read_text(), re.MULTILINE)


def function(size: int) -> str:
    """Return a function of ``size`` lines, with a docstring of two more."""
    return "def f():\n    '''Text\n    text'''\n" + "    x = 1\n" * (size - 1)


ONE_WAY = python_rules.imports_run_one_way
PLATFORM = python_rules.imports_exist_on_the_platform
LIBRARIES = python_rules.libraries_have_one_user
SHORT = python_rules.functions_are_short
SIZES = python_rules.message_sizes_are_constants
PURPOSE = python_rules.modules_have_docstrings
DOCUMENTED = python_rules.public_definitions_have_docstrings
WORDS = python_rules.identifiers_are_in_the_vocabulary
SECRETS = python_rules.secrets_are_compared_in_constant_time
WAITING = python_rules.daemon_waits_in_one_place
FOR_CHECKERS = "if TYPE_CHECKING:\n    import {}\nelse:\n    import {}"

ACCEPTED: tuple[tuple[Rule, str, str], ...] = (
    (ONE_WAY, "core.noise", "from . import peer"),
    (ONE_WAY, "control.uapi", FOR_CHECKERS.format("pywg_embedded.daemon", "struct")),
    (ONE_WAY, "control.uapi", "from ..core.errors import ConfigError"),
    (ONE_WAY, "control.uapi", "from ..core.config import PeerChange"),
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
    (DOCUMENTED, "core.noise", "def f():\n    '''Return it.'''"),
    (
        DOCUMENTED,
        "core.noise",
        "def _f(): pass\ndef g():\n    'Do.'\n    def h(): pass",
    ),
    (WORDS, "core.noise", "import a\na.ask()\nnumbers = 1"),
    (SECRETS, "core.cookie", "equal(mac1, message[MAC1_OFFSET:])"),
    (SECRETS, "core.cookie", "data[MAC2_OFFSET:] != NO_MAC; len(mac) == MAC_SIZE"),
    (SECRETS, "core.device", "change.public_key == self.public_key()"),
    (SECRETS, "cli.keys", "private == other"),
    (WAITING, "daemon.loop", "plane.wait(1)"),
    (WAITING, "daemon.openwrt.restart_backoff", "signal.sigtimedwait(a, 1)"),
    (WAITING, "cli.client", "sock.settimeout(1)"),
)

REFUSED: tuple[tuple[Rule, str, str, str], ...] = (
    (ONE_WAY, "core.noise", "from .. import control", "imports pywg_embedded.control"),
    (ONE_WAY, "core.noise", "if TYPE_CHECKING:\n    from ..control import config",
     "imports pywg_embedded.control.config"),
    (ONE_WAY, "control.uapi", "from ..core import a", "imports pywg_embedded.core.a"),
    (ONE_WAY, "openwrt.uci", "from .. import daemon", "imports pywg_embedded.daemon"),
    (ONE_WAY, "daemon.main", "import pywg_embedded.cli", "imports pywg_embedded.cli"),
    (ONE_WAY, "dataplane.a", "from .. import crypto", "imports pywg_embedded.crypto"),
    (ONE_WAY, "corex", "import pywg_embedded.core", "imports pywg_embedded.core"),
    (ONE_WAY, "control.uapi", FOR_CHECKERS.format("struct", "pywg_embedded.cli"),
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
    (DOCUMENTED, "core.noise", "def f(): pass", "f has no docstring"),
    (DOCUMENTED, "core.noise", "class A:\n    'Text.'\n    def f(self): pass",
     "A.f has no docstring"),
    (DOCUMENTED, "core.noise", "def f():\n    'The same of g.'",
     "f: the docstring does not stand alone: The same of g."),
    (WORDS, "core.noise", "def ask(): pass", "defines ask in line 1"),
    (WORDS, "core.noise", "x.thing = 1", "defines thing in line 1"),
    (WORDS, "core.noise", "def f(what): pass", "defines what in line 1"),
    (SECRETS, "core.cookie", "mac1 == x", "compares mac1 == x in line 1"),
    (SECRETS, "core.cookie", "x != self._mac(key, data)",
     "compares x != self._mac(key, data) in line 1"),
    (SECRETS, "core.cookie", "x == m[MAC1_OFFSET:MAC2_OFFSET]",
     "compares x == m[MAC1_OFFSET:MAC2_OFFSET] in line 1"),
    (SECRETS, "dataplane.reference.a", "a.preshared_key == b",
     "compares a.preshared_key == b in line 1"),
    (WAITING, "daemon.loop", "time.sleep(1)", "uses sleep"),
    (WAITING, "openwrt.ubus", "sock.settimeout(1)", "uses settimeout"),
    (WAITING, "daemon.main", "import subprocess", "uses subprocess"),
    (WAITING, "daemon.loop", "from socket import getaddrinfo", "uses getaddrinfo"),
)  # fmt: skip


def findings(rule: Rule, name: str, source: str) -> list[str]:
    """Return the findings of a rule in one module with this source."""
    return list(rule(Module(f"{PACKAGE}.{name}", ast.parse(source))))


@pytest.mark.parametrize("row", range(len(ACCEPTED)))
def test_rule_accepts_source(row: int) -> None:
    assert findings(*ACCEPTED[row]) == []


@pytest.mark.parametrize("row", range(len(REFUSED)))
def test_rule_names_its_violation(row: int) -> None:
    rule, name, source, finding = REFUSED[row]
    assert findings(rule, name, source) == [finding]


CYCLES = [
    pytest.param({"a": {"b"}, "b": set()}, [], id="chain"),
    pytest.param({"a": {"b", "c"}, "b": {"c"}, "c": set()}, [], id="diamond"),
    pytest.param({"a": {"a"}}, ["a"], id="self"),
    pytest.param({"a": {"b"}, "b": {"a"}}, ["a", "b"], id="pair"),
    pytest.param({"x": {"a"}, "a": {"b"}, "b": {"c"}, "c": {"a"}}, ["a", "b", "c"],
                 id="triangle"),
]  # fmt: skip


@pytest.mark.parametrize(("graph", "cycle"), CYCLES)
def test_cycle_is_found(graph: dict[str, set[str]], cycle: list[str]) -> None:
    assert find_cycle(graph) == cycle


C_SOURCE = """/* a lane */
static int lanes_open(void)
{
	const char *text = "session";
	return pump(text);
}
"""


def test_c_identifiers_are_read_without_comments_and_strings() -> None:
    assert list(c_rules.banned_identifiers(C_SOURCE)) == [
        "lanes_open in line 2",
        "pump in line 5",
    ]
    assert list(c_rules.function_lengths(C_SOURCE)) == [
        ("static int lanes_open(void)", 4)
    ]


JS_SOURCE = """// kept
const kept = 'other';
function f(here, x) { return { keep: x }; }
"""


def test_javascript_identifiers_are_read_without_comments_and_strings() -> None:
    assert list(javascript_rules.banned_identifiers(JS_SOURCE)) == [
        "kept in line 2",
        "here in line 3",
        "keep in line 3",
    ]


def test_glossary_rows_are_read_below_their_folder() -> None:
    text = "## Terms\n| `a` | b |\n## `x/y/`\n| module | owns |\n| `c.py` | it |\n"
    assert list(glossary.listed_modules(text)) == ["x/y/c.py"]
