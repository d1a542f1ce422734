"""What must hold before a release is made."""

import re
import subprocess
import tomllib
from pathlib import Path

from .errors import ReleaseError
from .notes import CHANGELOG, Section, find_section

_VERSION = re.compile(r'^__version__ = "([^"]+)"$', re.MULTILINE)
_PKG_VERSION = re.compile(r"^PKG_VERSION:=(\S+)$", re.MULTILINE)
MAKEFILES = (
    "package/libpywg/Makefile",
    "package/pywg-embedded/Makefile",
    "luci/luci-proto-pywg/Makefile",
)


def check_clean(checkout: Path) -> None:
    """Raise ReleaseError if a file of the checkout is changed or not committed."""
    status = ("git", "-C", str(checkout), "status", "--porcelain")
    done = subprocess.run(status, capture_output=True, text=True)
    if done.returncode:
        raise ReleaseError(f"{checkout} is not a git checkout: {done.stderr.strip()}")
    changed = [line[3:] for line in done.stdout.splitlines()]
    if changed:
        files = ", ".join(changed[:5]) + (", ..." if len(changed) > 5 else "")
        raise ReleaseError(
            f"the checkout has changes that are not committed: {files}; commit or "
            "remove them"
        )


def check_version(checkout: Path, tag: str = "") -> Section:
    """Return the section of the change log for the version of the checkout.

    Raises ReleaseError if pyproject.toml, ``__version__``, the change log, the
    Makefiles of the feed and ``tag`` (``v`` and the version; empty for none) disagree,
    or the change log has no date for the version.
    """
    version = _project_version(checkout)
    found = {
        "pywg_embedded/__init__.py": _first(
            _VERSION, checkout / "pywg_embedded/__init__.py"
        ),
        **{path: _first(_PKG_VERSION, checkout / path) for path in MAKEFILES},
    }
    if tag:
        found["the tag"] = tag.removeprefix("v")
    for place, value in found.items():
        if value != version:
            raise ReleaseError(
                f"the version is {version} in pyproject.toml, but {value or 'missing'} "
                f"in {place}; make them equal"
            )
    section = find_section((checkout / CHANGELOG).read_text(), version)
    if not section:
        raise ReleaseError(
            f"{CHANGELOG} has no section for version {version} of pyproject.toml; "
            f"add '## [{version}] - YYYY-MM-DD'"
        )
    if not re.fullmatch(r"\d{4}-\d{2}-\d{2}", section.date):
        raise ReleaseError(
            f"{CHANGELOG} has no release date for version {version}: "
            f"{section.date or 'none'!r}; write '## [{version}] - YYYY-MM-DD'"
        )
    return section


def _project_version(checkout: Path) -> str:
    project = tomllib.loads((checkout / "pyproject.toml").read_text())["project"]
    return str(project["version"])


def _first(pattern: re.Pattern[str], path: Path) -> str:
    found = pattern.search(path.read_text())
    return found[1] if found else ""
