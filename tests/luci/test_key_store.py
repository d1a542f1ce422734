"""The key store of LuCI: a key is stored completely, or not at all."""

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from luci.po import PACKAGE

MODULE = PACKAGE / "root/usr/share/rpcd/ucode/luci.pywg"
KEY = "AQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQE="
UCODE = os.environ.get("UCODE") or shutil.which("ucode")
needs_ucode = pytest.mark.skipif(not UCODE, reason="ucode is not installed")
# Runs a command with a file system on a folder that has room for one file only, and
# lists the folder.
FULL = (
    'mount -t tmpfs -o size=4k tmpfs "$0" && echo full >"$0/other" && "$@"'
    ' && ls -A "$0"'
)
Request = tuple[str, dict[str, str]]
STORING: list[Request] = [
    ("generate_key", {}),
    ("generate_psk", {}),
    ("keep_key", {"key": KEY}),
    ("keep_psk", {"key": KEY}),
]


class Store:
    """The module, with its folders in a temporary one."""

    def __init__(self, folder: Path) -> None:
        self.keys = folder / "keys"
        self.scratch = folder / "scratch"
        self.new_keys = folder / "new"
        self.network = folder / "network"
        self._module = folder / "luci.pywg"
        text = MODULE.read_text()
        for place, path in {
            "/etc/pywg/keys": self.keys,
            "/var/run/pywg-key": self.scratch,
            "/var/run/pywg-new-keys": self.new_keys,
        }.items():
            assert f"'{place}'" in text
            text = text.replace(f"'{place}'", f"'{path}'")
        self._module.write_text(text)

    def run(self, *requests: Request, under: tuple[str, ...] = ()) -> list[str]:
        script = str(Path(__file__).with_name("key_store.uc"))
        path = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
        done = subprocess.run(
            [*under, str(UCODE), script, str(self._module), json.dumps(requests)],
            capture_output=True,
            text=True,
            env={
                **os.environ,
                "PATH": path,
                "PYWG_KEYS": str(self.keys),
                "PYWG_NEW_KEYS": str(self.new_keys),
                "UCI_CONFIG_DIR": str(self.network.parent),
            },
        )
        assert done.returncode == 0, done.stderr
        return done.stdout.splitlines()

    def call(self, *requests: Request) -> list[Any]:
        return [json.loads(line) for line in self.run(*requests)]

    def files(self) -> dict[str, str]:
        if not self.keys.exists():
            return {}
        return {path.name: path.read_text().strip() for path in self.keys.iterdir()}


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(tmp_path)


@needs_ucode
@pytest.mark.parametrize("request_", STORING, ids=lambda request: request[0])
def test_answer_names_the_key_that_was_stored(store: Store, request_: Request) -> None:
    [answer] = store.call(request_)
    name = answer["secret"].removeprefix("kept:")
    assert list(store.files()) == [name]
    assert (store.keys / name).stat().st_mode & 0o777 == 0o600
    assert store.keys.stat().st_mode & 0o777 == 0o700
    assert store.call(("reveal", {"secret": answer["secret"]})) == [
        {"key": store.files()[name]}
    ]


@needs_ucode
@pytest.mark.skipif(os.geteuid() != 0, reason="mounting needs root")
@pytest.mark.parametrize("request_", STORING, ids=lambda request: request[0])
def test_full_file_system_gives_an_error_and_leaves_no_file(
    store: Store, request_: Request
) -> None:
    store.keys.mkdir()
    answer, *files = store.run(
        request_, under=("unshare", "-m", "sh", "-c", FULL, str(store.keys))
    )
    assert json.loads(answer)["error"] == "not_stored"
    assert files == ["other"]


@needs_ucode
def test_new_key_is_left_until_a_configuration_refers_to_it(store: Store) -> None:
    store.network.write_text("")
    [answer] = store.call(("generate_psk", {}))
    assert store.call(("remove_unused", {})) == [{}]
    assert len(store.files()) == 1
    store.network.write_text(f"\toption preshared_key '{answer['secret']}'\n")
    assert store.call(("remove_unused", {})) == [{}]
    assert len(store.files()) == 1
    store.network.write_text("")
    assert store.call(("remove_unused", {})) == [{}]
    assert store.files() == {}


