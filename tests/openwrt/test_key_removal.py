"""Removal of stored keys: only those that nothing refers to."""

from pathlib import Path

import pytest

from pywg_embedded.core.errors import ConfigError
from pywg_embedded.openwrt import key_removal

BY_LUCI = "A" * 43
PRESHARED = "psk-0123456789abcdef"


class Machine:
    """The folders of a router."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.keys, self.new_keys = root / "keys", root / "new"
        self.write("config/network", "")

    def write(self, path: str, text: str) -> None:
        file = self.root / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)

    def store(self, *names: str) -> None:
        for name in names:
            self.write(f"keys/{name}", "a key\n")

    def stored(self) -> set[str]:
        return {path.name for path in self.keys.iterdir()}


@pytest.fixture
def machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Machine:
    machine = Machine(tmp_path)
    monkeypatch.setenv("UCI_CONFIG_DIR", str(tmp_path / "config"))
    monkeypatch.setenv("PYWG_KEYS", str(machine.keys))
    monkeypatch.setenv("PYWG_NEW_KEYS", str(machine.new_keys))
    monkeypatch.setattr(key_removal, "_UNCOMMITTED", str(tmp_path / "uncommitted"))
    monkeypatch.setattr(key_removal, "_SESSIONS", str(tmp_path / "rpcd"))
    return machine


def test_keys_without_a_reference_are_removed(machine: Machine) -> None:
    machine.store(BY_LUCI, PRESHARED)
    paths = key_removal.remove_unused()
    assert paths == [str(machine.keys / name) for name in (BY_LUCI, PRESHARED)]
    assert machine.stored() == set()


REFERENCES = (
    pytest.param("config/network", "\toption private_key 'kept:{}'\n", id="configured"),
    pytest.param("config/network", "option private_key kept:{}", id="bare-word"),
    pytest.param("config/other", "\toption psk 'kept:{}'\n", id="other-package"),
    pytest.param("config/network-opkg", "# kept:{}", id="copy-of-the-file"),
    pytest.param("uncommitted/network", "network.a.k='kept:{}'", id="not-committed"),
    pytest.param("rpcd/uci-0a/network", "network.a.k='kept:{}'", id="not-applied"),
    pytest.param("rpcd/snapshot-files/network", "'kept:{}'", id="not-confirmed"),
    pytest.param("rpcd/snapshot-delta/network", "'kept:{}'", id="delta-not-confirmed"),
    pytest.param("new/{}", "", id="in-an-unsaved-form"),
)


@pytest.mark.parametrize("name", [BY_LUCI, PRESHARED], ids=["private", "preshared"])
@pytest.mark.parametrize("path, text", REFERENCES)
def test_key_with_a_reference_is_left(
    machine: Machine, path: str, text: str, name: str
) -> None:
    machine.store(name, "B" * 43)
    machine.write(path.format(name), text.format(name))
    assert key_removal.remove_unused() == [str(machine.keys / ("B" * 43))]
    assert machine.stored() == {name}


def test_longer_name_is_no_reference(machine: Machine) -> None:
    machine.store(BY_LUCI)
    machine.write("config/network", f"option private_key 'kept:{BY_LUCI}A'")
    assert key_removal.remove_unused()


@pytest.mark.parametrize(
    "name", ["wg0", "A" * 42, "A" * 44, "psk-0123", ".new", "psk-0123456789abcdeg"]
)
def test_key_with_a_name_by_hand_is_left(machine: Machine, name: str) -> None:
    machine.store(name)
    assert key_removal.remove_unused() == []
    assert machine.stored() == {name}


def test_key_is_removed_once_its_configuration_is_gone(machine: Machine) -> None:
    machine.store(BY_LUCI)
    machine.write(f"new/{BY_LUCI}", "")
    machine.write("rpcd/uci-0a/network", f"kept:{BY_LUCI}")
    assert key_removal.remove_unused() == []
    # Applied and confirmed.
    machine.write("config/network", f"kept:{BY_LUCI}")
    (machine.root / "rpcd/uci-0a/network").unlink()
    assert key_removal.remove_unused() == []
    # The peer is deleted; the change is applied, but not confirmed.
    machine.write("config/network", "")
    machine.write("rpcd/snapshot-files/network", f"kept:{BY_LUCI}")
    assert key_removal.remove_unused() == []
    # It is rolled back,
    machine.write("config/network", f"kept:{BY_LUCI}")
    (machine.root / "rpcd/snapshot-files/network").unlink()
    assert key_removal.remove_unused() == []
    # then applied again and confirmed.
    machine.write("config/network", "")
    assert key_removal.remove_unused() == [str(machine.keys / BY_LUCI)]


def test_nothing_is_removed_when_the_configuration_is_missing(
    machine: Machine,
) -> None:
    machine.store(BY_LUCI)
    (machine.root / "config/network").unlink()
    with pytest.raises(ConfigError, match="network: No such file"):
        key_removal.remove_unused()
    assert machine.stored() == {BY_LUCI}


def test_missing_folders_are_empty(machine: Machine) -> None:
    assert key_removal.remove_unused() == []


def test_removal_names_a_file_that_cannot_be_removed(machine: Machine) -> None:
    (machine.keys / BY_LUCI).mkdir(parents=True)
    with pytest.raises(ConfigError, match=f"{BY_LUCI}: Is a directory"):
        key_removal.remove_unused()
