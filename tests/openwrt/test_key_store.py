"""Stored keys, which the configuration refers to."""

from pathlib import Path

import pytest

from pywg_embedded.control.keys import to_base64
from pywg_embedded.core.errors import ConfigError
from pywg_embedded.openwrt import key_store

KEY = bytes(range(32))
OTHER = bytes(range(32, 64))


@pytest.fixture(autouse=True)
def key_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("PYWG_KEYS", str(tmp_path))
    (tmp_path / "mine-1_A").write_text(to_base64(KEY) + "\n")
    (tmp_path / "text").write_text("no key\n")
    (tmp_path / "noise").write_bytes(b"\xff\xfe")
    return tmp_path


def test_secret_is_a_key_or_refers_to_a_stored_one() -> None:
    assert key_store.parse_secret(to_base64(OTHER)) == OTHER
    assert key_store.parse_secret("kept:mine-1_A") == KEY


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        pytest.param(
            "kept:absent",
            "absent: No such file or directory; restore it from a backup, or set a new",
            id="missing-file",
        ),
        pytest.param(
            "kept:text", "text: no base64 key in this file", id="text-in-file"
        ),
        pytest.param(
            "kept:noise", "noise: no base64 key in this file", id="noise-in-file"
        ),
        pytest.param("kept:", "invalid name of a stored key", id="empty-name"),
        pytest.param(
            "kept:../network", "invalid name of a stored key", id="path-as-name"
        ),
        pytest.param(
            "kept:" + "a" * 65, "invalid name of a stored key", id="name-too-long"
        ),
        pytest.param("mine-1_A", "expected 44", id="no-reference"),
    ],
)
def test_reference_is_refused_with_a_reason_when_no_key_is_found(
    text: str, reason: str
) -> None:
    with pytest.raises(ConfigError, match=reason):
        key_store.parse_secret(text)
