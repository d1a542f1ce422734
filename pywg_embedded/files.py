"""Files that are replaced whole or not at all, whenever the power goes."""

import os


def replace(
    path: str, beside: str, content: bytes, model: "os.stat_result | None" = None
) -> None:
    """Put ``content`` in the place of a file, with mode and owner of ``model``.

    Whoever reads it meanwhile, or after a power cut, has the old or the new one; after
    this returns, the new one. It is ``beside``, in the same folder, until it is whole.
    Raises OSError, and then nothing has changed.
    """
    folder = os.open(os.path.dirname(path), os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        _write(beside, content, model)
        os.rename(beside, path)
        _sync_names(folder)
    except OSError:
        remove(beside)
        raise
    finally:
        os.close(folder)


def remove(path: str) -> None:
    """Have no such file, if that can be."""
    try:
        os.unlink(path)
    except OSError:
        pass  # it was never made


def _write(path: str, content: bytes, model: "os.stat_result | None") -> None:
    remove(path)  # who was killed may have left one
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC
    descriptor = os.open(path, flags, 0o600)
    with open(descriptor, "wb") as file:
        if model:
            os.fchown(descriptor, model.st_uid, model.st_gid)
            os.fchmod(descriptor, model.st_mode & 0o7777)
        file.write(content)
        file.flush()
        os.fsync(descriptor)


def _sync_names(folder: int) -> None:
    try:
        os.fsync(folder)
    except OSError:
        pass  # it is replaced; not every file system can promise more
