"""The packages of the feed, changed to be built from a source archive.

In the checkout a Makefile builds the source tree around it. Its copy downloads the
archive and checks the hash, so that the folder can be put into any feed.
"""

import re
import shutil
from pathlib import Path
from typing import NamedTuple

from . import source


class FeedPackage(NamedTuple):
    """The folder of a package, and the files to copy besides its Makefile."""

    folder: str
    files: tuple[str, ...]


PACKAGES = (
    FeedPackage("package/libpywg", ("test.sh",)),
    FeedPackage("package/pywg-embedded", ("bin", "files", "scripts", "test.sh")),
    # luci.mk takes the list of languages, and the translations, from this folder.
    FeedPackage("luci/luci-proto-pywg", ("po",)),
)
_PKG_RELEASE = re.compile(r"^PKG_RELEASE:=.*\n", re.MULTILINE)
_CHECKOUT_MK = "include ../checkout.mk\n"
_SOURCE = """
PKG_SOURCE:={archive}
PKG_SOURCE_URL:={url}
PKG_HASH:={digest}
"""
# The name of the folder in the archive is not that of the package.
_BUILD_DIR = """\
PKG_BUILD_DIR:=$(BUILD_DIR)/$(PKG_NAME)$(if $(BUILD_VARIANT),-$(BUILD_VARIANT))/{folder}
"""
# luci.mk sets PKG_BUILD_DIR itself, and expects htdocs and root in it.
_UNPACK = """\
UNPACK_CMD=gzip -dc $(DL_DIR)/$(PKG_SOURCE) | $(TAR) -C $(1) --strip-components=1 -xf -
"""
_LUCI_PREPARE = re.compile(
    r"^define Build/Prepare/luci-proto-pywg\n.*?^endef\n", re.MULTILINE | re.DOTALL
)
_LUCI_COPY = """\
define Build/Prepare/luci-proto-pywg
	$(CP) $(PKG_BUILD_DIR)/luci/luci-proto-pywg/htdocs \\
		$(PKG_BUILD_DIR)/luci/luci-proto-pywg/root $(PKG_BUILD_DIR)/
endef
"""


def copy_packages(
    checkout: Path, folder: Path, version: str, url: str, digest: str
) -> None:
    """Write the packages of the feed to ``folder``.

    ``url`` is that of the folder which the source archive can be downloaded from,
    ``digest`` the SHA-256 hash of the archive in hexadecimal.
    """
    for package in PACKAGES:
        origin = checkout / package.folder
        target = folder / origin.name
        target.mkdir(parents=True)
        for name in package.files:
            if (origin / name).is_dir():
                shutil.copytree(origin / name, target / name)
            else:
                shutil.copy2(origin / name, target / name)
        text = (origin / "Makefile").read_text()
        (target / "Makefile").write_text(from_archive(text, version, url, digest))


def from_archive(makefile: str, version: str, url: str, digest: str) -> str:
    """Return the text of a Makefile that builds from the source archive.

    Raises ValueError if the Makefile does not look as expected.
    """
    lines = _SOURCE.format(archive=source.file_name(version), url=url, digest=digest)
    if _CHECKOUT_MK in makefile:
        lines += _BUILD_DIR.format(folder=source.folder_name("$(PKG_VERSION)"))
        makefile = makefile.replace(_CHECKOUT_MK, "")
    elif _LUCI_PREPARE.search(makefile):
        lines += _UNPACK
        makefile = _LUCI_PREPARE.sub(lambda _: _LUCI_COPY, makefile)
    else:
        raise ValueError("the Makefile neither includes checkout.mk nor is LuCI's")
    if not _PKG_RELEASE.search(makefile):
        raise ValueError("the Makefile has no PKG_RELEASE")
    return _PKG_RELEASE.sub(lambda found: found[0] + lines, makefile, count=1)
