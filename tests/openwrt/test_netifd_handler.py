"""The shell of the package under busybox, with what it says recorded.

netifd's and procd's own shell is not at hand: a few lines here stand for it, and write
down what they are told.
"""

import subprocess
from pathlib import Path

import pytest

from pywg_embedded.daemon.openwrt.restart_backoff import RestartBackoff
from pywg_embedded.openwrt.options import (
    FLAG,
    INTERFACE_OPTIONS,
    METRIC,
    MTU,
    PORT,
    Option,
)

FILES = Path(__file__).parents[2] / "package/pywg-embedded/files"
# Of every protocol's interfaces: netifd reads these itself.
GENERIC = ("metric", "ip4table", "ip6table", "disabled")
NUMBERS = (PORT, MTU, METRIC)

RECORDING = """
for name in proto_config_add_string proto_config_add_int proto_config_add_boolean \\
		proto_config_add_array proto_run_command proto_kill_command \\
		proto_notify_error proto_block_restart proto_export ubus; do
	eval "$name() { echo $name \\"\\$@\\"; }"
done
"""
CONFIGURATION = """
config_load() { :; }
config_foreach() {
	local function=$1 type=$2; shift 2
	for section in $(sed -n "s/^network\\.\\([^.]*\\)=$type\\$/\\1/p" config); do
		"$function" "$section" "$@"
	done
}
config_get() {
	eval "$1=$(sed -n "s/^network\\.$2\\.$3=//p" config)"
}
uci() { grep "^$3[.=]" config; }
"""
HANDLER = f"INCLUDE_ONLY=1\n. {FILES}/pywg.sh\nSTATE=state\n"
INIT = f". {FILES}/pywg.init\nSTATE=state\nCONFIG=config\n"


def said(folder: Path, script: str, *, path: str = "/bin:/usr/bin") -> list[str]:
    """What was recorded, a line each."""
    done = subprocess.run(
        ["/bin/busybox", "ash", "-c", script],
        cwd=folder,
        env={"PATH": path},
        capture_output=True,
        text=True,
    )
    assert not done.stderr
    return done.stdout.splitlines()


def declared(option: Option) -> str:
    """How the handler names an option to netifd."""
    if option.separators:
        kind = "array"
    elif option.kind is FLAG:
        kind = "boolean"
    else:
        kind = "int" if option.kind in NUMBERS else "string"
    return f"proto_config_add_{kind} {option.name}"


def test_the_handler_names_the_options_of_the_table(tmp_path: Path) -> None:
    script = RECORDING + HANDLER + "proto_pywg_init_config\n"
    assert said(tmp_path, script) == [
        declared(option) for option in INTERFACE_OPTIONS if option.name not in GENERIC
    ]


def test_netifd_learns_how_the_protocol_is_used(tmp_path: Path) -> None:
    show = 'proto_pywg_init_config >/dev/null; echo "$available $no_device"\n'
    show += 'echo "$renew_handler $no_proto_task"\n'
    assert said(tmp_path, RECORDING + HANDLER + show) == ["1 1", "1 "]


@pytest.fixture
def daemon(tmp_path: Path) -> str:
    """A PATH with a daemon in it."""
    program = tmp_path / "bin/pywgd"
    program.parent.mkdir()
    program.write_text("#!/bin/sh\n")
    program.chmod(0o755)
    return f"{program.parent}:/bin:/usr/bin"


RELOAD = ["call pywg.wg0 reload"]
START = [
    "proto_export PYWG_STARTING=state/wg0.starting",
    "proto_run_command wg0 pywgd --foreground --netifd wg0",
]
# What netifd calls, and what it hears.
GOLDEN: tuple[tuple[str, list[str]], ...] = (
    ("proto_pywg_setup wg0", START),
    # What it prints would be in the log.
    ("proto_pywg_renew wg0 wg0", []),
    ('exec 3>&1; ubus() { echo "$@" >&3; }; proto_pywg_renew wg0 wg0', RELOAD),
    ("proto_pywg_teardown wg0 wg0", ["proto_kill_command wg0"]),
)


@pytest.mark.parametrize("row", range(len(GOLDEN)))
def test_the_handler_starts_renews_and_ends(
    tmp_path: Path, daemon: str, row: int
) -> None:
    call, expected = GOLDEN[row]
    assert said(tmp_path, RECORDING + HANDLER + call, path=daemon) == expected


# What a daemon that cannot be loaded says, and what everybody hears.
VAIN = (
    ("", "pywgd does not run: install python3-light"),
    ("PyNaCl is missing: apk add python3-pynacl",) * 2,
)


@pytest.mark.parametrize("row", range(len(VAIN)))
def test_a_daemon_that_cannot_be_loaded_is_not_started_at_once(
    tmp_path: Path, daemon: str, row: int
) -> None:
    word, heard = VAIN[row]
    setup = RECORDING + HANDLER + "proto_pywg_setup wg0"
    assert said(tmp_path, setup, path=daemon) == START
    (tmp_path / "state/wg0.starting").write_text(word)
    waiting = [
        f"proto_notify_error wg0 START {heard}",
        "proto_run_command wg0 sleep 60",
    ]
    assert said(tmp_path, setup, path=daemon) == waiting
    assert said(tmp_path, setup, path=daemon) == START


