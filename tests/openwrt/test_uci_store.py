"""The file is replaced whole, or not at all."""

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


def test_bytes_that_are_not_changed_stay(file: Path) -> None:
    text = uci_store.read_text(str(file))
    uci_store.replace_text(str(file), text + "# more\n")
    assert file.read_bytes() == ODD + b"# more\n"


def test_mode_and_owner_stay(file: Path) -> None:
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


def test_a_link_goes_on_to_lead_to_the_file(file: Path, tmp_path: Path) -> None:
    link = tmp_path / "link"
    link.symlink_to(file)
    uci_store.replace_text(str(link), "new")
    assert link.is_symlink()
    assert file.read_text() == "new"


def test_what_cannot_be_replaced_is_refused_and_nothing_left(tmp_path: Path) -> None:
    (tmp_path / "network").mkdir()
    with pytest.raises(ConfigError, match="network: Is a directory"):
        uci_store.replace_text(str(tmp_path / "network"), "new")
    assert os.listdir(tmp_path) == ["network"]


def test_what_cannot_be_read_is_refused_by_name(tmp_path: Path) -> None:
    path = str(tmp_path / "network")
    with pytest.raises(ConfigError, match="network: No such file or directory"):
        uci_store.read_text(path)


def test_what_libuci_would_not_read_is_refused_by_name_and_line(file: Path) -> None:
    file.write_text("config a\nnonsense\n")
    with pytest.raises(ConfigError, match="network: line 2: "):
        uci_store.read_sections(str(file))


def test_the_network_is_where_uci_has_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("UCI_CONFIG_DIR", raising=False)
    assert uci_store.network_path() == "/etc/config/network"
    monkeypatch.setenv("UCI_CONFIG_DIR", "/tmp/x")
    assert uci_store.network_path() == "/tmp/x/network"
