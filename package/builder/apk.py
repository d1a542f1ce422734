"""Packages and feeds for apk, the package manager of OpenWrt 25.12 and later.

The tool ``apk`` itself (apk-tools 3) writes both.
"""

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

from .archive import File
from .packages import MAINTAINER, VERSION, Package

INDEX = "packages.adb"
PUBLIC_KEY = "pywg-embedded.pem"
MISSING = (
    "apk not found in PATH: install apk-tools 3, or add staging_dir/host/bin of an "
    "OpenWrt SDK to PATH"
)
# OpenWrt's default_postinst and default_prerm do the work. Without lib/functions.sh, as
# in an image that is being assembled, nothing is to be done.
BEGIN = """\
#!/bin/sh
[ "$IPKG_NO_SCRIPT" = 1 ] && exit 0
[ -s "$IPKG_INSTROOT/lib/functions.sh" ] || exit 0
. "$IPKG_INSTROOT/lib/functions.sh"
export root="$IPKG_INSTROOT" pkgname={name} PKG_UPGRADE={upgrade}
"""
# As with opkg, the script of the package runs before its services start.
INSTALL = """\
add_group_and_user
{own}default_postinst
"""
REMOVE = """\
default_prerm
"""


def find_tool() -> str | None:
    """Return the path of the program ``apk``, or None."""
    return shutil.which("apk")


def file_name(package: Package) -> str:
    """Return NAME-VERSION.apk."""
    return f"{package.full_name}-{VERSION}.apk"


def write(package: Package, mtime: int, path: Path) -> None:
    """Write a package to ``path``.

    ``mtime`` is the time of all packed files, in seconds since 1970.
    """
    with tempfile.TemporaryDirectory() as work:
        files, scripts = Path(work) / "files", Path(work) / "scripts"
        _write_tree(_files(package), files, mtime)
        _write_tree(_scripts(package), scripts, mtime)
        options = [f"--script={file.name}:{file}" for file in sorted(scripts.iterdir())]
        options += [
            f"--info={field}:{text}" for field, text in _fields(package).items() if text
        ]
        epoch = {"SOURCE_DATE_EPOCH": str(mtime)}
        _run("mkpkg", *options, f"--files={files}", f"--output={path}", **epoch)


def load_or_create_key(path: Path) -> Path:
    """Return ``path``; if there is no such file, write a new private key to it."""
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch(mode=0o600)
        curve = ("-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256")
        subprocess.run(("openssl", "genpkey", *curve, "-out", str(path)), check=True)
    return path


def write_index(folder: Path, key: Path) -> None:
    """Write the signed index of the packages in ``folder``, and the public key.

    Routers trust the keys in /etc/apk/keys, whatever their file names.
    """
    packages = sorted(str(path) for path in folder.glob("*.apk"))
    options = ("--allow-untrusted", f"--sign-key={key}", f"--output={folder / INDEX}")
    _run("mkndx", *options, *packages)
    public = ("-pubout", "-out", str(folder / PUBLIC_KEY))
    subprocess.run(("openssl", "pkey", "-in", str(key), *public), check=True)


def _fields(package: Package) -> dict[str, str]:
    noarch = package.architecture == "all"
    return {
        "name": package.full_name,
        "version": VERSION,
        "description": package.description,
        "arch": "noarch" if noarch else package.architecture,
        "license": package.license.name,
        "origin": "pywg-embedded",
        "maintainer": MAINTAINER,
        "tags": " ".join(_tags(package)),
        "depends": " ".join(
            f"{name}>={least}" if least else name for name, least in package.depends
        ),
        "provides": " ".join(_provided(package)),
        "replaces": " ".join(package.replaces),
        "provider-priority": _priority(package),
    }


def _tags(package: Package) -> Iterator[str]:
    if package.abi:
        yield f"openwrt:abiversion={package.abi}"
    yield f"openwrt:section={package.section}"


def _provided(package: Package) -> Iterator[str]:
    """List the names that the package provides.

    apk installs only one provider of a versioned name. For a library that is the name
    with the ABI version; the others are unversioned.
    """
    if package.abi:
        yield package.name
        yield from package.provides
    yield from (f"{name}{package.abi}={VERSION}" for name in package.provides)


def _priority(package: Package) -> str:
    """Return the priority; apk ignores unversioned provides without one."""
    if package.preferred:
        return "100"
    return "10" if package.abi else ""


def _files(package: Package) -> dict[str, File]:
    """Return the files, and the list of them that OpenWrt's functions read."""
    path = f"lib/apk/packages/{package.full_name}.list"
    listed = "".join(f"/{name}\n" for name in sorted((*package.files, path)))
    return {**package.files, path: File(listed.encode())}


def _scripts(package: Package) -> dict[str, File]:
    """Return the scripts of the package by the names that apk gives them."""
    first = BEGIN.format(name=package.full_name, upgrade="")
    again = BEGIN.format(name=package.full_name, upgrade="1")
    own = f"(\n{package.postinst})\n" if package.postinst else ""
    install = INSTALL.format(own=own)
    scripts = {
        "post-install": first + install,
        "pre-upgrade": again + REMOVE,
        "post-upgrade": again + install,
        "pre-deinstall": first + REMOVE,
        "post-deinstall": package.postrm,
    }
    return {name: File(text.encode(), 0o755) for name, text in scripts.items() if text}


def _write_tree(files: dict[str, File], root: Path, mtime: int) -> None:
    for name, file in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(file.content)
        path.chmod(file.mode)
    for path in (root, *root.rglob("*")):
        if path.is_dir():
            path.chmod(0o755)
        os.utime(path, (mtime, mtime))


def _run(*arguments: str, **environment: str) -> None:
    # apk packs the owner of each file. In a user namespace that is root.
    namespace = ("unshare", "--map-root-user") if os.geteuid() else ()
    subprocess.run(
        (*namespace, "apk", *arguments),
        env={**os.environ, **environment},
        stdout=subprocess.DEVNULL,
        check=True,
    )