def test_a_daemon_that_was_told_to_end_need_not_wait(
    tmp_path: Path, daemon: str
) -> None:
    setup = RECORDING + HANDLER + "proto_pywg_setup wg0"
    ended = RECORDING + HANDLER + "proto_pywg_teardown wg0"
    said(tmp_path, setup, path=daemon)
    said(tmp_path, ended)
    assert said(tmp_path, setup, path=daemon) == START
    said(tmp_path, f"ERROR=1\n{ended}")
    assert said(tmp_path, setup, path=daemon) != START


def test_without_a_daemon_the_handler_says_so(tmp_path: Path) -> None:
    assert said(tmp_path, RECORDING + HANDLER + "proto_pywg_setup wg0") == [
        "proto_notify_error wg0 NO_DAEMON pywgd is not installed",
        "proto_block_restart wg0",
    ]


NETWORK = {
    "network.wg0": "interface",
    "network.wg0.proto": "pywg",
    "network.wg0.mtu": "1400",
    "network.office": "pywg_wg0",
    "network.office.allowed_ips": "10.1.0.0/16",
    "network.cfg07": "wireguard_wg0",
    "network.cfg07.public_key": "x",
    "network.wg1": "interface",
    "network.wg1.proto": "pywg",
    "network.home": "pywg_wg1",
    "network.lan": "interface",
    "network.lan.proto": "static",
}
# What is changed, and who hears of it.
CHANGES: tuple[tuple[dict[str, str], list[str]], ...] = (
    ({}, []),
    ({"network.lan.ipaddr": "10.0.0.1"}, []),
    ({"network.office.allowed_ips": "10.2.0.0/16"}, ["wg0"]),
    ({"network.cfg07.public_key": "y"}, ["wg0"]),
    ({"network.wg0.mtu": "1300"}, ["wg0"]),
    ({"network.home.disabled": "1"}, ["wg1"]),
    ({"network.new": "pywg_wg1", "network.office.x": "y"}, ["wg0", "wg1"]),
    ({"network.wg2": "interface", "network.wg2.proto": "pywg"}, []),
)


def write(folder: Path, values: dict[str, str]) -> None:
    lines = [f"{name}={value}\n" for name, value in values.items()]
    (folder / "config").write_text("".join(lines))


def reload(folder: Path, changes: dict[str, str]) -> list[str]:
    """What is told when the network's configuration changes so."""
    script = RECORDING + CONFIGURATION + INIT
    write(folder, NETWORK)
    assert said(folder, script + "start_service") == []
    write(folder, NETWORK | changes)
    told = said(folder, script + "reload_service")
    assert said(folder, script + "reload_service") == []
    return told


@pytest.mark.parametrize("row", range(len(CHANGES)))
def test_8984_whose_peers_changed_hears_of_it_and_nobody_else(
    tmp_path: Path, row: int
) -> None:
    """https://github.com/openwrt/luci/issues/8984"""
    changes, names = CHANGES[row]
    calls = [f"ubus call network.interface.{name} renew" for name in names]
    assert reload(tmp_path, changes) == calls


def test_who_waits_for_another_configuration_is_started(tmp_path: Path) -> None:
    (tmp_path / "state").mkdir()
    write(tmp_path, NETWORK)
    refused = (tmp_path / "config").rename(tmp_path / "refused")
    RestartBackoff("wg0", str(tmp_path / "state")).block_until_changed(str(refused))
    changes = {"network.wg0.mtu": "1300", "network.home.disabled": "1"}
    assert reload(tmp_path, changes) == [
        "ubus call network.interface.wg0 up",
        "ubus call network.interface.wg1 renew",
    ]


def test_who_was_stopped_by_this_very_configuration_is_not(tmp_path: Path) -> None:
    (tmp_path / "state").mkdir()
    changes = {"network.wg0.mtu": "12"}
    write(tmp_path, NETWORK | changes)
    refused = (tmp_path / "config").rename(tmp_path / "refused")
    RestartBackoff("wg0", str(tmp_path / "state")).block_until_changed(str(refused))
    assert reload(tmp_path, changes) == []


def test_who_was_stopped_is_started_and_nobody_else(tmp_path: Path) -> None:
    script = RECORDING + CONFIGURATION + INIT
    status = """ifstatus() {
	[ "$1" = wg0 ] && echo '"autostart": true' || echo '"autostart": false'
}
"""
    write(tmp_path, NETWORK)
    down, up = (f"ubus call network.interface.wg0 {verb}" for verb in ("down", "up"))
    assert said(tmp_path, script + status + "stop_service") == [down]
    assert said(tmp_path, script + "start_service") == [up]
    assert said(tmp_path, script + "start_service") == []


OBJECTS = 'ubus() { [ "$1" != list ] && echo "$@" || echo pywg.wg0 pywg.wg1; }\n'
# What ntpd says has happened, who is told.
STEPS: tuple[tuple[str, list[str]], ...] = (
    ("step", ["call pywg.wg0 retry", "call pywg.wg1 retry"]),
    ("stratum", []),
    ("periodic", []),
    ("unsync", []),
)


@pytest.mark.parametrize("row", range(len(STEPS)))
def test_12591_a_clock_that_was_set_is_told_to_every_daemon(
    tmp_path: Path, row: int
) -> None:
    """https://github.com/openwrt/packages/issues/12591"""
    action, told = STEPS[row]
    script = f"{OBJECTS}ACTION={action}\n. {FILES}/pywg.ntp\n"
    assert said(tmp_path, script) == told
