"""A release of a small set of targets: its archive, feeds, checksums and notes."""

import io
import re
import subprocess
import tarfile
from pathlib import Path

import pytest

from package.builder import apk, libpywg, opkg_feed
from package.builder.targets import TARGETS
from package.release import __main__ as command_line
from package.release import assemble, checks, keys, source
from pywg_embedded import __version__

from .checkouts import DATE, copy_checkout, git

NAMES = ("x86_64", "mips_24kc")
URL = "https://example.org/releases"
ARCHIVE = f"pywg-embedded-{__version__}.tar.gz"


class Made:
    """A release that was made, and the lines that were printed about it."""

    def __init__(self, checkout: Path, folder: Path, key_folder: Path) -> None:
        keys.create_keys(key_folder)
        targets = tuple(TARGETS[name] for name in NAMES)
        section = checks.check_version(checkout)
        self.checkout = checkout
        self.folder = folder
        self.key = opkg_feed.load_or_create_key(key_folder / keys.OPKG)
        release = assemble.Release(checkout, folder, targets, key_folder, URL, section)
        self.lines = list(assemble.assemble(release))

    def read(self, path: str) -> bytes:
        return (self.folder / path).read_bytes()


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Made:
    """A release without apk; all of its libraries are one that is empty."""
    folder = tmp_path_factory.mktemp("release")
    library = folder / "library"
    build = ("cc", "-shared", "-nostdlib", "-x", "c", "/dev/null", "-o", str(library))
    subprocess.run(build, check=True)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(libpywg, "shared_library", lambda target, aead: library)
        patch.setattr(apk, "find_tool", lambda: None)
        checkout = copy_checkout(folder / "checkout")
        return Made(checkout, folder / "made", folder / "keys")


def signature_holds(made: Made, folder: str, name: str, tmp_path: Path) -> bool:
    public = tmp_path / "key.pub"
    public.write_bytes(made.key.public)
    files = ("-p", str(public), "-x", f"{name}.sig", "-m", name)
    command = ("signify-openbsd", "-V", "-q", *files)
    return subprocess.run(command, cwd=made.folder / folder).returncode == 0


@pytest.mark.parametrize("name", NAMES)
def test_feed_is_signed_with_the_release_key(
    made: Made, name: str, tmp_path: Path
) -> None:
    folder = f"feeds/opkg/{name}"
    assert signature_holds(made, folder, "Packages", tmp_path)
    assert made.read(f"{folder}/{made.key.fingerprint.hex()}") == made.key.public
    index = made.read(f"{folder}/Packages").decode()
    files = re.findall(r"^Filename: (.+)\nSize: (\d+)$", index, re.MULTILINE)
    assert len(files) == 4
    for file, size in files:
        assert len(made.read(f"{folder}/{file}")) == int(size)


def test_checksums_are_of_all_files_and_signed(made: Made, tmp_path: Path) -> None:
    assert signature_holds(made, ".", "SHA256SUMS", tmp_path)
    check = ("sha256sum", "--check", "--strict", "--quiet", "SHA256SUMS")
    assert subprocess.run(check, cwd=made.folder).returncode == 0
    listed = [
        line.split("  ")[1]
        for line in made.read("SHA256SUMS").decode().split("\n")[:-1]
    ]
    paths = (path for path in made.folder.rglob("*") if path.is_file())
    files = {str(path.relative_to(made.folder)) for path in paths}
    assert files == {*listed, "SHA256SUMS", "SHA256SUMS.sig"}


def test_packages_for_openwrt_are_packed_before_the_checksums(made: Made) -> None:
    packed = f"openwrt-packages-{__version__}.tar.gz"
    with tarfile.open(fileobj=io.BytesIO(made.read(packed))) as archive:
        files = {each.name: each for each in archive.getmembers() if each.isfile()}
    folder = made.folder / "openwrt-packages"
    paths = [path for path in folder.rglob("*") if path.is_file()]
    assert set(files) == {f"./{path.relative_to(made.folder)}" for path in paths}
    assert files["./openwrt-packages/libpywg/test.sh"].mode == 0o755
    assert packed in made.read("SHA256SUMS").decode()


