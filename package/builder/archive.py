"""Reproducible archives: the same files give the same bytes."""

import gzip
import io
import tarfile
from collections.abc import Iterator, Mapping
from pathlib import PurePosixPath
from typing import NamedTuple


class File(NamedTuple):
    """The content and the mode of a file."""

    content: bytes
    mode: int = 0o644


def make_tar(files: Mapping[str, File], mtime: int) -> bytes:
    """Return a tar archive: the parent folders, then the files in their order.

    Paths have no leading slash. All members belong to root and have the modification
    time ``mtime``, in seconds since 1970.
    """
    output = io.BytesIO()
    with tarfile.open(fileobj=output, mode="w", format=tarfile.GNU_FORMAT) as archive:
        for folder in sorted({parent for path in files for parent in _parents(path)}):
            archive.addfile(_member(folder, tarfile.DIRTYPE, 0o755, mtime))
        for path, file in files.items():
            member = _member(f"./{path}", tarfile.REGTYPE, file.mode, mtime)
            member.size = len(file.content)
            archive.addfile(member, io.BytesIO(file.content))
    return output.getvalue()


def gzip_compress(data: bytes) -> bytes:
    """Return ``data`` as a gzip stream without name and time."""
    output = io.BytesIO()
    with gzip.GzipFile("", "wb", fileobj=output, mtime=0) as stream:
        stream.write(data)
    return output.getvalue()


def _parents(path: str) -> Iterator[str]:
    return (f"./{parent}/" for parent in PurePosixPath(path).parents if parent.name)


def _member(name: str, kind: bytes, mode: int, mtime: int) -> tarfile.TarInfo:
    member = tarfile.TarInfo(name)
    member.type = kind
    member.mode = mode
    member.mtime = mtime
    return member
