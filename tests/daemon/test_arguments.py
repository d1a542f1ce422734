"""The command line and the environment of ``pywgd``."""

import pytest

from pywg_embedded.core.errors import Error
from pywg_embedded.daemon.arguments import USAGE, Arguments

VARIABLES = ("LOG_LEVEL", "WG_PROCESS_FOREGROUND", "WG_TUN_FD", "WG_UAPI_FD")
DEFAULTS = {
    "name": "wg0",
    "foreground": False,
    "peers": 64,
    "allowed_ips": 1024,
    "tun_fd": None,
    "uapi_fd": None,
    "log_level": "warning",
    "keep_stderr": False,
    "dataplane": "libpywg",
    "offloads": 15,
    "uci": False,
    "threads": 1,
    "netifd": False,
    "state": "",
}

# Arguments, environment, and values that differ from the defaults.
ACCEPTED: tuple[tuple[str, dict[str, str], dict[str, object]], ...] = (
    ("wg0", {}, {}),
    ("-f wg0", {}, {"foreground": True}),
    ("wg0 --foreground", {}, {"foreground": True}),
    ("wg0", {"WG_PROCESS_FOREGROUND": "1"}, {"foreground": True}),
    ("wg0", {"WG_PROCESS_FOREGROUND": "0"}, {}),
    ("wg0", {"WG_PROCESS_FOREGROUND": ""}, {}),
    ("--max-peers 1 wg0", {}, {"peers": 1}),
    ("wg0 --max-peers=65535", {}, {"peers": 65535}),
    ("--max-allowed-ips 1048576 wg0", {}, {"allowed_ips": 1048576}),
    ("--dataplane libpywg wg0", {}, {}),
    ("wg0 --dataplane=python", {}, {"dataplane": "python"}),
    ("--offload tso,gro wg0", {}, {"offloads": 1 + 8}),
    ("--offload gso,gso wg0", {}, {"offloads": 4}),
    ("--offload none wg0", {}, {"offloads": 0}),
    ("--threads 2 wg0", {}, {"threads": 2}),
    ("wg0 --threads=1 --dataplane python", {}, {"dataplane": "python"}),
    ("--lanes 2 wg0", {}, {"threads": 2}),
    ("wg0 --lanes=2", {}, {"threads": 2}),
    ("--state /etc/pywg wg0", {}, {"state": "/etc/pywg"}),
    ("wg0", {"WG_TUN_FD": "3", "WG_UAPI_FD": "4"}, {"tun_fd": 3, "uapi_fd": 4}),
    ("wg0", {"WG_TUN_FD": "0"}, {"tun_fd": 0}),
    ("wg0", {"WG_TUN_FD": "", "WG_UAPI_FD": ""}, {}),
    ("--uci wg0", {}, {"uci": True, "state": "/etc/pywg"}),
    ("--uci --state /x wg0", {}, {"uci": True, "state": "/x"}),
    ("--netifd wg0", {}, {"uci": True, "netifd": True, "state": "/etc/pywg"}),
    ("wg0", {"LOG_LEVEL": "silent"}, {"log_level": "silent"}),
    ("wg0", {"LOG_LEVEL": "error"}, {"log_level": "error", "keep_stderr": True}),
    ("wg0", {"LOG_LEVEL": "warning"}, {"keep_stderr": True}),
    ("wg0", {"LOG_LEVEL": "verbose"}, {"log_level": "verbose", "keep_stderr": True}),
    ("wg0", {"LOG_LEVEL": "debug"}, {"log_level": "debug", "keep_stderr": True}),
    ("wg0", {"LOG_LEVEL": "nonsense"}, {"keep_stderr": True}),
    ("fifteen-bytes.x", {}, {"name": "fifteen-bytes.x"}),
)

