"""CPython, with its own C library, and other libraries from a newer Debian suite.

apt works in a folder of its own. Nothing is installed, and the configuration and the
package state of this machine do not change.
"""

import re
import shutil
import subprocess
from pathlib import Path

CHECKOUT = Path(__file__).resolve().parents[2]
CACHE = CHECKOUT / ".cache/newest-python"
KEYRING = "/usr/share/keyrings/debian-archive-keyring.gpg"
# The newest first. Each is complete: a package and all that it depends on.
SUITES = ("sid", "testing", "stable")


class Unavailable(Exception):
    """A suite or a package that cannot be had; the text says why."""


class Suite:
    """The packages of one suite, by way of the mirror that this machine uses."""

    def __init__(self, name: str) -> None:
        """Fetch the list of packages; raise Unavailable if that fails."""
        self.name = name
        self._apt = CACHE / "apt" / name
        for folder in ("state/lists/partial", "cache/archives/partial"):
            (self._apt / folder).mkdir(parents=True, exist_ok=True)
        source = f"deb [signed-by={KEYRING}] {_mirror()} {name} main\n"
        (self._apt / "sources.list").write_text(source)
        (self._apt / "state/status").write_text("")
        self._run("apt-get", "update", "--error-on=any")

    def pythons(self) -> list[int]:
        """Return the minor versions of Python 3 in the suite, newest first."""
        found = self._run("apt-cache", "search", "--names-only", r"^python3\.[0-9]+$")
        versions = re.findall(r"^python3\.(\d+) ", found, re.MULTILINE)
        return sorted(map(int, versions), reverse=True)

    def unpack(self, package: str, root: Path, archives: str = "*") -> None:
        """Unpack a package and all that it depends on into the new folder ``root``.

        ``archives`` is a pattern; only packages with such a name are unpacked.
        """
        shutil.rmtree(root, ignore_errors=True)
        self._run("apt-get", "--yes", "--download-only", "install", package)
        for archive in sorted((self._apt / "cache/archives").glob(f"{archives}.deb")):
            _run("dpkg-deb", "--extract", str(archive), str(root))

    def version(self, package: str) -> str:
        """Return the version of a package; raise Unavailable if there is none."""
        described = self._run("apt-cache", "show", "--no-all-versions", package)
        found = re.search(r"^Version: (\S+)$", described, re.MULTILINE)
        if not found:
            raise Unavailable(f"Debian {self.name} has no {package}")
        return found[1]

    def _run(self, tool: str, *arguments: str) -> str:
        settings = {
            "Dir::Etc::sourcelist": self._apt / "sources.list",
            "Dir::Etc::sourceparts": "/dev/null",
            "Dir::Etc::preferencesparts": "/dev/null",
            "Dir::State": self._apt / "state",
            "Dir::State::status": self._apt / "state/status",
            "Dir::Cache": self._apt / "cache",
            "Acquire::Languages": "none",
            "APT::Install-Recommends": "false",
            # The user _apt may not enter a checkout below a home directory.
            "APT::Sandbox::User": "root",
        }
        options = [f"--option={name}={value}" for name, value in settings.items()]
        return _run(tool, *options, *arguments)


def suite() -> Suite:
    """Return the newest suite that the mirror has; raise Unavailable without any."""
    for name in SUITES:
        try:
            return Suite(name)
        except Unavailable as error:
            reason = error
    raise Unavailable(f"no newer Debian suite can be reached: {reason}")


def python(suite: Suite, minor: int) -> Path:
    """Return the path of CPython 3.``minor``, unpacked at its first use."""
    root = CACHE / f"3.{minor}"
    program = root / f"usr/bin/python3.{minor}"
    if not root.exists():
        work = CACHE / "unpacked"
        suite.unpack(f"python3.{minor}", work)
        work.rename(root)
        _use_own_libraries(program, root)
    return program


def library(suite: Suite, name: str) -> Path:
    """Return the folder of a library with its headers, unpacked at its first use.

    It uses the C library of this machine.
    """
    root = CACHE / f"{name}-{suite.version(f'{name}-dev')}"
    if not root.exists():
        work = CACHE / "unpacked"
        suite.unpack(f"{name}-dev", work, f"{name}*")
        work.rename(root)
    return root


def _use_own_libraries(program: Path, root: Path) -> None:
    """Have a program use the dynamic loader and the libraries below ``root``."""
    loader = _run("patchelf", "--print-interpreter", str(program)).strip()
    (libraries,) = (root / "usr/lib").glob("*-linux-gnu*/libc.so.6")
    _run(
        "patchelf",
        *("--set-interpreter", f"{root}/usr{loader}"),
        # Unlike a run path, it holds for the libraries of extension modules.
        *("--force-rpath", "--set-rpath", str(libraries.parent)),
        str(program),
    )


def _mirror() -> str:
    urls = _run("apt-get", "indextargets", "--format", "$(REPO_URI)")
    for url in urls.split():
        if url.rstrip("/").endswith("/debian"):
            return url
    raise Unavailable("this machine has no Debian mirror among its apt sources")


def _run(*command: str) -> str:
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode:
        lines = done.stderr.strip().splitlines() or ["no message"]
        raise Unavailable(f"{command[0]}: {lines[-1]}")
    return done.stdout
