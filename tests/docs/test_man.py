"""The man pages are what the commands say of themselves, and can be formatted."""

import re
import shutil
import subprocess
from pathlib import Path

import pytest

from package.manual import usage
from package.manual.__main__ import FILES

ROOT = Path(__file__).parents[2]
PAGES = sorted((ROOT / "docs" / "man").glob("*.8"))
BY_NAME = {page.stem: page.read_text() for page in PAGES}
# Set by netifd's handler for the daemon, not by users.
INTERNAL = {"PYWG_STARTING"}


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_file_is_unchanged_when_generated_again(path: Path) -> None:
    assert path.read_text() == FILES[path](), "run: make generate"


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_page_has_no_warning_when_linted(page: Path) -> None:
    if not shutil.which("mandoc"):
        pytest.skip("mandoc is not installed")
    lint = ("mandoc", "-Tlint", "-Wwarning", str(page))
    done = subprocess.run(lint, capture_output=True, text=True)
    assert (done.stdout, done.returncode) == ("", 0)


def test_every_environment_variable_is_documented() -> None:
    source = "".join(path.read_text() for path in ROOT.glob("pywg_embedded/**/*.py"))
    read = set(re.findall(r'environ\.(?:get|pop)\(\s*"(\w+)"', source))
    read |= set(re.findall(r'"(WG_\w+|PYWG_\w+)"', source)) - INTERNAL
    documented = re.findall(r"^\.It Ev (\w+)", "".join(BY_NAME.values()), re.MULTILINE)
    assert read - set(documented) == set()


def test_every_option_and_command_is_documented() -> None:
    def plain(page: str) -> str:
        return BY_NAME[page].replace("\\-", "-")

    for entry in usage.daemon_options() + usage.daemon_environment():
        assert all(name.lstrip("-") in plain("pywgd") for name in entry.names), entry
    for command in usage.commands():
        assert f"\n.Ic {command.name}\n" in plain("pywg"), command.name
    for word in (
        *usage.show_fields(),
        *usage.interface_settings(),
        *usage.peer_settings(),
    ):
        assert f"Cm {word}" in plain("pywg"), word


@pytest.mark.parametrize(
    ("text", "entries"),
    [
        pytest.param("usage: x\n\nWords.\n", [], id="no-options"),
        pytest.param(
            "  -v, --verbose  say more\n",
            [usage.Entry(("-v", "--verbose"), "", "say more")],
            id="two-names",
        ),
        pytest.param(
            "  --size N  how much,\n            at most 3\n\nenvironment:\n  X  y\n",
            [
                usage.Entry(("--size",), "N", "how much, at most 3"),
                usage.Entry(("X",), "", "y"),
            ],
            id="value-and-two-lines",
        ),
    ],
)
def test_usage_text_becomes_entries(text: str, entries: list[usage.Entry]) -> None:
    assert list(usage.entries(text)) == entries
