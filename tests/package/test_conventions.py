"""Conventions of OpenWrt's feeds, and texts that must agree."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from package.builder import packages
from package.builder.paths import CHECKOUT, LIBPYWG
from pywg_embedded import __version__

FEED = CHECKOUT / "package"
PACKAGES = ("libpywg", "pywg-embedded")
TEXTS = {
    path: (FEED / path).read_text()
    for path in ("checkout.mk", *(f"{name}/Makefile" for name in PACKAGES))
}
LIBRARY = TEXTS["libpywg/Makefile"]
CMAKE = (LIBPYWG / "CMakeLists.txt").read_text()


def setting(text: str, name: str) -> str:
    """Return the value of a variable, with its lines joined."""
    found = re.search(rf"^ *{name} *\+?:?=((?:.*\\\n)*.*)$", text, re.MULTILINE)
    assert found, name
    return found[1].replace("\\\n", " ").strip()


def defined(text: str) -> dict[str, str]:
    """Return the text between "define NAME" and "endef", by name."""
    found = re.findall(r"^define (\S+)\n(.*?)^endef$", text, re.MULTILINE | re.DOTALL)
    return dict(found)


@pytest.mark.parametrize("name", PACKAGES)
def test_package_name_equals_the_name_of_the_folder(name: str) -> None:
    assert setting(TEXTS[f"{name}/Makefile"], "PKG_NAME") == name


# The licence of each package, as the builder has it.
LICENSES = {
    "package/libpywg": packages.WITH_BLAKE2S,
    "package/pywg-embedded": packages.OURS,
    "luci/luci-proto-pywg": packages.OURS,
}


@pytest.mark.parametrize("folder", LICENSES)
def test_makefile_has_the_metadata_of_the_builder(folder: str) -> None:
    text = (CHECKOUT / folder / "Makefile").read_text()
    release = f"{setting(text, 'PKG_VERSION')}-r{setting(text, 'PKG_RELEASE')}"
    assert release == packages.VERSION
    assert setting(text, "PKG_MAINTAINER") == packages.MAINTAINER
    license = LICENSES[folder]
    assert setting(text, "PKG_LICENSE") == license.name
    assert tuple(setting(text, "PKG_LICENSE_FILES").split()) == license.files
    assert all((CHECKOUT / path).is_file() for path in license.files)


def test_each_aead_is_a_variant_and_one_is_the_default() -> None:
    known = re.search(r"PROPERTY STRINGS (.+)\)", CMAKE)
    assert known
    variants = {
        name.removeprefix("Package/libpywg-"): body
        for name, body in defined(LIBRARY).items()
        if re.fullmatch(r"Package/libpywg-\w+", name)
    }
    assert sorted(variants) == sorted(known[1].split())
    for name, body in variants.items():
        assert setting(body, "VARIANT") == name
    preferred = [name for name in variants if "DEFAULT_VARIANT:=1" in variants[name]]
    assert preferred == [packages.VARIANTS[0].aead]


def test_cmake_options_exist() -> None:
    options = re.findall(r"-D(\w+)=", setting(LIBRARY, "CMAKE_OPTIONS"))
    assert options
    for name in options:
        assert re.search(rf"^(set|option)\({name} ", CMAKE, re.MULTILINE), name


@pytest.mark.parametrize("name", PACKAGES)
def test_every_package_is_built_and_has_all_fields(name: str) -> None:
    text = TEXTS[f"{name}/Makefile"]
    built = re.findall(r"^\$\(eval \$\(call BuildPackage,(.+)\)\)$", text, re.MULTILINE)
    packages = re.findall(r"^define Package/([^/\s]+)\n  ", text, re.MULTILINE)
    assert packages == [each for each in built if not each.endswith("-src")]


def prepared(folder: Path) -> set[str]:
    """The files that Build/Prepare of checkout.mk leaves there."""
    variables = ("INSTALL_DIR=mkdir -p", "TAR=tar", f"PKG_BUILD_DIR={folder}")
    subprocess.run(
        ("make", "--file=-", *variables),
        cwd=FEED / "libpywg",
        input="include ../checkout.mk\nall:\n\t$(Build/Prepare)\n",
        capture_output=True,
        text=True,
        check=True,
    )
    return {str(p.relative_to(folder)) for p in folder.rglob("*") if p.is_file()}


def test_source_has_the_files_of_the_packages_and_of_cmake(
    tmp_path: Path,
) -> None:
    files = prepared(tmp_path)
    library = setting(LIBRARY, "CMAKE_SOURCE_SUBDIR")
    python = {path for path in files if path.endswith(".py")}
    shipped = {
        path.removeprefix(f"{packages.HOME}/")
        for path in packages.pywg_embedded().files
        if path.startswith(packages.HOME)
    }
    ours = {path for path in python if not path.startswith(library)}
    assert shipped == {*ours, packages.BINDING, "LICENSE"}
    assert f"{library}/CMakeLists.txt" in files
    assert not any("__pycache__" in path for path in files)


# Indentation between define and endef, by the defined name.
INDENTED = (
    (r"Package/[^/]+(/Default)?$", "  "),
    (r".*/description$", "  "),
    (r".*/filespec$", ""),
    (r"", "\t"),
)


@pytest.mark.parametrize("name", TEXTS)
def test_definitions_are_indented(name: str) -> None:
    for name_, body in defined(TEXTS[name]).items():
        indent = next(each for pattern, each in INDENTED if re.match(pattern, name_))
        for line in body.splitlines():
            assert line.startswith(indent), (name_, line)
            assert indent or not line[0].isspace(), (name_, line)


@pytest.mark.parametrize("name", TEXTS)
def test_text_has_unix_line_ends_and_no_trailing_space(name: str) -> None:
    text = TEXTS[name]
    assert "\r" not in text and text.endswith("\n") and not text.endswith("\n\n")
    assert all(line == line.rstrip() for line in text.splitlines())


def check(script: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run the test of a package, with the commands of this environment."""
    path = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
    return subprocess.run(
        (FEED / script, *arguments),
        env={**os.environ, "PATH": path},
        capture_output=True,
        text=True,
    )


def test_package_test_passes() -> None:
    done = check("pywg-embedded/test.sh", "pywg-embedded", __version__)
    assert done.returncode == 0, done.stderr


def test_package_test_fails_for_another_version() -> None:
    done = check("pywg-embedded/test.sh", "pywg-embedded", "0.0.9")
    assert (done.returncode, done.stdout) == (1, "")


@pytest.mark.parametrize("name", PACKAGES)
def test_package_test_ignores_other_packages(name: str) -> None:
    done = check(f"{name}/test.sh", f"{name}-src", "0.0.9")
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
