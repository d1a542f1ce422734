"""Atomic replacement of files: the order of writes, and what remains of a failure."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from pywg_embedded import files
from pywg_embedded.daemon.clock import SystemClock
from pywg_embedded.daemon.log import Log
from pywg_embedded.daemon.timestamp_store import TimestampStore
from pywg_embedded.openwrt import uci_store


def write_timestamp(path: Path) -> None:
    TimestampStore(str(path), SystemClock(), Log("wg0", "error")).record(1, 1)


def write_configuration(path: Path) -> None:
    uci_store.replace_text(str(path), "new\n")


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "file"
    path.write_text("1")
    return path


@pytest.fixture
def steps(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Record the calls of fsync() and rename()."""
    steps: list[str] = []
    fsync, rename = os.fsync, os.rename

    def recorded_fsync(descriptor: int) -> None:
        steps.append(f"sync {os.readlink(f'/proc/self/fd/{descriptor}')}")
        fsync(descriptor)

    def recorded_rename(old: str, new: str) -> None:
        steps.append(f"rename {old} {new}")
        rename(old, new)

    monkeypatch.setattr(os, "fsync", recorded_fsync)
    monkeypatch.setattr(os, "rename", recorded_rename)
    return steps


@pytest.mark.parametrize("write", [write_timestamp, write_configuration])
def test_content_is_synced_before_the_rename_and_the_folder_after(
    path: Path, steps: list[str], write: Callable[[Path], None]
) -> None:
    write(path)
    verb, temporary, target = steps[1].split()
    assert (verb, target) == ("rename", str(path))
    assert Path(temporary).parent == path.parent
    assert (steps[0], steps[2:]) == (f"sync {temporary}", [f"sync {path.parent}"])
    assert os.listdir(path.parent) == [path.name]


def test_temporary_file_of_an_interrupted_write_is_replaced(path: Path) -> None:
    temporary = path.with_name("temporary")
    temporary.write_text("left by a power cut")
    files.replace(str(path), str(temporary), b"new")
    assert path.read_bytes() == b"new"
    assert not temporary.exists()


def test_temporary_file_is_removed_when_the_rename_fails(path: Path) -> None:
    folder = path.with_name("folder")
    folder.mkdir()
    with pytest.raises(IsADirectoryError):
        files.replace(str(folder), str(path.with_name("temporary")), b"new")
    assert sorted(os.listdir(path.parent)) == ["file", "folder"]
