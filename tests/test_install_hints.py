"""Messages about parts that are not installed."""

from pathlib import Path

import pytest

from pywg_embedded import install_hints

NO_NACL = ModuleNotFoundError("No module named 'nacl'", name="nacl")
NO_SODIUM = ImportError("libsodium.so.26: no such file", name="nacl._sodium")
NO_SIGNAL = ModuleNotFoundError("No module named 'signal'", name="signal")
NO_LIBRARY = OSError("libpywg.so.0: no such file")
ROWS = (
    (
        install_hints.explain_load_error(NO_NACL),
        "PyNaCl is missing (No module named 'nacl'): ",
    ),
    (
        install_hints.explain_load_error(NO_SODIUM),
        "PyNaCl cannot be loaded (libsodium.so.26: no such file",
    ),
    (
        install_hints.explain_load_error(NO_SIGNAL),
        "a part of Python is missing (No module named 'signal')",
    ),
    (
        install_hints.explain_load_error(SyntaxError("x")),
        "a file may be damaged (SyntaxError: x): ",
    ),
    (
        install_hints.explain_libpywg_error(NO_LIBRARY),
        "libpywg cannot be loaded (libpywg.so.0: no ",
    ),
)


@pytest.mark.parametrize(("text", "start"), ROWS, ids=lambda text: text[:30])
def test_message_names_the_missing_part(text: str, start: str) -> None:
    assert text.startswith(start)


@pytest.mark.parametrize(("index", "command"), [(0, "apk add"), (1, "opkg install")])
def test_message_names_the_package_manager_of_the_machine(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, index: int, command: str
) -> None:
    managers = [
        (str(tmp_path / str(position)), text)
        for position, (_, text) in enumerate(install_hints._MANAGERS)
    ]
    monkeypatch.setattr(install_hints, "_MANAGERS", managers)
    assert install_hints.install_hint("python3-pynacl") == "install it"
    (tmp_path / str(index)).touch()
    assert install_hints.explain_load_error(NO_NACL).endswith(
        f": run '{command} python3-pynacl'"
    )
