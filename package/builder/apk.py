"""The format that apk installs, from OpenWrt 25.12 on, as apk itself writes it."""

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
    "apk is not on PATH: install apk-tools 3. Where a distribution has none, "
    "OpenWrt's SDK does, in staging_dir/host/bin."
)
# OpenWrt's own functions do what each package needs; without them, in an image that is
# not running, there is nothing to do.
BEGIN = """\
#!/bin/sh
[ "$IPKG_NO_SCRIPT" = 1 ] && exit 0
[ -s "$IPKG_INSTROOT/lib/functions.sh" ] || exit 0
. "$IPKG_INSTROOT/lib/functions.sh"
export root="$IPKG_INSTROOT" pkgname={name} PKG_UPGRADE={upgrade}
"""
# As with opkg, what is the package's own comes before its services start.
INSTALL = """\
add_group_and_user
{own}default_postinst
"""
REMOVE = """\
default_prerm
"""


def tool() -> str | None:
    """Where apk is, if it is."""
    return shutil.which("apk")


def file_name(package: Package) -> str:
    """NAME-VERSION.apk."""
    return f"{package.full_name}-{VERSION}.apk"


def write(package: Package, stamp: int, path: Path) -> None:
    """Pack to ``path``; all files bear the time ``stamp``, in seconds since 1970."""
    with tempfile.TemporaryDirectory() as work:
        files, scripts = Path(work) / "files", Path(work) / "scripts"
        _unfold(_files(package), files, stamp)
        _unfold(_scripts(package), scripts, stamp)
        told = [f"--script={each.name}:{each}" for each in sorted(scripts.iterdir())]
        told += [
            f"--info={key}:{text}" for key, text in _about(package).items() if text
        ]
        epoch = {"SOURCE_DATE_EPOCH": str(stamp)}
        _run("mkpkg", *told, f"--files={files}", f"--output={path}", **epoch)


def load_key(path: Path) -> Path:
    """The private key in ``path``; a new one if there is no such file."""
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch(mode=0o600)
        curve = ("-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256")
        subprocess.run(("openssl", "genpkey", *curve, "-out", str(path)), check=True)
    return path


def write_index(folder: Path, key: Path) -> None:
    """Write what apk reads of a folder of packages, and the public key beside it.

    A router takes the key from any file in /etc/apk/keys.
    """
    packages = sorted(str(path) for path in folder.glob("*.apk"))
    signed = ("--allow-untrusted", f"--sign-key={key}", f"--output={folder / INDEX}")
    _run("mkndx", *signed, *packages)
    public = ("-pubout", "-out", str(folder / PUBLIC_KEY))
    subprocess.run(("openssl", "pkey", "-in", str(key), *public), check=True)


def _about(package: Package) -> dict[str, str]:
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
        "depends": " ".join(package.depends),
        "provides": " ".join(_provided(package)),
        "replaces": " ".join(package.replaces),
        "provider-priority": _priority(package),
    }


def _tags(package: Package) -> Iterator[str]:
    if package.abi:
        yield f"openwrt:abiversion={package.abi}"
    yield f"openwrt:section={package.section}"


def _provided(package: Package) -> Iterator[str]:
    """Of what has a version, no two that provide it are installed at once; of a
    library, that is the name with the abi."""
    if package.abi:
        yield package.name
        yield from package.provides
    yield from (f"{name}{package.abi}={VERSION}" for name in package.provides)


def _priority(package: Package) -> str:
    """Without any, what has no version is not taken for what it provides."""
    if package.preferred:
        return "100"
    return "10" if package.abi else ""


def _files(package: Package) -> dict[str, File]:
    """With the list of them that OpenWrt's functions read."""
    path = f"lib/apk/packages/{package.full_name}.list"
    listed = "".join(f"/{name}\n" for name in sorted((*package.files, path)))
    return {**package.files, path: File(listed.encode())}


def _scripts(package: Package) -> dict[str, File]:
    """Those that opkg would run, under the names and at the times of apk."""
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


def _unfold(files: dict[str, File], root: Path, stamp: int) -> None:
    for name, file in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(file.content)
        path.chmod(file.mode)
    for path in (root, *root.rglob("*")):
        if path.is_dir():
            path.chmod(0o755)
        os.utime(path, (stamp, stamp))


def _run(*arguments: str, **environment: str) -> None:
    # What it packs belongs to whom the files do: to root, who alone is in a namespace.
    alone = ("unshare", "--map-root-user") if os.geteuid() else ()
    subprocess.run(
        (*alone, "apk", *arguments),
        env={**os.environ, **environment},
        stdout=subprocess.DEVNULL,
        check=True,
    )
