"""The source archive: the files of a commit, the same bytes each time."""

import hashlib
import subprocess
from pathlib import Path

from ..builder.archive import gzip_compress


def folder_name(version: str) -> str:
    """Return the name of the one folder in the archive."""
    return f"pywg-embedded-{version}"


def file_name(version: str) -> str:
    """Return the file name of the archive."""
    return f"{folder_name(version)}.tar.gz"


def archive(checkout: Path, version: str) -> bytes:
    """Return the archive of the current commit.

    git writes the files in the order of their paths, owned by root, with the time of
    the commit; the umask is given here, because it is a setting of the user otherwise.
    """
    command = ("git", "-C", str(checkout), "-c", "tar.umask=0022", "archive")
    options = ("--format=tar", f"--prefix={folder_name(version)}/", "HEAD")
    done = subprocess.run((*command, *options), capture_output=True, check=True)
    return gzip_compress(done.stdout)


def sha256(content: bytes) -> str:
    """Return the SHA-256 hash in hexadecimal."""
    return hashlib.sha256(content).hexdigest()
