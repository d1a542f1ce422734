"""The shell scripts of the package, run by busybox.

Functions of a few lines replace those of netifd and procd, and print their calls.
"""

import subprocess
from pathlib import Path

import pytest

from pywg_embedded.daemon import clock
from pywg_embedded.daemon.openwrt.restart_backoff import RestartBackoff
from pywg_embedded.openwrt.options import (
    ALLOWED_IP_COUNT,
    FLAG,
    INTERFACE_OPTIONS,
    METRIC,
    MTU,
    PEER_COUNT,
    PORT,
    THREADS,
    Option,
)

FILES = Path(__file__).parents[2] / "package/pywg-embedded/files"
# Options that netifd reads for interfaces of all protocols.
GENERIC = ("metric", "ip4table", "ip6table", "disabled")
NUMBERS = (PORT, MTU, METRIC, PEER_COUNT, ALLOWED_IP_COUNT, THREADS)

RECORDING = """
exec 3>&1
for name in proto_config_add_string proto_config_add_int proto_config_add_boolean \\
		proto_config_add_array proto_run_command proto_kill_command \\
		proto_notify_error proto_block_restart proto_export ubus; do
	eval "$name() { echo $name \\"\\$@\\" >&3; }"
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


def run(
    folder: Path, script: str, *, path: str = "/bin:/usr/bin", errors: str = ""
) -> list[str]:
    """Run a script and return the recorded calls, one per line.

    ``errors`` is the expected standard error, which netifd and procd log.
    """
    done = subprocess.run(
        ["/bin/busybox", "ash", "-c", script],
        cwd=folder,
        env={"PATH": path},
        capture_output=True,
        text=True,
    )
    assert done.stderr == errors
    return done.stdout.splitlines()


def declared(option: Option) -> str:
    """The call by which the handler declares an option."""
    if option.separators:
        kind = "array"
    elif option.kind is FLAG:
        kind = "boolean"
    else:
        kind = "int" if option.kind in NUMBERS else "string"
    return f"proto_config_add_{kind} {option.name}"


def test_handler_declares_the_options_of_the_table(tmp_path: Path) -> None:
    script = RECORDING + HANDLER + "proto_pywg_init_config\n"
    assert run(tmp_path, script) == [
        declared(option) for option in INTERFACE_OPTIONS if option.name not in GENERIC
    ]


def test_handler_sets_the_flags_of_the_protocol(tmp_path: Path) -> None:
    show = 'proto_pywg_init_config 3>/dev/null; echo "$available $no_device"\n'
    show += 'echo "$renew_handler $no_proto_task"\n'
    assert run(tmp_path, RECORDING + HANDLER + show) == ["1 1", "1 "]


@pytest.fixture
def daemon(tmp_path: Path) -> str:
    """A PATH that includes a daemon."""
    program = tmp_path / "bin/pywgd"
    program.parent.mkdir()
    program.write_text("#!/bin/sh\n")
    program.chmod(0o755)
    return f"{program.parent}:/bin:/usr/bin"


RELOAD = ["ubus call pywg.wg0 reload"]
START = [
    "proto_export PYWG_STARTING=state/wg0.starting",
    "proto_run_command wg0 pywgd --foreground --netifd wg0",
]
# Call of netifd, recorded calls.
GOLDEN: tuple[tuple[str, list[str]], ...] = (
    ("proto_pywg_setup wg0", START),
    ("proto_pywg_renew wg0 wg0", RELOAD),
    # Output would be logged by netifd.
    ("ubus() { echo output; }; proto_pywg_renew wg0 wg0", []),
    ("proto_pywg_teardown wg0 wg0", ["proto_kill_command wg0"]),
)


@pytest.mark.parametrize(
    "call, expected", GOLDEN, ids=["setup", "renew", "renew-output", "teardown"]
)
def test_handler_starts_reloads_and_stops_the_daemon(
    tmp_path: Path, daemon: str, call: str, expected: list[str]
) -> None:
    assert run(tmp_path, RECORDING + HANDLER + call, path=daemon) == expected


# Content of the start file, reported error.
FAILED_STARTS = (
    ("", "pywgd does not start; install python3-light"),
    ("PyNaCl is missing: apk add python3-pynacl",) * 2,
)


@pytest.mark.parametrize("reason, reported", FAILED_STARTS, ids=["no-reason", "reason"])
def test_start_is_delayed_when_the_daemon_could_not_be_loaded(
    tmp_path: Path, daemon: str, reason: str, reported: str
) -> None:
    setup = RECORDING + HANDLER + "proto_pywg_setup wg0"
    assert run(tmp_path, setup, path=daemon) == START
    (tmp_path / "state/wg0.starting").write_text(reason)
    waiting = [
        f"proto_notify_error wg0 START {reported}",
        "proto_run_command wg0 sleep 60",
    ]
    assert run(tmp_path, setup, path=daemon) == waiting
    assert run(tmp_path, setup, path=daemon) == START


def test_start_is_not_delayed_after_a_regular_stop(tmp_path: Path, daemon: str) -> None:
    setup = RECORDING + HANDLER + "proto_pywg_setup wg0"
    ended = RECORDING + HANDLER + "proto_pywg_teardown wg0"
    run(tmp_path, setup, path=daemon)
    run(tmp_path, ended)
    assert run(tmp_path, setup, path=daemon) == START
    run(tmp_path, f"ERROR=1\n{ended}")
    assert run(tmp_path, setup, path=daemon) != START


def test_error_is_reported_when_the_daemon_is_missing(tmp_path: Path) -> None:
    assert run(tmp_path, RECORDING + HANDLER + "proto_pywg_setup wg0") == [
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
CHANGE_IDS = (
    "nothing", "foreign-interface", "peer", "stock-peer", "interface",
    "second-interface",
    "both-interfaces", "new-interface",
)  # fmt: skip
# Changed options, interfaces that are reloaded.
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
    """Return the calls when the network configuration is changed."""
    script = RECORDING + CONFIGURATION + INIT
    write(folder, NETWORK)
    assert run(folder, script + "start_service") == []
    write(folder, NETWORK | changes)
    calls = run(folder, script + "reload_service")
    assert run(folder, script + "reload_service") == []
    return calls


@pytest.mark.parametrize("changes, names", CHANGES, ids=CHANGE_IDS)
def test_8984_interfaces_are_reloaded_when_their_peers_change(
    tmp_path: Path, changes: dict[str, str], names: list[str]
) -> None:
    """https://github.com/openwrt/luci/issues/8984"""
    calls = [f"ubus call network.interface.{name} renew" for name in names]
    assert reload(tmp_path, changes) == calls


