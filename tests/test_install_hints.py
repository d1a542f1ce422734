"""Messages about parts that are not installed."""

from pathlib import Path

import pytest

from pywg_embedded import install_hints

NO_NACL = ModuleNotFoundError("No module named 'nacl'", name="nacl")
NO_SIGNAL = ModuleNotFoundError("No module named 'signal'", name="signal")
BROKEN_NACL = ImportError("bad magic number in 'nacl'", name="nacl")
BROKEN = OSError("cannot load library 'libpywg.so.0': libpywg.so.0: file too short")
ROWS = (
    pytest.param(
        install_hints.explain_load_error(NO_NACL),
        "PyNaCl is missing (No module named 'nacl'): ",
        id="module-missing",
    ),
    pytest.param(
        install_hints.explain_load_error(BROKEN_NACL),
        "PyNaCl cannot be loaded (bad magic number in 'nacl'): ",
        id="module-damaged",
    ),
    pytest.param(
        install_hints.explain_load_error(NO_SIGNAL),
        "a part of Python is missing (No module named 'signal')",
        id="python-incomplete",
    ),
    pytest.param(
        install_hints.explain_load_error(SyntaxError("x")),
        "a file may be damaged (SyntaxError: x): ",
        id="file-damaged",
    ),
    pytest.param(
        install_hints.explain_libpywg_error(BROKEN),
        f"libpywg cannot be loaded ({BROKEN}): remove libpywg-sodium, then ",
        id="libpywg-damaged",
    ),
)


@pytest.mark.parametrize(("text", "start"), ROWS)
def test_message_names_the_missing_part(text: str, start: str) -> None:
    assert text.startswith(start)


