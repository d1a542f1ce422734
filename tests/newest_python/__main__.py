"""`make newest-python`: run pytest under the newest CPython that Debian's suites carry.

The arguments are pytest's. If there is no such CPython, or not all packages that the
tests need have a wheel for it, the next older one is used; if none is left, one line
says so, and the run counts as one skipped test.
"""

import argparse
import os
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path
from xml.sax.saxutils import quoteattr

from .debian import CACHE, CHECKOUT, Unavailable, python, suite

FOLDER = CHECKOUT / "build/newest-python"
# Not imported by any test.
NOT_NEEDED = ("clang-format", "mypy", "ruff", "ziglang")
SKIPPED = """\
<testsuites><testsuite name="newest-python" tests="1" skipped="1">\
<testcase name="newest-python"><skipped message={reason}/></testcase>\
</testsuite></testsuites>
"""


def say(text: str) -> None:
    """Print a line at once."""
    print(f"newest-python: {text}", flush=True)


def requirements() -> list[str]:
    """Return what the tests need of other projects."""
    project = tomllib.loads((CHECKOUT / "pyproject.toml").read_text())["project"]
    needed = [*project["dependencies"], *project["optional-dependencies"]["dev"]]
    return [name for name in needed if not name.startswith(NOT_NEEDED)]


def newest_pip() -> Path:
    """Return a folder with a pip that knows Pythons newer than this one."""
    folder = CACHE / "pip"
    if not folder.exists():
        pip = (sys.executable, "-m", "pip", "install", "--quiet")
        subprocess.run((*pip, "--target", str(folder), "pip"), check=True)
    return folder


def environment(program: Path) -> Path:
    """Return the Python of a new virtual environment, with this project in it.

    Raises: Unavailable, if a package that the tests need has no wheel.
    """
    shutil.rmtree(FOLDER, ignore_errors=True)
    subprocess.run((program, "-m", "venv", "--without-pip", FOLDER), check=True)
    pip = (f"{FOLDER}/bin/python", "-m", "pip", "--disable-pip-version-check")
    variables = {**os.environ, "PYTHONPATH": str(newest_pip())}
    wheels = (*pip, "install", "--quiet", "--only-binary=:all:", *requirements())
    done = subprocess.run(wheels, env=variables, capture_output=True, text=True)
    if done.returncode:
        raise Unavailable((done.stderr.strip().splitlines() or ["pip failed"])[-1])
    own = ("--quiet", "--no-deps", "--editable", ".", "-Ccmake.define.PYWG_WERROR=ON")
    subprocess.run((*pip, "install", *own), env=variables, cwd=CHECKOUT, check=True)
    return FOLDER / "bin/python"


def prepared() -> Path:
    """Return the Python to run the tests with; raise Unavailable if there is none."""
    own = sys.version_info.minor
    debian = suite()
    for minor in debian.pythons():
        if minor <= own:
            break
        try:
            python_path = environment(python(debian, minor))
        except Unavailable as error:
            say(f"CPython 3.{minor} is left out: {error}")
        else:
            say(f"CPython 3.{minor} of Debian {debian.name}")
            return python_path
    raise Unavailable(f"no CPython newer than 3.{own} can be used")


def main() -> int:
    """Run the tests; return pytest's exit code, or 0 if they are skipped."""
    parser = argparse.ArgumentParser("newest_python", add_help=False)
    parser.add_argument("--junit-xml", type=Path)
    options, arguments = parser.parse_known_args()
    try:
        program = prepared()
    except Unavailable as error:
        say(f"skipped: {error}")
        if options.junit_xml:
            options.junit_xml.parent.mkdir(parents=True, exist_ok=True)
            options.junit_xml.write_text(SKIPPED.format(reason=quoteattr(str(error))))
        return 0
    results = [f"--junit-xml={options.junit_xml}"] if options.junit_xml else []
    return subprocess.run((program, "-m", "pytest", *results, *arguments)).returncode


if __name__ == "__main__":
    sys.exit(main())
