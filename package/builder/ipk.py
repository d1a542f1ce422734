"""The format that opkg installs, up to OpenWrt 24.10."""

import gzip
import io
import tarfile

from .archive import File, gzip_compress, make_tar
from .packages import MAINTAINER, VERSION, Package

# OpenWrt's own functions do what each package needs; without them, in an image that is
# not running, there is nothing to do.
SCRIPT = """\
#!/bin/sh
[ "${{IPKG_NO_SCRIPT}}" = "1" ] && exit 0
[ -s "${{IPKG_INSTROOT}}/lib/functions.sh" ] || exit 0
. "${{IPKG_INSTROOT}}/lib/functions.sh"
default_{name} "$0" "$@"
"""


def file_name(package: Package) -> str:
    """NAME_VERSION_ARCHITECTURE.ipk."""
    return f"{package.full_name}_{VERSION}_{package.architecture}.ipk"


def pack(package: Package, stamp: int) -> bytes:
    """The package; all its files bear the time ``stamp``, in seconds since 1970."""
    data = make_tar(package.files, stamp)
    about = make_tar(_control(package, len(data), stamp), stamp)
    members = {
        "debian-binary": File(b"2.0\n"),
        "data.tar.gz": File(gzip_compress(data)),
        "control.tar.gz": File(gzip_compress(about)),
    }
    return gzip_compress(make_tar(members, stamp))


def member(package: bytes, name: str) -> bytes:
    """The tar archive of a packed package that holds its "data" or "control"."""
    with tarfile.open(fileobj=io.BytesIO(package)) as outer:
        file = outer.extractfile(f"./{name}.tar.gz")
        assert file
        return gzip.decompress(file.read())


def control(package: Package, size: int, stamp: int) -> str:
    """What opkg reads of a package whose files make a tar archive of ``size`` bytes."""
    fields = {
        "Package": package.full_name,
        "Version": VERSION,
        "Depends": ", ".join(package.depends),
        "Conflicts": ", ".join(package.conflicts),
        "Provides": ", ".join(_provided(package)),
        "Replaces": ", ".join(package.replaces),
        "Source": "pywg-embedded",
        "License": package.license.name,
        "LicenseFiles": " ".join(package.license.files),
        "Section": package.section,
        "SourceDateEpoch": str(stamp),
        "ABIVersion": package.abi,
        "Maintainer": MAINTAINER,
        "Architecture": package.architecture,
        "Installed-Size": str(size),
        "Description": package.description,
    }
    return "".join(f"{name}: {value}\n" for name, value in fields.items() if value)


def _provided(package: Package) -> list[str]:
    """Of a library, its name without and the others with the abi, too."""
    names = list(package.provides)
    if package.abi:
        names += [package.name, *(f"{name}{package.abi}" for name in names)]
    return names


def _control(package: Package, size: int, stamp: int) -> dict[str, File]:
    scripts = {
        "postinst": SCRIPT.format(name="postinst"),
        "postinst-pkg": package.postinst,
        "prerm": SCRIPT.format(name="prerm"),
        "postrm": package.postrm,
    }
    about = File(control(package, size, stamp).encode())
    files = {name: File(text.encode(), 0o755) for name, text in scripts.items() if text}
    return {"control": about, **files}
