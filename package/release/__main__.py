"""``python -m package.release``: make a release in build/release/VERSION.

``python -m package.release --create-keys`` makes the signing keys instead.
"""

import argparse
import os
import subprocess
import sys
from pathlib import Path

from ..builder.paths import CHECKOUT
from ..builder.targets import TARGETS, Target
from . import assemble, keys, source
from .errors import ReleaseError

DEFAULT_KEYS = Path.home() / ".config/pywg-embedded/release-keys"
# Those of Debian are for tests.
OPENWRT_TARGETS = [name for name in TARGETS if not name.startswith("debian_")]
GITHUB = "https://github.com/"
PUBLISH = """\

To publish:
  git tag v{version} && git push origin v{version}
      (the workflow .github/workflows/release.yml then makes and publishes the same)
or by hand:
  upload {archive}, {checksums} and {checksums}.sig
      to {url}
  upload the content of {folder}/{feeds}
      to a web server; routers use its folders opkg/ARCH and apk/ARCH as feeds
  copy the folders of {folder}/{packages}
      into a feed of OpenWrt's build system"""


def main() -> int:
    """Run the command line and return the exit code."""
    words = _parse()
    key_folder = Path(words.keys)
    if words.create_keys:
        keys.create_keys(key_folder)
        print(f"the signing keys are in {key_folder}; keep a copy of them")
        return 0
    try:
        section = assemble.check(CHECKOUT, key_folder, words.tag)
        folder = CHECKOUT / "build/release" / section.version
        url = words.url or _default_url(section.version)
        release = assemble.Release(
            CHECKOUT, folder, _targets(words.targets), key_folder, url, section
        )
        print(f"pywg-embedded {section.version}, in {folder}:")
        for line in assemble.assemble(release):
            print(f"  {line}", flush=True)
    except ReleaseError as error:
        print(f"no release made: {error}", file=sys.stderr)
        return 1
    print(
        PUBLISH.format(
            version=section.version,
            archive=source.file_name(section.version),
            checksums=assemble.CHECKSUMS,
            url=url,
            folder=os.path.relpath(folder),
            feeds=assemble.FEEDS,
            packages=assemble.PACKAGES,
        )
    )
    return 0


def _parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m package.release")
    parser.add_argument(
        "--keys",
        metavar="FOLDER",
        default=os.environ.get("RELEASE_KEYS") or DEFAULT_KEYS,
        help="the signing keys (default: $RELEASE_KEYS, or %(default)s)",
    )
    parser.add_argument(
        "--url",
        default=os.environ.get("RELEASE_URL", ""),
        help="where the source archive will be published (default: $RELEASE_URL, or "
        "the releases of the GitHub repository that 'origin' is)",
    )
    parser.add_argument(
        "--tag",
        default=os.environ.get("RELEASE_TAG", ""),
        help="a git tag that must be 'v' and the version (default: $RELEASE_TAG)",
    )
    parser.add_argument(
        "--targets",
        metavar="ARCH,...",
        default=",".join(OPENWRT_TARGETS),
        help="the architectures to build feeds for (default: all of OpenWrt)",
    )
    parser.add_argument(
        "--create-keys", action="store_true", help="make the signing keys, then end"
    )
    return parser.parse_args()


def _targets(names: str) -> tuple[Target, ...]:
    unknown = [name for name in names.split(",") if name not in TARGETS]
    if unknown:
        known = ", ".join(TARGETS)
        raise ReleaseError(
            f"unknown architecture: {unknown[0]} (expected one of {known})"
        )
    return tuple(TARGETS[name] for name in names.split(","))


def _default_url(version: str) -> str:
    command = ("git", "-C", str(CHECKOUT), "remote", "get-url", "origin")
    origin = subprocess.run(command, capture_output=True, text=True).stdout.strip()
    origin = origin.replace("git@github.com:", GITHUB).removesuffix(".git")
    if not origin.startswith(GITHUB):
        raise ReleaseError(
            "no URL for the source archive: set RELEASE_URL to the folder that it will "
            "be published in, such as https://example.org/pywg-embedded"
        )
    return f"{origin}/releases/download/v{version}"


if __name__ == "__main__":
    sys.exit(main())