def test_blocked_interface_is_started_when_the_configuration_changes(
    tmp_path: Path,
) -> None:
    (tmp_path / "state").mkdir()
    write(tmp_path, NETWORK)
    refused = (tmp_path / "config").rename(tmp_path / "refused")
    RestartBackoff("wg0", str(tmp_path / "state")).block_until_changed(str(refused))
    changes = {"network.wg0.mtu": "1300", "network.home.disabled": "1"}
    assert reload(tmp_path, changes) == [
        "ubus call network.interface.wg0 up",
        "ubus call network.interface.wg1 renew",
    ]


def test_blocked_interface_is_not_started_when_nothing_changes(tmp_path: Path) -> None:
    (tmp_path / "state").mkdir()
    changes = {"network.wg0.mtu": "12"}
    write(tmp_path, NETWORK | changes)
    refused = (tmp_path / "config").rename(tmp_path / "refused")
    RestartBackoff("wg0", str(tmp_path / "state")).block_until_changed(str(refused))
    assert reload(tmp_path, changes) == []


def test_start_starts_exactly_the_interfaces_that_stop_stopped(tmp_path: Path) -> None:
    script = RECORDING + CONFIGURATION + INIT
    status = """ifstatus() {
	[ "$1" = wg0 ] && echo '"autostart": true' || echo '"autostart": false'
}
"""
    write(tmp_path, NETWORK)
    down, up = (f"ubus call network.interface.wg0 {verb}" for verb in ("down", "up"))
    assert run(tmp_path, script + status + "stop_service") == [down]
    assert run(tmp_path, script + "start_service") == [up]
    assert run(tmp_path, script + "start_service") == []


