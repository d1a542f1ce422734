"""The file of the network configuration is replaced atomically."""

import os
from pathlib import Path

import pytest

from pywg_embedded.core.errors import ConfigError
from pywg_embedded.openwrt import uci_store

ODD = b"config a\r\n\toption k 'caf\xe9'\r\n\n"


@pytest.fixture
def file(tmp_path: Path) -> Path:
    file = tmp_path / "network"
    file.write_bytes(ODD)
    return file


def test_bytes_are_preserved_in_any_encoding(file: Path) -> None:
    text = uci_store.read_text(str(file))
    uci_store.replace_text(str(file), text + "# more\n")
    assert file.read_bytes() == ODD + b"# more\n"


def test_mode_and_owner_are_preserved(file: Path) -> None:
    file.chmod(0o640)
    if os.geteuid() == 0:
        os.chown(file, 12, 34)
    before = file.stat()
    uci_store.replace_text(str(file), "")
    after = file.stat()
    assert (after.st_mode, after.st_uid, after.st_gid) == (
        before.st_mode,
        before.st_uid,
        before.st_gid,
    )
    assert after.st_ino != before.st_ino


def test_temporary_file_is_hidden_from_uci(
    file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # libuci takes each file of the folder for a package, but not those with a dot.
    renamed: list[Path] = []
    rename = os.rename

    def record(source: str, target: str) -> None:
        assert Path(source).read_text() == "new"
        renamed.append(Path(source))
        rename(source, target)

    monkeypatch.setattr(os, "rename", record)
    uci_store.replace_text(str(file), "new")
    (temporary,) = renamed
    assert temporary.parent == file.parent
    assert temporary.name.startswith(".")


def test_target_is_replaced_when_the_path_is_a_symbolic_link(
    file: Path, tmp_path: Path
) -> None:
    link = tmp_path / "link"
    link.symlink_to(file)
    uci_store.replace_text(str(link), "new")
    assert link.is_symlink()
    assert file.read_text() == "new"


def test_nothing_is_left_when_the_file_cannot_be_replaced(tmp_path: Path) -> None:
    (tmp_path / "network").mkdir()
    with pytest.raises(ConfigError, match="network: Is a directory"):
        uci_store.replace_text(str(tmp_path / "network"), "new")
    assert os.listdir(tmp_path) == ["network"]


def test_error_has_the_path_when_the_file_cannot_be_read(tmp_path: Path) -> None:
    path = str(tmp_path / "network")
    with pytest.raises(ConfigError, match="network: No such file or directory"):
        uci_store.read_text(path)


def test_error_has_path_and_line_when_the_text_is_malformed(file: Path) -> None:
    file.write_text("config a\nnonsense\n")
    with pytest.raises(ConfigError, match="network: line 2: "):
        uci_store.read_sections(str(file))


def test_path_follows_the_configuration_folder_of_uci(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.delenv("UCI_CONFIG_DIR", raising=False)
    assert uci_store.network_path() == "/etc/config/network"
    monkeypatch.setenv("UCI_CONFIG_DIR", "/tmp/x")
    assert uci_store.network_path() == "/tmp/x/network"
