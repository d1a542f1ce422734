"""The signing keys of a release: one for opkg, one for apk.

They are in one folder: ``opkg.key`` (the 32-byte seed of an Ed25519 key) and
``apk.pem`` (an ECDSA key, PEM).
"""

from pathlib import Path

from ..builder import apk, opkg_feed
from .errors import ReleaseError

OPKG, APK = "opkg.key", "apk.pem"


def check_keys(folder: Path) -> None:
    """Raise ReleaseError if ``folder`` lacks one of the keys."""
    for name in (OPKG, APK):
        if not (folder / name).is_file():
            raise ReleaseError(
                f"no signing key: {folder / name}; run 'make release-keys' once and "
                "keep a copy of the folder (routers trust these keys), or name another "
                "folder with RELEASE_KEYS=FOLDER"
            )


def create_keys(folder: Path) -> None:
    """Write those keys that ``folder`` lacks, readable by the owner only."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    opkg_feed.load_or_create_key(folder / OPKG)
    apk.load_or_create_key(folder / APK)