# The exit code is the ubus status. With -S, ubus(1) prints no message.
REJECTED = """ubus() {
	[ "$1" = -S ] || echo "Command failed: $TEXT" >&2
	return $STATUS
}
"""
NOT_FOUND, TIMEOUT = (4, "Not found"), (7, "Request timed out")
STATUS_IDS = ("not-found", "timeout")
CHANGED = f"mkdir state; echo x >state/wg0.sum; config_load() {{ :; }}\n{INIT}"
BLOCKED = f"echo x >config; echo y >state/wg0.blocked\n{INIT}"
# Calls of ubus objects, which a daemon or netifd has not added yet.
CALLS = {
    "renew": f"{HANDLER}proto_pywg_renew wg0 wg0",
    "reload": f"{CHANGED}checksum() {{ echo y; }}\nreload_if_changed wg0",
    "reload-blocked": f"{CHANGED}{BLOCKED}checksum() {{ echo y; }}\n"
    "reload_if_changed wg0",
    "start": f"{CHANGED}checksum() {{ :; }}\n: >state/wg0.stopped\nstart_interface wg0",
}


@pytest.mark.parametrize("status, text", [NOT_FOUND, TIMEOUT], ids=STATUS_IDS)
@pytest.mark.parametrize("script", CALLS.values(), ids=CALLS)
def test_missing_object_is_no_error_but_a_failed_call_is(
    tmp_path: Path, script: str, status: int, text: str
) -> None:
    logged = f"Command failed: {text}\n" if (status, text) != NOT_FOUND else ""
    rejected = f"STATUS={status} TEXT='{text}'\n{REJECTED}"
    assert run(tmp_path, rejected + script, errors=logged) == []


def test_clock_step_logs_nothing_without_a_daemon(tmp_path: Path) -> None:
    rejected = f"STATUS=4 TEXT='Not found'\n{REJECTED}"
    assert run(tmp_path, f"{rejected}ACTION=step\n. {FILES}/pywg.ntp\n") == []


OBJECTS = """exec 3>&1
ubus() {
	[ "$1" = -S ] && shift
	[ "$1" != list ] && echo "$@" >&3 || echo pywg.wg0 pywg.wg1
}
"""
# Action of ntpd, recorded calls.
STEPS: tuple[tuple[str, list[str]], ...] = (
    ("step", ["call pywg.wg0 retry", "call pywg.wg1 retry"]),
    ("stratum", []),
    ("periodic", []),
    ("unsync", []),
)


@pytest.mark.parametrize(
    "action, calls", STEPS, ids=["step", "stratum", "periodic", "unsync"]
)
def test_12591_daemons_retry_when_the_clock_was_stepped(
    tmp_path: Path, action: str, calls: list[str]
) -> None:
    """https://github.com/openwrt/packages/issues/12591"""
    script = f"{OBJECTS}PYWG_STATE=run ACTION={action}\n. {FILES}/pywg.ntp\n"
    assert run(tmp_path, script) == calls


# Action and stratum that ntpd reports, whether the clock counts as confirmed.
REPORTS = (
    pytest.param("step", "16", True, id="step"),
    pytest.param("stratum", "3", True, id="synchronized"),
    pytest.param("stratum", "16", False, id="synchronization lost"),
    pytest.param("stratum", "", False, id="report of another program"),
    pytest.param("periodic", "3", True, id="periodic"),
    pytest.param("periodic", "16", False, id="periodic, not synchronized"),
    pytest.param("unsync", "16", False, id="unsync"),
)


@pytest.mark.parametrize(("action", "stratum", "confirmed"), REPORTS)
def test_clock_is_recorded_when_ntp_confirms_it(
    tmp_path: Path,
    action: str,
    stratum: str,
    confirmed: bool,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    variables = f"PYWG_STATE=run ACTION={action} stratum={stratum}"
    run(tmp_path, f"{OBJECTS}{variables}\n. {FILES}/pywg.ntp\n")
    record = tmp_path / "run" / "clock"
    assert record.exists() == confirmed
    monkeypatch.setattr(clock, "NTP_RECORD", str(record))
    recorded = clock.SystemClock().ntp_record()
    if confirmed:
        assert recorded is not None
        offset = clock.wall() - clock.boottime() * 1_000_000
        assert abs(recorded - offset) < 5_000_000_000
    else:
        assert recorded is None
