"""The pages name only what exists: files, targets, options, variables, figures."""

import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from package.manual import usage
from pywg_embedded.daemon.status.diagnosis import CODES
from pywg_embedded.openwrt.options import INTERFACE_OPTIONS, PEER_OPTIONS
from tests.bench.benchmarks import BENCHMARKS
from tests.bench.metrics import METRICS, median
from tests.bench.programs import OURS, THEIRS
from tests.bench.report import PUBLISHED

ROOT = Path(__file__).parents[2]
README = ROOT / "README.md"
# It lists modules by folder, which a test of its own checks.
GLOSSARY = ROOT / "docs" / "glossary.md"
PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").glob("*.md")])
FOLDERS = (
    ".github",
    "docs",
    "luci",
    "package",
    "pywg_embedded",
    "qemu",
    "tests",
    ".ci",
)
# Options of the benchmark, and of mypy.
FOREIGN_OPTIONS = {"--only", "--publish", "--runs", "--short", "--strict"}

each_page = pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)


def code(page: Path) -> Iterator[str]:
    """Yield each piece of code of a page: code in a line, or a line of a block."""
    for line in page.read_text().splitlines():
        if line.startswith("    "):
            yield line
        else:
            yield from re.findall(r"`([^`]+)`", line)


def anchors(page: Path) -> set[str]:
    """Return the anchors that a forge gives to the headings of a page."""
    headings = re.findall(r"^#+ (.*)$", page.read_text(), re.MULTILINE)
    words = [re.sub(r"[^\w\- ]", "", heading.lower()) for heading in headings]
    return {heading.replace(" ", "-") for heading in words}


def found(pattern: str, page: Path) -> set[str]:
    """Return what a pattern finds in the code of a page."""
    return {match for text in code(page) for match in re.findall(pattern, text)}


def test_readme_is_short() -> None:
    assert len(README.read_text().splitlines()) <= 80


@each_page
def test_linked_files_and_headings_exist(page: Path) -> None:
    for target in re.findall(r"\]\(([^)\s]+)\)", page.read_text()):
        if "://" in target:
            continue
        name, _, anchor = target.partition("#")
        linked = (page.parent / name).resolve() if name else page
        assert linked.exists(), target
        assert not anchor or anchor in anchors(linked), target


@each_page
def test_named_files_exist(page: Path) -> None:
    if page == GLOSSARY:
        pytest.skip("lists modules relative to their folders")
    folders = "|".join(map(re.escape, FOLDERS))
    for name in found(rf"(?<![\w/.~-])(?:{folders})/[\w./-]*", page):
        assert (ROOT / name.rstrip(".")).exists(), name


@each_page
def test_named_make_targets_exist(page: Path) -> None:
    makefile = (ROOT / "Makefile").read_text()
    targets = set(re.findall(r"^([a-z-]+):", makefile, re.MULTILINE))
    assert found(r"\bmake ([a-z][a-z-]*)", page) - targets == set()


@each_page
def test_named_options_exist(page: Path) -> None:
    words = [name for entry in usage.daemon_options() for name in entry.names]
    words += [word.strip("[]") for each in usage.commands() for word in each.grammar]
    named = found(r"(?<![\w-])--[a-z][a-z-]*", page)
    assert named - set(words) - FOREIGN_OPTIONS == set()


@each_page
def test_named_variables_exist(page: Path) -> None:
    sources = [ROOT / "Makefile", *ROOT.glob("pywg_embedded/**/*.py")]
    sources += [*ROOT.glob("pywg_embedded/**/*.c"), *ROOT.glob("pywg_embedded/**/*.h")]
    sources += [*ROOT.glob("tests/**/*.py"), *ROOT.glob("package/**/*.py")]
    sources += ROOT.glob("luci/**/*.js")
    names = {
        name
        for path in sources
        if path.is_file()
        for name in re.findall(r"\b[A-Z][A-Z0-9]*_[A-Z0-9_]+\b", path.read_text())
    }
    linux = {"CAP_NET_ADMIN", "CAP_NET_BIND_SERVICE", "CLOCK_BOOTTIME"}
    placeholders = {"DISTRIB_ARCH", "PUBLIC_KEY"}
    named = found(r"\b[A-Z][A-Z0-9]*_[A-Z0-9_]+\b", page)
    assert named - names - linux - placeholders == set()


def test_uci_examples_use_options_that_exist() -> None:
    known = {option.name for option in (*INTERFACE_OPTIONS, *PEER_OPTIONS)} | {"proto"}
    examples = found(r"^\s+(?:option|list) (\w+)", ROOT / "docs" / "openwrt.md")
    assert examples
    assert examples - known == set()


def test_every_benchmark_is_explained() -> None:
    page = (ROOT / "docs" / "benchmarks.md").read_text()
    table = page.partition("| name for `--only` |")[2].partition("\n\n")[0]
    names = re.findall(r"^\| `([\w-]+)` \|", table, re.MULTILINE)
    assert sorted(names) == sorted(BENCHMARKS)


def test_every_diagnosis_code_is_explained() -> None:
    page = (ROOT / "docs" / "openwrt.md").read_text()
    table = page.partition("| state | symptom and cause |")[2].partition("\n\n")[0]
    assert sorted(re.findall(r"^\| `(\w+)` \|", table, re.MULTILINE)) == sorted(CODES)


def test_log_lines_of_the_openwrt_page_are_in_the_sources() -> None:
    source = "".join(path.read_text() for path in ROOT.glob("pywg_embedded/**/*.py"))
    # One text may be written as several strings, and hold values in braces.
    texts = re.sub(r"{[^{}]*}", "", re.sub(r'"\s*\n\s*f?"', "", source))
    page = (ROOT / "docs" / "openwrt.md").read_text()
    table = page.partition("| log line |")[2].partition("\n\n")[0]
    lines = re.findall(r"^\| `([^`]+)` \|", table, re.MULTILINE)
    assert len(lines) > 5
    for line in lines:
        for part in re.split(r"\.\.\.|\b[A-Z]{4,}\b|\bpython\b|[.:] ", line):
            assert part.strip(" :.") in texts, line


def rows_of_protocol() -> list[tuple[str, str]]:
    """Return the rows of protocol.md's table of sections: file and identifiers."""
    page = (ROOT / "docs" / "protocol.md").read_text()
    row = r"^\| [\d.]+ \| [^|]+ \| \[[^]]+\]\(\.\./([^)]+)\) \| ([^|]+) \|$"
    return re.findall(row, page, re.MULTILINE)


def test_identifiers_of_the_protocol_page_are_in_their_files() -> None:
    rows = rows_of_protocol()
    assert len(rows) > 20
    for name, identifiers in rows:
        text = (ROOT / name).read_text()
        for identifier in re.findall(r"`(\w+)`", identifiers):
            assert re.search(rf"\b{identifier}\b", text), f"{name}: {identifier}"


def test_figures_of_the_readme_are_the_published_ones() -> None:
    results = json.loads((PUBLISHED / "bench.json").read_text())["results"]
    readme = README.read_text()
    for key in ("tcp", "cpu", "loaded_p50", "memory_alone", "peak"):
        for program in (OURS, THEIRS):
            value = median(results, program, key)
            assert f"{value:,.{METRICS[key].digits}f}" in readme, (key, program)
