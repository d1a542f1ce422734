"""Write a release to a folder."""

import os
import shutil
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import NamedTuple

from ..builder import apk, feeds, opkg_feed
from ..builder.archive import File, gzip_compress, make_tar
from ..builder.targets import Target
from . import checks, keys, makefiles, notes, source

CHECKSUMS = "SHA256SUMS"
NOTES = "RELEASE_NOTES.md"
# Folders of the release.
FEEDS, PACKAGES = "feeds", "openwrt-packages"
NO_APK = f"apk feeds are left out: {apk.MISSING}"


class Release(NamedTuple):
    """What a release is made of.

    ``url`` is that of the folder which the source archive will be published in;
    ``key_folder`` has the signing keys; ``folder`` is written anew.
    """

    checkout: Path
    folder: Path
    targets: tuple[Target, ...]
    key_folder: Path
    url: str
    section: notes.Section


def assemble(release: Release) -> Iterator[str]:
    """Write all files of the release, and yield a line about each part."""
    keys.check_keys(release.key_folder)
    shutil.rmtree(release.folder, ignore_errors=True)
    release.folder.mkdir(parents=True)
    version = release.section.version
    archive = source.archive(release.checkout, version)
    digest = source.sha256(archive)
    (release.folder / source.file_name(version)).write_bytes(archive)
    yield f"source archive: {source.file_name(version)}, SHA-256 {digest}"
    yield from _write_feeds(release)
    makefiles.copy_packages(
        release.checkout, release.folder / PACKAGES, version, release.url, digest
    )
    name = _pack(release.folder, PACKAGES, version, release.checkout)
    yield f"packages for OpenWrt's build system: {name}, source {release.url}"
    (release.folder / NOTES).write_text(notes.format_notes(release.section))
    yield f"release notes: {NOTES}"
    _write_checksums(release)
    yield f"checksums: {CHECKSUMS}, signed in {CHECKSUMS}.sig"


def _pack(folder: Path, name: str, version: str, checkout: Path) -> str:
    """Write a folder of the release as an archive too, and return its name."""
    packed = f"{name}-{version}.tar.gz"
    files = {
        path.relative_to(folder).as_posix(): File(
            path.read_bytes(), 0o755 if os.access(path, os.X_OK) else 0o644
        )
        for path in sorted((folder / name).rglob("*"))
        if path.is_file()
    }
    tar = make_tar(files, feeds.source_date_epoch(checkout))
    (folder / packed).write_bytes(gzip_compress(tar))
    return packed


def _write_feeds(release: Release) -> Iterator[str]:
    mtime = feeds.source_date_epoch(release.checkout)
    usign = opkg_feed.load_or_create_key(release.key_folder / keys.OPKG)
    ecdsa = release.key_folder / keys.APK
    has_apk = apk.find_tool() is not None
    for target in release.targets:
        folder = release.folder / FEEDS / "opkg" / target.name
        built = list(feeds.build_opkg_feed(target, folder, mtime, usign))
        yield f"opkg feed: {FEEDS}/opkg/{target.name}, {len(built)} packages"
        if has_apk:
            folder = release.folder / FEEDS / "apk" / target.name
            built = list(feeds.build_apk_feed(target, folder, mtime, ecdsa))
            yield f"apk feed: {FEEDS}/apk/{target.name}, {len(built)} packages"
    if not has_apk:
        yield NO_APK


def _write_checksums(release: Release) -> None:
    """Write hashes in the format of sha256sum(1), and their signature."""
    paths: Iterable[Path] = sorted(release.folder.rglob("*"))
    lines = [
        f"{source.sha256(path.read_bytes())}  {path.relative_to(release.folder)}\n"
        for path in paths
        if path.is_file()
    ]
    content = "".join(lines).encode()
    usign = opkg_feed.load_or_create_key(release.key_folder / keys.OPKG)
    (release.folder / CHECKSUMS).write_bytes(content)
    (release.folder / f"{CHECKSUMS}.sig").write_bytes(usign.sign(content))


def check(checkout: Path, key_folder: Path, tag: str = "") -> notes.Section:
    """Return the section of the change log, if a release can be made.

    Raises ReleaseError if it cannot.
    """
    checks.check_clean(checkout)
    section = checks.check_version(checkout, tag)
    keys.check_keys(key_folder)
    return section