@needs_ucode
def test_removal_without_keys_runs_nothing(store: Store) -> None:
    assert store.call(("remove_unused", {})) == [{}]


@needs_ucode
def test_key_is_not_stored_when_its_name_cannot_be_noted(store: Store) -> None:
    store.new_keys.write_text("a file")
    answers = store.call(*STORING)
    assert [answer["error"] for answer in answers] == ["not_stored"] * len(STORING)
    assert store.files() == {}


@needs_ucode
def test_folder_that_cannot_be_made_gives_an_error(store: Store) -> None:
    store.keys.write_text("a file")
    answers = store.call(*STORING)
    assert [answer["error"] for answer in answers] == ["not_stored"] * len(STORING)


@needs_ucode
def test_throw_away_keys_are_never_in_the_folder(store: Store) -> None:
    pair, public = store.call(("generate_pair", {}), ("public_key", {"key": KEY}))
    assert len(pair["private_key"]) == len(pair["public_key"]) == len(KEY)
    assert len(public["public_key"]) == len(KEY)
    assert not store.keys.exists() and not store.scratch.exists()


@needs_ucode
@pytest.mark.parametrize(
    "method, argument",
    [
        pytest.param("keep_key", "key", id="private"),
        pytest.param("keep_psk", "key", id="preshared"),
        pytest.param("public_key", "key", id="public"),
    ],
)
@pytest.mark.parametrize("text", ["", KEY[:-1], KEY + "\n", "$(reboot)", "kept:a/b"])
def test_invalid_key_is_refused(
    store: Store, method: str, argument: str, text: str
) -> None:
    assert store.call((method, {argument: text})) == [
        {"error": "invalid_key", "detail": ""}
    ]


@needs_ucode
@pytest.mark.parametrize("name", ["", "../network", "a/b", "a" * 65, "x\n../network"])
def test_invalid_name_reveals_nothing(store: Store, name: str) -> None:
    store.keys.mkdir()
    (store.keys.parent / "network").write_text(KEY)
    [answer] = store.call(("reveal", {"secret": f"kept:{name}"}))
    assert answer == {"error": "not_found", "detail": ""}


def body_of(name: str) -> str:
    found = re.search(
        rf"^function {name}\(.*?\) {{\n(.*?)^}}", MODULE.read_text(), re.M | re.S
    )
    assert found
    return found[1]


def test_key_is_read_back_and_synced_before_it_is_renamed() -> None:
    written, stored = body_of("write_key"), body_of("store")
    assert re.search(r"file\?\.flush\(\);\s+file\?\.close\(\);", written)
    assert re.search(r"return file != null && readfile\(path\) == `\$\{key\}", written)
    # Noted before it exists, or a removal at that moment would take it for unused.
    steps = ["${NEW_KEYS}/${name}"]
    steps += ["!write_key(NEW, key)", "failure('not_stored'", "run('sync')"]
    steps += ["!rename(NEW, path)", "readfile(path) !=", "failure('not_stored'"]
    steps += ["run('sync')", "return { secret"]
    at = 0
    for step in steps:
        at = stored.index(step, at) + 1


def test_only_store_writes_to_the_folder_of_the_keys() -> None:
    text = MODULE.read_text()
    assert len(re.findall(r"\bNEW\b", text)) == len(
        re.findall(r"\bNEW\b", body_of("store"))
    ) + len(["const NEW"])
    assert re.search(r"^const SCRATCH = '/var/run/", text, re.MULTILINE)
    assert "SCRATCH" not in body_of("store")


def test_module_itself_removes_only_temporary_files() -> None:
    text = MODULE.read_text()
    assert set(re.findall(r"\bunlink\((\w+)\)", text)) == {"NEW", "SCRATCH", "path"}
    assert "unlink(path);" in body_of("write_key")
    assert text.count("unlink(path)") == 1
    assert set(re.findall(r"\bwrite_key\((\w+),", text)) == {"path", "NEW", "SCRATCH"}
    assert re.findall(r"run\('pywg purge\b.*", text) == ["run('pywg purge --unused');"]
    assert not re.search(r"\brm\b|\bfind\b", text)


def test_keys_are_written_readable_by_root_only() -> None:
    text = MODULE.read_text()
    assert "open(path, 'wx', 0600)" in body_of("write_key")
    assert text.count("popen(") == 1 and "popen(`umask 077; " in body_of("run")
