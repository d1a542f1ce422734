"""Atomic replacement of files, safe against power loss."""

import os


def replace(
    path: str, temporary: str, content: bytes, model: "os.stat_result | None" = None
) -> None:
    """Replace the content of a file, with the mode and owner of ``model`` if given.

    A reader sees the old or the new content, never a mixture, even after power loss;
    once this returns, the new one. The content is first written to ``temporary``, a
    path in the same folder.

    Raises:
        OSError: the content cannot be written; the file is unchanged.
    """
    folder = os.open(os.path.dirname(path), os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        _write(temporary, content, model)
        os.rename(temporary, path)
        _sync_folder(folder)
    except OSError:
        remove(temporary)
        raise
    finally:
        os.close(folder)


def remove(path: str) -> None:
    """Remove a file if it exists and can be removed."""
    try:
        os.unlink(path)
    except OSError:
        pass  # it does not exist, or cannot be removed


def _write(path: str, content: bytes, model: "os.stat_result | None") -> None:
    remove(path)  # left by an interrupted write
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC
    descriptor = os.open(path, flags, 0o600)
    with open(descriptor, "wb") as file:
        if model:
            os.fchown(descriptor, model.st_uid, model.st_gid)
            os.fchmod(descriptor, model.st_mode & 0o7777)
        file.write(content)
        file.flush()
        os.fsync(descriptor)


def _sync_folder(folder: int) -> None:
    try:
        os.fsync(folder)
    except OSError:
        pass  # some file systems cannot sync a folder
