"""The time of the packed files, in a git checkout and without one."""

import os
import subprocess
from pathlib import Path

import pytest

from package.builder.feeds import source_date_epoch

COMMITTED, MODIFIED = 1_700_000_000, 1_600_000_000


@pytest.fixture
def tree(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.delenv("SOURCE_DATE_EPOCH", raising=False)
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path.parent))
    project = tmp_path / "pyproject.toml"
    project.write_text("")
    os.utime(project, (MODIFIED, MODIFIED))
    return tmp_path


def commit(tree: Path) -> None:
    who = ("-c", "user.name=Tester", "-c", "user.email=tester@example.org")
    date = {"GIT_COMMITTER_DATE": f"{COMMITTED} +0000"}
    for words in (("init", "-q"), ("add", "."), (*who, "commit", "-qm", "all")):
        subprocess.run(("git", "-C", tree, *words), env=os.environ | date, check=True)


def test_time_is_that_of_the_commit_in_a_checkout(tree: Path) -> None:
    commit(tree)
    assert source_date_epoch(tree) == COMMITTED


def test_time_is_that_of_the_file_without_a_checkout(tree: Path) -> None:
    assert source_date_epoch(tree) == MODIFIED


def test_time_is_that_of_the_file_without_git(
    tree: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    commit(tree)
    monkeypatch.setenv("PATH", str(tree))
    assert source_date_epoch(tree) == MODIFIED


def test_time_is_that_of_the_variable_when_it_is_set(
    tree: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "5")
    assert source_date_epoch(tree) == 5
