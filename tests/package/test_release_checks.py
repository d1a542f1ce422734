"""Releases that are refused, and why."""

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from package.release import checks, keys, notes
from package.release.errors import ReleaseError
from pywg_embedded import __version__

from .checkouts import DATE, copy_checkout, git


@pytest.fixture(scope="module")
def committed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return copy_checkout(tmp_path_factory.mktemp("committed"))


@pytest.fixture
def checkout(committed: Path, tmp_path: Path) -> Path:
    """A checkout of which nothing is changed yet."""
    folder = tmp_path / "checkout"
    git(committed, "clone", "--quiet", str(committed), str(folder))
    return folder


def release(checkout: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        (sys.executable, "-m", "package.release", *arguments),
        cwd=checkout,
        capture_output=True,
        text=True,
    )


def refusal(checkout: Path, *arguments: str) -> str:
    """The one line that a refused release prints."""
    done = release(checkout, *arguments)
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith("no release made: ")
    assert done.stderr.count("\n") == 1
    assert not (checkout / "build").exists()
    return done.stderr


def replace(path: str, old: str, new: str) -> Callable[[Path], None]:
    def act(checkout: Path) -> None:
        text = (checkout / path).read_text()
        assert old in text
        (checkout / path).write_text(text.replace(old, new))

    return act


def write_new_file(checkout: Path) -> None:
    (checkout / "new.py").write_text("")


@pytest.mark.parametrize(
    "change, path",
    [
        pytest.param(replace("LICENSE", "MIT", "MIT?"), "LICENSE", id="changed"),
        pytest.param(write_new_file, "new.py", id="untracked"),
    ],
)
def test_dirty_tree_is_refused(
    checkout: Path, change: Callable[[Path], None], path: str
) -> None:
    change(checkout)
    text = refusal(checkout)
    assert f"has changes that are not committed: {path}; commit" in text


HEADING = f"## [{__version__}] - {DATE}"
MAKEFILE = "package/libpywg/Makefile"
PKG_VERSION = f"PKG_VERSION:={__version__}"


@pytest.mark.parametrize(
    "path, old, new, text",
    [
        pytest.param(
            "pyproject.toml", f'version = "{__version__}"', 'version = "9.9.9"',
            f"9.9.9 in pyproject.toml, but {__version__} in pywg_embedded/__init__.py",
            id="pyproject",
        ),
        pytest.param(
            "pywg_embedded/__init__.py", __version__, "9.9.9",
            "but 9.9.9 in pywg_embedded/__init__.py", id="package",
        ),
        pytest.param(
            MAKEFILE, PKG_VERSION, "PKG_VERSION:=9.9.9", f"but 9.9.9 in {MAKEFILE}",
            id="makefile",
        ),
        pytest.param(
            MAKEFILE, PKG_VERSION, "", f"but missing in {MAKEFILE}",
            id="makefile-without-version",
        ),
        pytest.param(
            "CHANGELOG.md", HEADING, "## [9.9.9]",
            f"CHANGELOG.md has no section for version {__version__}", id="changelog",
        ),
        pytest.param(
            "CHANGELOG.md", HEADING, f"## [{__version__}] - unreleased",
            f"no release date for version {__version__}: 'unreleased'", id="unreleased",
        ),
    ],
)  # fmt: skip
def test_release_is_refused_when_versions_disagree(
    checkout: Path, path: str, old: str, new: str, text: str
) -> None:
    replace(path, old, new)(checkout)
    with pytest.raises(ReleaseError) as error:
        checks.check_version(checkout)
    assert text in str(error.value)


def test_release_is_refused_when_the_tag_is_another_version(checkout: Path) -> None:
    assert checks.check_version(checkout, f"v{__version__}").version == __version__
    assert "but 9.9.9 in the tag" in refusal(checkout, "--tag", "v9.9.9")


def test_release_is_refused_without_a_signing_key(
    checkout: Path, tmp_path: Path
) -> None:
    folder = tmp_path / "keys"
    text = refusal(checkout, "--keys", str(folder))
    assert f"no signing key: {folder}/opkg.key; run 'make release-keys'" in text
    keys.create_keys(folder)
    (folder / keys.APK).unlink()
    assert f"no signing key: {folder}/apk.pem;" in refusal(
        checkout, "--keys", str(folder)
    )


def test_release_is_refused_without_a_url(checkout: Path, tmp_path: Path) -> None:
    keys.create_keys(tmp_path / "keys")
    text = refusal(checkout, "--keys", str(tmp_path / "keys"))
    assert "no URL for the source archive: set RELEASE_URL" in text


def test_release_is_refused_for_an_unknown_architecture(
    checkout: Path, tmp_path: Path
) -> None:
    keys.create_keys(tmp_path / "keys")
    words = ("--keys", str(tmp_path / "keys"), "--url", "https://example.org")
    text = refusal(checkout, *words, "--targets", "x86_64,vax")
    assert "unknown architecture: vax (expected one of " in text


def test_keys_are_created_once_for_their_owner_only(
    checkout: Path, tmp_path: Path
) -> None:
    folder = tmp_path / "keys"
    done = release(checkout, "--create-keys", "--keys", str(folder))
    assert done.returncode == 0 and str(folder) in done.stdout
    first = {path.name: path.read_bytes() for path in folder.iterdir()}
    assert sorted(first) == [keys.APK, keys.OPKG]
    assert all(path.stat().st_mode & 0o077 == 0 for path in folder.iterdir())
    keys.create_keys(folder)
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == first


CHANGELOG = """\
# Changelog

## [0.3.0] - 2027-01-02

### Added

- New.

## 0.2.0 - 2026-12-01

- Old.

## [0.1.0]
"""


@pytest.mark.parametrize(
    "version, section",
    [
        pytest.param("0.3.0", ("2027-01-02", "### Added\n\n- New."), id="newest"),
        pytest.param("0.2.0", ("2026-12-01", "- Old."), id="between"),
        pytest.param("0.1.0", ("", ""), id="last"),
        pytest.param("0.4.0", None, id="missing"),
    ],
)
def test_section_of_a_version_is_found(
    version: str, section: tuple[str, str] | None
) -> None:
    found = notes.find_section(CHANGELOG, version)
    assert (found and found[1:]) == section
