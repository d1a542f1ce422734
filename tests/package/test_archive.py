"""Archives depend on their content only."""

import io
import subprocess
import tarfile
import zlib

from package.builder.archive import File, gzip_compress, make_tar

FILES = {"usr/bin/b": File(b"two\n", 0o755), "a": File(b"one\n")}
STAMP = 1_700_000_000


def test_folders_precede_the_files_in_their_order() -> None:
    with tarfile.open(fileobj=io.BytesIO(make_tar(FILES, STAMP))) as archive:
        names = archive.getnames()
    assert names == ["./usr", "./usr/bin", "./usr/bin/b", "./a"]


def test_members_are_owned_by_root_and_have_one_time() -> None:
    with tarfile.open(fileobj=io.BytesIO(make_tar(FILES, STAMP))) as archive:
        facts = {(each.uid, each.gid, each.mtime) for each in archive}
        modes = {each.name: each.mode for each in archive}
    assert facts == {(0, 0, STAMP)}
    assert modes == {
        "./usr": 0o755,
        "./usr/bin": 0o755,
        "./usr/bin/b": 0o755,
        "./a": 0o644,
    }


def test_archive_is_read_by_tar() -> None:
    listing = subprocess.run(
        ("tar", "--list", "--gunzip"),
        input=gzip_compress(make_tar(FILES, STAMP)),
        capture_output=True,
        check=True,
    )
    assert listing.stdout.split() == [b"./usr/", b"./usr/bin/", b"./usr/bin/b", b"./a"]


def test_gzip_stream_has_neither_name_nor_time() -> None:
    data = gzip_compress(b"text" * 1000)
    assert data[:8] == b"\x1f\x8b\x08\x00\x00\x00\x00\x00"
    assert zlib.decompress(data, wbits=31) == b"text" * 1000
