"""Tests that run as root need no user namespace."""

import os
import re
import subprocess
from pathlib import Path
from typing import Any

import pytest

from package.builder import apk
from tests.lab import namespaces

ROOT = Path(__file__).parents[2]
FOLDERS = (".ci", "fuzz", "luci", "package", "qemu", "tests")
# The only files that may ask for a user namespace; both do so for ordinary users only.
EXCEPTIONS = {
    "package/builder/apk.py",
    "tests/lab/namespaces.py",
    "tests/lab/test_namespaces.py",
}
FLAG = re.compile(
    r"--map-(root-user|current-user|user|group|auto)"
    r"|\bunshare\b[^\n]*([\s\"']-[a-zA-Z]*[Ur]|--user\b)"
)


@pytest.mark.parametrize(
    "uid, mapping",
    [(0, ()), (1000, ("--map-root-user",))],
    ids=["root", "ordinary-user"],
)
def test_unshare_maps_root_only_for_an_ordinary_user(
    uid: int, mapping: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: uid)
    expected = ("unshare", *mapping, "--mount", "--net")
    assert namespaces.unshare("--mount", "--net") == expected


def test_apk_runs_without_a_namespace_as_root(monkeypatch: pytest.MonkeyPatch) -> None:
    commands: list[tuple[str, ...]] = []

    def run(command: tuple[str, ...], **_: Any) -> None:
        commands.append(command)

    monkeypatch.setattr(os, "geteuid", lambda: 0)
    monkeypatch.setattr(subprocess, "run", run)
    apk._run("--version")
    assert commands == [("apk", "--version")]


def test_no_other_file_asks_for_a_user_namespace() -> None:
    found = set()
    for folder in FOLDERS:
        for path in (ROOT / folder).rglob("*"):
            if path.suffix not in ("", ".py", ".sh") or not path.is_file():
                continue
            if FLAG.search(path.read_text(errors="replace")):
                found.add(str(path.relative_to(ROOT)))
    assert found <= EXCEPTIONS
