"""The package format of opkg, the package manager of OpenWrt up to 24.10."""

import gzip
import io
import tarfile

from .archive import File, gzip_compress, make_tar
from .packages import MAINTAINER, VERSION, Package

# OpenWrt's default_postinst and default_prerm do the work. Without lib/functions.sh, as
# in an image that is being assembled, nothing is to be done.
SCRIPT = """\
#!/bin/sh
[ "${{IPKG_NO_SCRIPT}}" = "1" ] && exit 0
[ -s "${{IPKG_INSTROOT}}/lib/functions.sh" ] || exit 0
. "${{IPKG_INSTROOT}}/lib/functions.sh"
default_{name} "$0" "$@"
"""


def file_name(package: Package) -> str:
    """Return NAME_VERSION_ARCHITECTURE.ipk."""
    return f"{package.full_name}_{VERSION}_{package.architecture}.ipk"


def pack(package: Package, mtime: int) -> bytes:
    """Return the package; ``mtime`` is the time of its files, in seconds since 1970."""
    data = make_tar(package.files, mtime)
    control_tar = make_tar(_control(package, len(data), mtime), mtime)
    members = {
        "debian-binary": File(b"2.0\n"),
        "data.tar.gz": File(gzip_compress(data)),
        "control.tar.gz": File(gzip_compress(control_tar)),
    }
    return gzip_compress(make_tar(members, mtime))


def member(package: bytes, name: str) -> bytes:
    """Return the tar archive "data" or "control" of a package, uncompressed."""
    with tarfile.open(fileobj=io.BytesIO(package)) as outer:
        file = outer.extractfile(f"./{name}.tar.gz")
        assert file
        return gzip.decompress(file.read())


def control(package: Package, size: int, mtime: int) -> str:
    """Return the control file; ``size`` is that of the tar of the files, in bytes."""
    fields = {
        "Package": package.full_name,
        "Version": VERSION,
        "Depends": ", ".join(
            f"{name} (>= {least})" if least else name for name, least in package.depends
        ),
        "Conflicts": ", ".join(package.conflicts),
        "Provides": ", ".join(_provided(package)),
        "Replaces": ", ".join(package.replaces),
        "Source": "pywg-embedded",
        "License": package.license.name,
        "LicenseFiles": " ".join(package.license.files),
        "Section": package.section,
        "SourceDateEpoch": str(mtime),
        "ABIVersion": package.abi,
        "Maintainer": MAINTAINER,
        "Architecture": package.architecture,
        "Installed-Size": str(size),
        "Description": package.description,
    }
    return "".join(f"{name}: {value}\n" for name, value in fields.items() if value)


def _provided(package: Package) -> list[str]:
    """List the names that the package provides.

    A library also provides its own name without the ABI version, and each other name
    with it.
    """
    names = list(package.provides)
    if package.abi:
        names += [package.name, *(f"{name}{package.abi}" for name in names)]
    return names


def _control(package: Package, size: int, mtime: int) -> dict[str, File]:
    scripts = {
        "postinst": SCRIPT.format(name="postinst"),
        "postinst-pkg": package.postinst,
        "prerm": SCRIPT.format(name="prerm"),
        "postrm": package.postrm,
    }
    fields = File(control(package, size, mtime).encode())
    files = {name: File(text.encode(), 0o755) for name, text in scripts.items() if text}
    return {"control": fields, **files}
