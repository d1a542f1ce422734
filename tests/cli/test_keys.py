"""``pywg genkey``, ``genpsk`` and ``pubkey``."""

import subprocess
from pathlib import Path

import pytest

from pywg_embedded.control.keys import clamp, from_base64
from tests.cli.server import PYWG, pywg, wg

WARNING = "pywg: warning: all users have access to this file; "


def test_private_keys_are_unique_and_clamped(tmp_path: Path) -> None:
    keys = {from_base64(pywg(tmp_path, "genkey").stdout.strip()) for _ in range(3)}
    assert len(keys) == 3
    assert {clamp(key) for key in keys} == keys


def test_preshared_keys_are_unique(tmp_path: Path) -> None:
    keys = {from_base64(pywg(tmp_path, "genpsk").stdout.strip()) for _ in range(3)}
    assert len(keys) == 3


@pytest.mark.parametrize("layout", ["{}", "{}\n", " {} \n\n"])
def test_public_key_equals_that_of_wg(layout: str, tmp_path: Path) -> None:
    private = wg(tmp_path, "genkey").stdout.strip()
    expected = wg(tmp_path, "pubkey", stdin=f"{private}\n").stdout
    assert pywg(tmp_path, "pubkey", stdin=layout.format(private)).stdout == expected


@pytest.mark.parametrize("text", ["", "x", "A" * 43 + "=x", "A" * 43 + "= x", "\u00e9"])
def test_pubkey_is_rejected_when_the_input_is_invalid(
    text: str, tmp_path: Path
) -> None:
    result = pywg(tmp_path, "pubkey", stdin=text)
    assert result.stderr.startswith("pywg: standard input: ")
    assert (result.stdout, result.returncode) == ("", 1)
    assert result.stderr.count("\n") == 1


@pytest.mark.parametrize(
    ("mode", "warned"), [(0o644, True), (0o602, True), (0o640, False), (0o600, False)]
)
@pytest.mark.parametrize("command", ["genkey", "genpsk"])
def test_warning_is_printed_when_the_file_is_accessible_to_all(
    command: str, mode: int, warned: bool, tmp_path: Path
) -> None:
    path = tmp_path / "key"
    path.touch()
    path.chmod(mode)
    with path.open("w") as file:
        result = subprocess.run(
            [*PYWG, command], stdout=file, stderr=subprocess.PIPE, text=True
        )
    assert result.stderr.startswith(WARNING) == warned
    assert result.returncode == 0
    from_base64(path.read_text().strip())


def test_error_is_reported_when_the_disk_is_full() -> None:
    with open("/dev/full", "w") as full:
        result = subprocess.run(
            [*PYWG, "genkey"], stdout=full, stderr=subprocess.PIPE, text=True
        )
    message = "pywg: standard output: No space left on device\n"
    assert (result.stderr, result.returncode) == (message, 1)
