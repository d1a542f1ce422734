"""The command line and the environment."""

import pytest

from pywg_embedded.core.errors import Error
from pywg_embedded.daemon.arguments import Arguments

VARIABLES = ("LOG_LEVEL", "WG_PROCESS_FOREGROUND", "WG_TUN_FD", "WG_UAPI_FD")
DEFAULTS = {
    "name": "wg0",
    "foreground": False,
    "peers": 64,
    "allowed_ips": 1024,
    "tun_fd": None,
    "uapi_fd": None,
    "log_level": "error",
    "keep_stderr": False,
    "dataplane": "libpywg",
    "offloads": 15,
    "uci": False,
    "lanes": 1,
    "netifd": False,
    "state": "",
}

# Arguments, environment, and what differs from the defaults.
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
    ("--lanes 2 wg0", {}, {"lanes": 2}),
    ("wg0 --lanes=1 --dataplane python", {}, {"dataplane": "python"}),
    ("--state /etc/pywg wg0", {}, {"state": "/etc/pywg"}),
    ("wg0", {"WG_TUN_FD": "3", "WG_UAPI_FD": "4"}, {"tun_fd": 3, "uapi_fd": 4}),
    ("wg0", {"WG_TUN_FD": "0"}, {"tun_fd": 0}),
    ("wg0", {"WG_TUN_FD": "", "WG_UAPI_FD": ""}, {}),
    ("--uci wg0", {}, {"uci": True, "state": "/etc/pywg"}),
    ("--uci --state /x wg0", {}, {"uci": True, "state": "/x"}),
    ("--netifd wg0", {}, {"uci": True, "netifd": True, "state": "/etc/pywg"}),
    ("wg0", {"LOG_LEVEL": "silent"}, {"log_level": "silent"}),
    ("wg0", {"LOG_LEVEL": "error"}, {"keep_stderr": True}),
    ("wg0", {"LOG_LEVEL": "verbose"}, {"log_level": "verbose", "keep_stderr": True}),
    ("wg0", {"LOG_LEVEL": "debug"}, {"log_level": "debug", "keep_stderr": True}),
    ("wg0", {"LOG_LEVEL": "nonsense"}, {"keep_stderr": True}),
    ("fifteen-bytes.x", {}, {"name": "fifteen-bytes.x"}),
)

# Arguments, environment, and what the complaint is about.
REFUSED: tuple[tuple[str, dict[str, str], str], ...] = (
    ("", {}, "interface"),
    ("wg0 wg1", {}, "interface"),
    ("--state etc wg0", {}, "'etc' does not start with /"),
    ("wg0 --state", {}, "'' does not start with /"),
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
    ("--dataplane c wg0", {}, "--dataplane: 'c' is none of libpywg, python"),
    ("wg0 --dataplane", {}, "--dataplane"),
    ("--offload tso,lro wg0", {}, "'lro' is none of tso, uso, gso, gro"),
    ("--offload= wg0", {}, "--offload"),
    ("--uci=wg0", {}, "--uci"),
    ("--lanes 3 wg0", {}, "--lanes: '3' is none of 1, 2"),
    ("wg0 --lanes", {}, "--lanes"),
    ("--lanes 2 --dataplane python wg0", {}, "--lanes 2: python has but one"),
    ("wg0", {"WG_TUN_FD": "x"}, "WG_TUN_FD"),
    ("wg0", {"WG_TUN_FD": "-1"}, "WG_TUN_FD"),
    ("wg0", {"WG_UAPI_FD": "\u00b2"}, "WG_UAPI_FD"),
    ("wg0", {"WG_UAPI_FD": "9" * 5000}, "WG_UAPI_FD"),
)


@pytest.fixture(autouse=True)
def nothing_from_outside(monkeypatch: pytest.MonkeyPatch) -> None:
    for variable in VARIABLES:
        monkeypatch.delenv(variable, raising=False)


@pytest.mark.parametrize("row", range(len(ACCEPTED)))
def test_options_are_understood(row: int, monkeypatch: pytest.MonkeyPatch) -> None:
    arguments, variables, differing = ACCEPTED[row]
    for variable, text in variables.items():
        monkeypatch.setenv(variable, text)
    options = Arguments(arguments.split())
    found = {key: getattr(options, key, None) for key in DEFAULTS}
    found["peers"] = options.limits.peers
    found["allowed_ips"] = options.limits.allowed_ips
    assert found == DEFAULTS | differing


@pytest.mark.parametrize("row", range(len(REFUSED)))
def test_nonsense_is_named_in_one_line(
    row: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    arguments, variables, culprit = REFUSED[row]
    for variable, text in variables.items():
        monkeypatch.setenv(variable, text)
    with pytest.raises(Error) as refusal:
        Arguments(arguments.split())
    assert culprit in str(refusal.value)
    assert "\n" not in str(refusal.value)


@pytest.mark.parametrize("name", ["", " ", "a b", "wg\n0", "wg\t0", "\u00fc" * 8])
def test_a_name_is_what_the_kernel_takes(name: str) -> None:
    with pytest.raises(Error) as refusal:
        Arguments([name])
    assert repr(name) in str(refusal.value)
    assert "\n" not in str(refusal.value)
