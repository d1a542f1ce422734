"""The portable tests, and memory, under the unix port of MicroPython."""

import json
import os
import subprocess
from itertools import chain
from pathlib import Path

import pytest

from .libpywg import AEADS, ROOT, folder

HERE = Path(__file__).parent
MICROPYTHON = HERE / "run.sh"


def modules(pattern: str) -> list[str]:
    """Return the module names of the files that match."""
    files = sorted(path.relative_to(ROOT) for path in ROOT.glob(pattern))
    names = (".".join(file.with_suffix("").parts) for file in files)
    return [name.removesuffix(".__init__") for name in names]


PORTABLE = {
    folder: modules(pattern)
    for folder, pattern in (
        ("core", "tests/core/test_*.py"),
        ("control", "tests/control/test_*.py"),
    )
}


def micropython(
    heap: str, *arguments: str | Path, path: Path = ROOT, aead: str = AEADS[0]
) -> subprocess.CompletedProcess[str]:
    """Run MicroPython with a heap size like "16M"; ``path`` is importable."""
    libraries = {"LIBPYWG": str(folder(aead)), "MICROPYPATH": f"{ROOT}:{path}"}
    return subprocess.run(
        [MICROPYTHON, "-X", f"heapsize={heap}", *arguments],
        cwd=ROOT,
        env={**os.environ, **libraries},
        capture_output=True,
        text=True,
        timeout=600,
    )


def run_tests(module: str, path: Path = ROOT, aead: str = AEADS[0]) -> list[str]:
    """Run the tests of a module, and return the tracebacks of failed ones."""
    process = micropython("16M", HERE / "runner.py", module, path=path, aead=aead)
    if process.returncode != 0:
        output = process.stdout + process.stderr
        return [f"{module} ended with exit code {process.returncode}\n{output}"]
    results = [json.loads(line) for line in process.stdout.splitlines()]
    if not results:
        return [f"{module} has no tests"]
    return [f"{r['test']}\n{r['error']}" for r in results if r["error"]]


@pytest.mark.parametrize("folder", PORTABLE)
def test_there_are_portable_tests(folder: str) -> None:
    assert PORTABLE[folder]


@pytest.mark.parametrize("module", [*chain(*PORTABLE.values())])
def test_portable_tests_pass(module: str) -> None:
    failures = run_tests(module)
    assert not failures, "\n".join(failures)


@pytest.mark.parametrize("aead", AEADS)
def test_libpywg_has_the_primitives(aead: str) -> None:
    failures = run_tests("tests.test_crypto", aead=aead)
    assert not failures, "\n".join(failures)


@pytest.mark.parametrize(
    ("source", "complaint"),
    [
        ("def test_x():\n    assert 1 == 2, 'row 3'", "AssertionError: row 3"),
        ("import no_such_module", "no module named 'no_such_module'"),
        ("raise SystemExit(3)", "exit code 3"),
        ("def test_x():\n    raise SystemExit", "SystemExit"),
        ("x = 1", "sample has no tests"),
    ],
    ids=["assertion", "import", "exit", "exit in a test", "no tests"],
)
def test_what_is_wrong_with_a_module_is_reported(
    source: str, complaint: str, tmp_path: Path
) -> None:
    (tmp_path / "sample.py").write_text(source)
    failures = run_tests("sample", tmp_path)
    assert len(failures) == 1
    assert complaint in failures[0]


def test_core_and_control_fit_in_a_heap_of_one_mebibyte() -> None:
    names = modules("pywg_embedded/core/*.py") + modules("pywg_embedded/control/*.py")
    process = micropython("1M", "-c", "\n".join(f"import {name}" for name in names))
    assert process.returncode == 0, process.stderr