def test_archive_holds_the_files_of_the_commit(made: Made) -> None:
    with tarfile.open(fileobj=io.BytesIO(made.read(ARCHIVE))) as archive:
        members = archive.getmembers()
    top = f"pywg-embedded-{__version__}"
    files = {each.name.removeprefix(f"{top}/") for each in members if each.isfile()}
    assert files == set(git(made.checkout, "ls-files").splitlines())
    assert all(each.name == top or each.name.startswith(f"{top}/") for each in members)
    assert {(each.uid, each.gid) for each in members} == {(0, 0)}
    assert len({each.mtime for each in members}) == 1


def test_archive_is_the_same_bytes_from_another_clone(
    made: Made, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    clone = tmp_path / "clone"
    git(made.checkout, "clone", "--quiet", str(made.checkout), str(clone))
    git(clone, "config", "tar.umask", "0077")
    monkeypatch.setenv("TZ", "Pacific/Auckland")
    assert source.archive(clone, __version__) == made.read(ARCHIVE)


def test_release_is_the_same_bytes_when_made_again(
    made: Made, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(apk, "find_tool", lambda: None)
    library = made.folder.parent / "library"
    monkeypatch.setattr(libpywg, "shared_library", lambda target, aead: library)
    again = Made(made.checkout, tmp_path / "again", made.folder.parent / "keys")
    assert again.read("SHA256SUMS") == made.read("SHA256SUMS")


def test_apk_feeds_are_left_out_with_a_reason_when_apk_is_missing(made: Made) -> None:
    assert not (made.folder / "feeds/apk").exists()
    (line,) = (line for line in made.lines if "left out" in line)
    assert line == f"apk feeds are left out: {apk.MISSING}"


def test_notes_are_the_section_of_the_changelog(made: Made) -> None:
    text = made.read("RELEASE_NOTES.md").decode()
    assert text.startswith(f"# pywg-embedded {__version__}\n\n")
    changelog = (made.checkout / "CHANGELOG.md").read_text()
    section = changelog.split(f"## [{__version__}] - {DATE}\n")[1].split("\n## ")[0]
    assert section.strip() in text


def test_makefiles_name_the_archive_and_its_hash(made: Made) -> None:
    digest = source.sha256(made.read(ARCHIVE))
    makefiles = sorted((made.folder / "openwrt-packages").glob("*/Makefile"))
    names = [path.parent.name for path in makefiles]
    assert names == ["libpywg", "luci-proto-pywg", "pywg-embedded"]
    for path in makefiles:
        text = path.read_text()
        assert f"\nPKG_SOURCE:={ARCHIVE}\n" in text
        assert f"\nPKG_SOURCE_URL:={URL}\n" in text
        assert f"\nPKG_HASH:={digest}\n" in text
        assert "checkout.mk" not in text and "../.." not in text


def test_every_part_is_named(made: Made) -> None:
    text = "\n".join(made.lines)
    for part in (
        ARCHIVE,
        *(f"feeds/opkg/{name}" for name in NAMES),
        "RELEASE_NOTES.md",
    ):
        assert part in text


def test_command_line_lists_what_was_made_and_how_to_publish_it(
    made: Made,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    clone = tmp_path / "clone"
    git(made.checkout, "clone", "--quiet", str(made.checkout), str(clone))
    library = made.folder.parent / "library"
    monkeypatch.setattr(libpywg, "shared_library", lambda target, aead: library)
    monkeypatch.setattr(command_line, "CHECKOUT", clone)
    options = ("--keys", str(made.folder.parent / "keys"), "--url", URL)
    monkeypatch.setattr("sys.argv", ["release", *options, "--targets", NAMES[0]])
    assert command_line.main() == 0
    lines = [line.strip() for line in capsys.readouterr().out.splitlines()]
    folder = clone / "build/release" / __version__
    assert lines[0] == f"pywg-embedded {__version__}, in {folder}:"
    assert f"opkg feed: feeds/opkg/{NAMES[0]}, 4 packages" in lines
    assert f"git tag v{__version__} && git push origin v{__version__}" in lines
    assert f"to {URL}" in lines
    assert (folder / "SHA256SUMS.sig").is_file()