# Arguments, environment, and a part of the error message.
REJECTED: tuple[tuple[str, dict[str, str], str], ...] = (
    ("", {}, "interface"),
    ("wg0 wg1", {}, "interface"),
    ("--state etc wg0", {}, "--state: 'etc' is not an absolute path"),
    ("wg0 --state", {}, "--state: '' is not an absolute path"),
    ("-f", {}, "interface"),
    ("sixteen-bytes.xy", {}, "sixteen-bytes.xy"),
    ("a/b", {}, "a/b"),
    ("../../tmp/wg0", {}, "../../tmp/wg0"),
    (".", {}, "'.'"),
    ("..", {}, "'..'"),
    ("a:b", {}, "a:b"),
    ("wg%d", {}, "wg%d"),
    ("wg=0/1", {}, "wg=0/1"),
    ("--nonsense wg0", {}, "--nonsense"),
    ("-x wg0", {}, "-x"),
    ("-f=1 wg0", {}, "-f"),
    ("wg0 --max-peers", {}, "--max-peers"),
    ("--max-peers 0 wg0", {}, "--max-peers"),
    ("--max-peers 65536 wg0", {}, "65536"),
    ("--max-peers -1 wg0", {}, "-1"),
    ("--max-peers 1.5 wg0", {}, "1.5"),
    ("--max-peers \u00b2 wg0", {}, "--max-peers"),
    ("--max-peers " + "9" * 5000 + " wg0", {}, "--max-peers"),
    ("--max-peers= wg0", {}, "--max-peers"),
    ("--max-allowed-ips 1048577 wg0", {}, "--max-allowed-ips"),
    (
        "--dataplane c wg0",
        {},
        "--dataplane: invalid value 'c' (expected libpywg, python)",
    ),
    ("wg0 --dataplane", {}, "--dataplane"),
    ("--offload tso,lro wg0", {}, "invalid value 'lro' (expected tso, uso, gso, gro)"),
    ("--offload= wg0", {}, "--offload"),
    ("--uci=wg0", {}, "--uci"),
    ("--threads 3 wg0", {}, "--threads: invalid value '3' (expected 1, 2)"),
    ("--lanes 3 wg0", {}, "--threads: invalid value '3' (expected 1, 2)"),
    ("wg0 --threads", {}, "--threads"),
    ("--threads 2 --dataplane python wg0", {}, "--threads 2 needs --dataplane libpywg"),
    ("wg0", {"WG_TUN_FD": "x"}, "WG_TUN_FD"),
    ("wg0", {"WG_TUN_FD": "-1"}, "WG_TUN_FD"),
    ("wg0", {"WG_UAPI_FD": "\u00b2"}, "WG_UAPI_FD"),
    ("wg0", {"WG_UAPI_FD": "9" * 5000}, "WG_UAPI_FD"),
)


def row_id(row: tuple[str, dict[str, str], object]) -> str:
    """Return the command line and environment of a row, abbreviated."""
    variables = (f"{name}={text}" for name, text in row[1].items())
    return " ".join((*variables, row[0]))[:60] or "no arguments"


@pytest.fixture(autouse=True)
def clean_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for variable in VARIABLES:
        monkeypatch.delenv(variable, raising=False)


@pytest.mark.parametrize("row", ACCEPTED, ids=row_id)
def test_arguments_are_parsed(
    row: tuple[str, dict[str, str], dict[str, object]], monkeypatch: pytest.MonkeyPatch
) -> None:
    words, variables, differing = row
    for variable, text in variables.items():
        monkeypatch.setenv(variable, text)
    arguments = Arguments(words.split())
    found = {key: getattr(arguments, key, None) for key in DEFAULTS}
    found["peers"] = arguments.limits.peers
    found["allowed_ips"] = arguments.limits.allowed_ips
    assert found == DEFAULTS | differing


@pytest.mark.parametrize("row", REJECTED, ids=row_id)
def test_invalid_argument_is_rejected_with_one_line(
    row: tuple[str, dict[str, str], str], monkeypatch: pytest.MonkeyPatch
) -> None:
    words, variables, part = row
    for variable, text in variables.items():
        monkeypatch.setenv(variable, text)
    with pytest.raises(Error) as rejection:
        Arguments(words.split())
    assert part in str(rejection.value)
    assert "\n" not in str(rejection.value)


@pytest.mark.parametrize("name", ["", " ", "a b", "wg\n0", "wg\t0", "\u00fc" * 8])
def test_interface_name_is_rejected_when_the_kernel_would_reject_it(name: str) -> None:
    with pytest.raises(Error) as rejection:
        Arguments([name])
    assert repr(name) in str(rejection.value)
    assert "\n" not in str(rejection.value)


def test_old_spelling_of_an_option_is_not_in_the_help() -> None:
    assert "--threads" in USAGE
    assert "--lanes" not in USAGE
