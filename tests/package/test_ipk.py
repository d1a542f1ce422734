"""Packages for opkg."""

import io
import subprocess
import tarfile

import pytest

from package.builder import ipk
from package.builder.archive import File
from package.builder.packages import Dependency, License, Package
from pywg_embedded import __version__

PACKAGE = Package(
    name="example",
    architecture="mips_24kc",
    depends=(Dependency("libc"), Dependency("libsodium", "1.0.19")),
    provides=("sample",),
    conflicts=("other",),
    postinst="#!/bin/sh\ntrue\n",
    section="net",
    description="An example",
    files={"usr/bin/example": File(b"#!/bin/sh\n", 0o755)},
)
STAMP = 1_700_000_000
PACKED = ipk.pack(PACKAGE, STAMP)


def opened(name: str) -> tarfile.TarFile:
    return tarfile.open(fileobj=io.BytesIO(ipk.member(PACKED, name)))


def content(name: str, path: str) -> bytes:
    with opened(name) as archive:
        file = archive.extractfile(path)
        assert file
        return file.read()


def test_members_are_in_the_required_order() -> None:
    with tarfile.open(fileobj=io.BytesIO(PACKED)) as outer:
        assert outer.getnames() == [
            "./debian-binary",
            "./data.tar.gz",
            "./control.tar.gz",
        ]
        version = outer.extractfile("./debian-binary")
        assert version and version.read() == b"2.0\n"


def test_file_name_has_name_version_and_architecture() -> None:
    assert ipk.file_name(PACKAGE) == f"example_{__version__}-r1_mips_24kc.ipk"


def test_control_file_has_all_fields_in_order() -> None:
    size = len(ipk.member(PACKED, "data"))
    assert content("control", "./control").decode() == (
        "Package: example\n"
        f"Version: {__version__}-r1\n"
        "Depends: libc, libsodium (>= 1.0.19)\n"
        "Conflicts: other\n"
        "Provides: sample\n"
        "Source: pywg-embedded\n"
        "License: MIT\n"
        "LicenseFiles: LICENSE\n"
        "Section: net\n"
        f"SourceDateEpoch: {STAMP}\n"
        "Maintainer: The pywg-embedded authors\n"
        "Architecture: mips_24kc\n"
        f"Installed-Size: {size}\n"
        "Description: An example\n"
    )


LIBRARY = PACKAGE._replace(name="libexample", abi="7")


def fields(package: Package) -> dict[str, str]:
    lines = ipk.control(package, 0, STAMP).splitlines()
    return dict(line.split(": ", 1) for line in lines)


def test_library_has_its_abi_in_the_name_and_in_provides() -> None:
    assert ipk.file_name(LIBRARY) == f"libexample7_{__version__}-r1_mips_24kc.ipk"
    control = fields(LIBRARY)
    assert (control["Package"], control["ABIVersion"]) == ("libexample7", "7")
    assert control["Provides"] == "sample, libexample, sample7"


def test_package_replaces_what_it_provides_and_conflicts_with() -> None:
    assert "Replaces" not in fields(PACKAGE)
    assert fields(PACKAGE._replace(conflicts=("sample",)))["Replaces"] == "sample"


def test_control_file_has_licence_and_licence_files() -> None:
    control = fields(PACKAGE._replace(license=License("A B", ("LICENSE", "b/COPYING"))))
    assert (control["License"], control["LicenseFiles"]) == ("A B", "LICENSE b/COPYING")


def test_files_have_their_content() -> None:
    assert content("data", "./usr/bin/example") == b"#!/bin/sh\n"


def test_package_is_reproducible() -> None:
    assert ipk.pack(PACKAGE, STAMP) == PACKED


@pytest.mark.parametrize("script", ["postinst", "prerm"])
def test_script_calls_the_default_function_of_openwrt(script: str) -> None:
    text = content("control", f"./{script}").decode()
    assert f"\ndefault_{script} " in text
    with opened("control") as archive:
        assert archive.getmember(f"./{script}").mode == 0o755


@pytest.mark.parametrize("script", ["postinst", "prerm"])
def test_script_does_nothing_without_the_functions_of_openwrt(script: str) -> None:
    text = content("control", f"./{script}").decode()
    subprocess.run(["sh", "-c", text], check=True)


def test_postinst_is_named_as_the_default_function_expects() -> None:
    assert content("control", "./postinst-pkg").decode() == PACKAGE.postinst


def test_postrm_is_a_script_if_there_is_one() -> None:
    packed = ipk.pack(PACKAGE._replace(postrm="#!/bin/sh\n"), STAMP)
    with tarfile.open(fileobj=io.BytesIO(ipk.member(packed, "control"))) as control:
        assert control.getmember("./postrm").mode == 0o755
    with opened("control") as control:
        assert "./postrm" not in control.getnames()