@pytest.fixture(params=["apk", "opkg", "none"])
def manager(
    request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> str:
    """The package manager of the machine, which has no libraries."""
    name: str = request.param
    managers = [
        (str(tmp_path / Path(path).name), *commands)
        for path, *commands in install_hints._MANAGERS
    ]
    monkeypatch.setattr(install_hints, "_MANAGERS", managers)
    monkeypatch.setattr(install_hints, "_FOLDERS", [str(tmp_path)])
    (tmp_path / name).touch()
    return name


def command(manager: str, install: str, elsewhere: str) -> str:
    """Return the end of a message; ``install`` is in the words of apk."""
    words = {"apk": ("add", "upgrade"), "opkg": ("install", "upgrade")}
    if manager not in words:
        return elsewhere
    verb, _, packages = install.partition(" ")
    return f"run '{manager} {words[manager][verb == 'upgrade']} {packages}'"


def test_message_names_the_package_manager_of_the_machine(manager: str) -> None:
    end = command(manager, "add python3-pynacl", "install it")
    assert install_hints.explain_load_error(NO_NACL).endswith(f": {end}")


# How the loaders of glibc and musl report a missing library and a missing symbol.
LOADERS = (
    "{0}: cannot open shared object file: No such file or directory",
    "Error loading shared library {0}: No such file or directory (needed by {1})",
)
SYMBOLS = ("{0}: undefined symbol: {1}", "Error relocating {0}: {1}: symbol not found")


def libpywg_error(text: str) -> str:
    error = OSError(f"cannot load library 'libpywg.so.0': {text}")
    return install_hints.explain_libpywg_error(error)


# The missing library, its package and the package that needs it.
NEEDED = [
    pytest.param("libsodium.so.26", "libsodium", "libpywg-sodium", id="libsodium"),
    pytest.param("libcrypto.so.3", "libopenssl3", "libpywg-openssl", id="libcrypto"),
]


@pytest.mark.parametrize("form", LOADERS, ids=["glibc", "musl"])
@pytest.mark.parametrize(("library", "package", "user"), NEEDED)
def test_message_names_the_library_that_libpywg_lacks_and_its_package(
    manager: str, form: str, library: str, package: str, user: str, tmp_path: Path
) -> None:
    text = form.format(library, "/usr/lib/libpywg.so.0")
    said = libpywg_error(text)
    assert said.startswith(f"libpywg needs {library}, which is missing (")
    assert said.endswith(f": {command(manager, f'add {package}', 'install it')}")
    # After a new version in the feed.
    (tmp_path / f"{library}9").touch()
    (tmp_path / f"{library}9.1.0").touch()
    said = libpywg_error(text)
    assert said.startswith(f"libpywg needs {library}, but {library}9 is installed (")
    end = command(manager, f"upgrade {user}", "upgrade libpywg")
    assert said.endswith(f": {end}")


@pytest.mark.parametrize("form", LOADERS, ids=["glibc", "musl"])
@pytest.mark.parametrize(
    ("module", "library", "owner", "package", "user"),
    [
        pytest.param(
            "nacl._sodium",
            "libsodium.so.26",
            "PyNaCl",
            "libsodium",
            "python3-pynacl",
            id="PyNaCl",
        ),
        pytest.param(
            "_cffi_backend", "libffi.so.8", "cffi", "libffi", "python3-cffi", id="cffi"
        ),
    ],
)
def test_message_names_the_library_that_a_module_lacks_and_its_package(
    manager: str,
    form: str,
    module: str,
    library: str,
    owner: str,
    package: str,
    user: str,
    tmp_path: Path,
) -> None:
    error = ImportError(form.format(library, "/usr/lib/x.so"), name=module)
    said = install_hints.explain_load_error(error)
    assert said.startswith(f"{owner} needs {library}, which is missing (")
    assert said.endswith(f": {command(manager, f'add {package}', 'install it')}")
    (tmp_path / library).with_suffix(".99").touch()
    said = install_hints.explain_load_error(error)
    assert said.startswith(f"{owner} needs {library}, but lib")
    assert said.endswith(f": {command(manager, f'upgrade {user}', f'upgrade {owner}')}")


@pytest.mark.parametrize("form", LOADERS, ids=["glibc", "musl"])
def test_message_names_libpywg_when_itself_is_missing(
    manager: str, form: str, tmp_path: Path
) -> None:
    text = form.format("libpywg.so.0", "")
    # Copies by hand are no versions.
    for name in ("libpywg.so.0.away", "libpywg.so.bak", "libpywg.so."):
        (tmp_path / name).touch()
    said = libpywg_error(text)
    assert said.startswith("pywg-embedded needs libpywg.so.0, which is missing (")
    assert said.endswith(f": {command(manager, 'add libpywg-sodium', 'install it')}")
    (tmp_path / "libpywg.so.1").touch()
    end = command(manager, "upgrade pywg-embedded", "upgrade pywg-embedded")
    said = libpywg_error(text)
    assert said.startswith("pywg-embedded needs libpywg.so.0, but libpywg.so.1 is ")
    assert said.endswith(f": {end}")


@pytest.mark.parametrize("form", LOADERS, ids=["glibc", "musl"])
def test_unknown_library_has_no_package(manager: str, form: str) -> None:
    said = libpywg_error(form.format("libatomic.so.1", "/usr/lib/libpywg.so.0"))
    assert said.startswith("libpywg needs libatomic.so.1, which is missing (")
    assert said.endswith(": install its package")


@pytest.mark.parametrize("form", SYMBOLS, ids=["glibc", "musl"])
@pytest.mark.parametrize(("library", "package", "user"), NEEDED)
def test_message_names_the_library_that_lacks_a_symbol(
    manager: str, form: str, library: str, package: str, user: str, tmp_path: Path
) -> None:
    path = tmp_path / "libpywg.so.0"
    path.write_bytes(b"\x7fELF\0" + library.encode() + b"\0")
    said = libpywg_error(form.format(path, "crypto_x"))
    assert said.startswith(f"libpywg does not fit the installed {library} (")
    end = command(manager, f"upgrade {user} {package}", "upgrade both")
    assert said.endswith(f": {end}")
