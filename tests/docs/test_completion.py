"""What bash completes, with the words that readline would make of a line."""

import re
import shutil
import subprocess
from pathlib import Path

import pytest

from package.manual import completion, usage

KEYS = ("AbCd+/fghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQ=", "xyz0" * 10 + "abc=")


@pytest.fixture
def script(tmp_path: Path) -> Path:
    """The completion with two interfaces, and a ``pywg`` that shows two peers."""
    for name in ("wg0", "wg1"):
        (tmp_path / f"{name}.sock").touch()
    (tmp_path / "wg0.conf").touch()
    path = tmp_path / "pywg.bash"
    show = (
        f'pywg() {{ [ "$*" = "show wg0 peers" ] && printf "%s\\n" {" ".join(KEYS)}; }}'
    )
    path.write_text(f"{completion.bash(str(tmp_path))}\n{show}\n")
    return path


def completed(script: Path, line: str) -> list[str]:
    """The candidates at the end of ``line``, sorted."""
    words = re.findall(r"[=:]+|[^\s=:]+", line)
    if line.endswith(" "):
        words.append("")
    quoted = " ".join(f"'{word}'" for word in words)
    program = f"""
        . {script}
        cd {script.parent}
        COMP_WORDS=({quoted}) COMP_CWORD={len(words) - 1}
        _{words[0]}
        printf '%s\\n' "${{COMPREPLY[@]}}"
    """
    done = subprocess.run(
        ("bash", "-uc", program), capture_output=True, text=True, check=True
    )
    assert done.stderr == ""
    return sorted(done.stdout.split())


FIRST = ["fwmark", "listen-port", "peer", "private-key"]
AFTER = sorted(["peer", *usage.peer_settings()])


@pytest.mark.parametrize(
    ("line", "candidates"),
    [
        pytest.param("pywg s", ["set", "setconf", "show", "showconf", "syncconf"]),
        pytest.param("pywg nothing ", []),
        pytest.param("pywg show ", ["all", "interfaces", "wg0", "wg1"]),
        pytest.param("pywg show wg0 l", ["latest-handshakes", "listen-port"]),
        pytest.param("pywg show wg0 peers ", []),
        pytest.param("pywg setconf w", ["wg0", "wg1"]),
        pytest.param("pywg setconf wg0 wg0.c", ["wg0.conf"]),
        pytest.param("pywg set wg0 pe", ["peer"]),
        pytest.param("pywg set wg0 ", FIRST),
        pytest.param("pywg set wg0 listen-port ", []),
        pytest.param("pywg set wg0 listen-port 51820 ", FIRST),
        pytest.param("pywg set wg0 private-key wg0.c", ["wg0.conf"]),
        pytest.param("pywg set wg0 peer ", sorted(KEYS)),
        pytest.param("pywg set wg0 peer A", [KEYS[0]]),
        pytest.param("pywg set wg1 peer ", []),
        pytest.param(f"pywg set wg0 peer {KEYS[0]} ", AFTER),
        pytest.param(
            f"pywg set wg0 peer {KEYS[0]} pe", ["peer", "persistent-keepalive"]
        ),
        pytest.param(f"pywg set wg0 peer {KEYS[0]} endpoint host:5", []),
        pytest.param(f"pywg set wg0 peer {KEYS[0]} endpoint host:", []),
        pytest.param(f"pywg set wg0 peer {KEYS[0]} endpoint host:51820 ", AFTER),
        pytest.param(f"pywg set wg0 peer {KEYS[0]} endpoint [::1]:51820 ", AFTER),
        pytest.param(f"pywg set wg0 peer {KEYS[0]} remove ", AFTER),
        pytest.param(f"pywg set wg0 peer {KEYS[0]} preshared-key wg0.c", ["wg0.conf"]),
        pytest.param("pywg limits --max-p", ["--max-peers"]),
        pytest.param("pywg limits --max-peers ", []),
        pytest.param("pywg migrate --b", ["--back"]),
        pytest.param("pywg migrate --back w", ["wg0", "wg1"]),
        pytest.param("pywg genkey ", []),
        pytest.param("pywg help sh", ["show", "showconf"]),
        pytest.param("pywgd --ma", ["--max-allowed-ips", "--max-peers"]),
        pytest.param("pywgd --max-peers ", []),
        pytest.param("pywgd --dataplane ", ["libpywg", "python"]),
        pytest.param("pywgd --u", ["--uci"]),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)  # fmt: skip
def test_words_are_completed(script: Path, line: str, candidates: list[str]) -> None:
    assert completed(script, line) == candidates


def test_no_interface_is_offered_when_no_daemon_runs(tmp_path: Path) -> None:
    script = tmp_path / "pywg.bash"
    script.write_text(completion.bash(str(tmp_path / "missing")))
    assert completed(script, "pywg show ") == ["all", "interfaces"]


def test_zsh_loads_the_script(script: Path) -> None:
    if not shutil.which("zsh"):
        pytest.skip("zsh is not installed")
    program = (
        "autoload -U compinit bashcompinit; compinit -u -D; bashcompinit; "
        f". {script}; print -r -- ${{_comps[pywg]}}"
    )
    done = subprocess.run(("zsh", "-fc", program), capture_output=True, text=True)
    assert "_pywg" in done.stdout, done.stderr
