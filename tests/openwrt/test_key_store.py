"""Keys that the configuration only names."""

from pathlib import Path

import pytest

from pywg_embedded.control.keys import to_base64
from pywg_embedded.core.errors import ConfigError
from pywg_embedded.openwrt import key_store

KEY = bytes(range(32))
OTHER = bytes(range(32, 64))


@pytest.fixture(autouse=True)
def kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("PYWG_KEYS", str(tmp_path))
    (tmp_path / "mine-1_A").write_text(to_base64(KEY) + "\n")
    (tmp_path / "text").write_text("no key\n")
    (tmp_path / "noise").write_bytes(b"\xff\xfe")
    return tmp_path


def test_a_key_is_written_out_or_kept_under_a_name() -> None:
    assert key_store.parse_secret(to_base64(OTHER)) == OTHER
    assert key_store.parse_secret("kept:mine-1_A") == KEY


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        pytest.param("kept:absent", "absent: No such file", id="1"),
        pytest.param("kept:text", "text: no base64 key in this file", id="2"),
        pytest.param("kept:noise", "noise: no base64 key in this file", id="3"),
        pytest.param("kept:", "invalid name of a stored key", id="4"),
        pytest.param("kept:../network", "invalid name of a stored key", id="5"),
        pytest.param("kept:" + "a" * 65, "invalid name of a stored key", id="6"),
        pytest.param("mine-1_A", "expected 44", id="7"),
    ],
)
def test_what_is_not_kept_is_refused_with_the_reason(text: str, reason: str) -> None:
    with pytest.raises(ConfigError, match=reason):
        key_store.parse_secret(text)
