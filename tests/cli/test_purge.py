"""``pywg purge``: what it removes, and its messages."""

from pathlib import Path

import pytest

from pywg_embedded.cli import client
from pywg_embedded.cli.main import main
from pywg_embedded.openwrt import key_removal

LAN = "config interface 'lan'\n\toption proto 'static'\n"
PEER = "\nconfig pywg_{0} '{1}'\n\toption preshared_key 'kept:{2}'\n"
INTERFACE = (
    "\nconfig interface 'wg0'\n\toption proto 'pywg'\n\toption private_key 'kept:own'\n"
)
OTHER = PEER.format("wg1", "far", "both")
TEXT = (
    LAN
    + INTERFACE
    + PEER.format("wg0", "cabin", "shared")
    + PEER.format("wg0", "home", "both")
    + OTHER
)


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with the configuration, the keys and the timestamp of an interface."""
    monkeypatch.setenv("UCI_CONFIG_DIR", str(tmp_path / "config"))
    monkeypatch.setenv("PYWG_KEYS", str(tmp_path / "pywg/keys"))
    monkeypatch.setenv("PYWG_NEW_KEYS", str(tmp_path / "new"))
    monkeypatch.setattr(key_removal, "_UNCOMMITTED", str(tmp_path / "uncommitted"))
    monkeypatch.setattr(key_removal, "_SESSIONS", str(tmp_path / "rpcd"))
    monkeypatch.setattr(client, "SOCKET_DIRECTORY", str(tmp_path / "sockets"))
    (tmp_path / "config").mkdir()
    (tmp_path / "pywg/keys").mkdir(parents=True)
    (tmp_path / "config/network").write_text(TEXT)
    for name in ("own", "shared", "both", "by-hand", "psk-0123456789abcdef"):
        (tmp_path / "pywg/keys" / name).write_text("a key\n")
    for name in ("wg0", "wg1"):
        (tmp_path / f"pywg/{name}.stamp").write_text("1700000000\n")
    return tmp_path


def left(folder: Path) -> set[str]:
    """Return the names of the files with keys and timestamps."""
    return {path.name for path in (folder / "pywg").rglob("*") if path.is_file()}


def test_interface_is_removed_with_its_keys_and_timestamp(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    before = left(folder)
    assert main(["purge", "wg0"]) == 0
    assert (folder / "config/network").read_text() == LAN + OTHER
    assert before - left(folder) == {"own", "shared", "wg0.stamp"}
    keys, network = folder / "pywg/keys", folder / "config/network"
    assert capsys.readouterr().out.splitlines() == [
        f"erased {keys}/own",
        f"erased {keys}/shared",
        f"erased {folder}/pywg/wg0.stamp",
        f"kept {keys}/both, which is also used elsewhere",
        f"{network}: line 4: removed interface wg0",
        f"{network}: line 8: removed peer cabin",
        f"{network}: line 11: removed peer home",
        "to apply the change, run: /etc/init.d/network reload",
    ]


def test_second_run_completes_a_removal_that_failed(
    folder: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as full:
        full.setattr("pywg_embedded.files.replace", fail)
        assert main(["purge", "wg0"]) == 1
    assert "network: No space left on device" in capsys.readouterr().err
    assert (folder / "config/network").read_text() == TEXT
    assert main(["purge", "wg0"]) == 0
    assert (folder / "config/network").read_text() == LAN + OTHER


def test_only_unused_keys_of_luci_are_erased(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    before = left(folder)
    assert main(["purge", "--unused"]) == 0
    assert before - left(folder) == {"psk-0123456789abcdef"}
    erased = f"erased {folder}/pywg/keys/psk-0123456789abcdef\n"
    assert capsys.readouterr().out == erased


def test_running_interface_is_refused(
    folder: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    before = left(folder)
    monkeypatch.setattr(client, "interfaces", lambda: ["wg0"])
    assert main(["purge", "wg0"]) == 1
    error = "pywg: interface wg0 is up; stop it first: ifdown wg0\n"
    assert capsys.readouterr().err == error
    assert left(folder) == before
    assert (folder / "config/network").read_text() == TEXT


@pytest.mark.parametrize(
    "arguments, part",
    [
        pytest.param([], "usage: pywg purge { INTERFACE | --unused }", id="none"),
        pytest.param(["wg0", "wg1"], "usage: pywg purge", id="two"),
        pytest.param(["--all"], "unknown option '--all'; see 'pywg purge", id="option"),
        pytest.param(["wg7"], "network: no interface 'wg7'", id="no-interface"),
        pytest.param(["lan"], "lan.proto: unsupported protocol", id="protocol"),
    ],
)
def test_purge_is_rejected_when_it_is_impossible(
    folder: Path, arguments: list[str], part: str, capsys: pytest.CaptureFixture[str]
) -> None:
    before = left(folder)
    assert main(["purge", *arguments]) == 1
    assert part in capsys.readouterr().err
    assert left(folder) == before
