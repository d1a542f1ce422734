"""Copies of the source tree as git checkouts, to make releases of."""

import os
import re
import shutil
import subprocess
import tempfile
from pathlib import Path

from package.builder.paths import CHECKOUT

DATE = "2026-11-28"
_GIT = (
    "git",
    *("-c", "user.name=Tester", "-c", "user.email=tester@example.org"),
    *("-c", "init.defaultBranch=main", "-c", "commit.gpgsign=false"),
)
_TIME = "2026-11-28T12:00:00Z"


def git(checkout: Path, *arguments: str) -> str:
    """Run git in a folder and return its output."""
    done = subprocess.run(
        (*_GIT, "-C", str(checkout), *arguments),
        env={**os.environ, "GIT_AUTHOR_DATE": _TIME, "GIT_COMMITTER_DATE": _TIME},
        stdout=subprocess.PIPE,
        check=True,
        text=True,
    )
    return done.stdout


def source_files() -> list[str]:
    """List the files of the source tree that are not ignored, committed or not.

    The tree need not be a git checkout, nor belong to this user.
    """
    with tempfile.TemporaryDirectory() as folder:
        empty = (f"--git-dir={folder}", f"--work-tree={CHECKOUT}")
        git(Path(folder), "init", "--quiet", "--bare", ".")
        listed = git(
            CHECKOUT, *empty, "ls-files", "-z", "--others", "--exclude-standard"
        )
    return sorted(filter(None, listed.split("\0")))


def copy_checkout(folder: Path) -> Path:
    """Copy the source tree, date its version in the change log, and commit all."""
    for path in source_files():
        target = folder / path
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(CHECKOUT / path, target)
    changelog = folder / "CHANGELOG.md"
    heading = re.compile(r"^(## \[.*\]) - .*$", re.MULTILINE)
    text = heading.sub(rf"\1 - {DATE}", changelog.read_text(), count=1)
    changelog.write_text(text)
    git(folder, "init", "--quiet")
    git(folder, "add", "--all")
    git(folder, "commit", "--quiet", "--message", "all")
    return folder
