"""Capabilities and resident memory of a running daemon."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.lab.host import Host

from .pywgd import foreground, query, stopped

NET_BIND_SERVICE, NET_ADMIN = 10, 12
KEPT = 1 << NET_ADMIN | 1 << NET_BIND_SERVICE

# Prints the resident KiB of mapped files before and after, and that libpywg works.
TRIM = """
from pywg_embedded.daemon import main, process
from pywg_embedded.dataplane import native
from pywg_embedded.dataplane.limits import Limits

def mapped():
    with open("/proc/self/status") as file:
        return file.read().split("RssFile:")[1].split()[0]

before = mapped()
process.release_startup_pages()
print(before, mapped(), len(native.tables(Limits())))
"""

# Prints PR_GET_DUMPABLE before and after.
DUMPABLE = """
import ctypes
from pywg_embedded.daemon import process
from pywg_embedded.daemon.log import Log

def dumpable():
    return ctypes.CDLL(None).prctl(3, 0, 0, 0, 0)

before = dumpable()
process.forbid_dumps(Log("test", "error"))
print(before, dumpable())
"""

# Runs in a process that gives up what the daemon does, with a folder that it uses;
# prints the errno of each attempt, 0 if it succeeds, and what is to be possible.
ATTEMPTS = """
import ctypes, os, sys
from pywg_embedded.daemon import process
from pywg_embedded.daemon.log import Log

victim, folder = int(sys.argv[1]), sys.argv[2]
log = Log("test", "verbose")
process.forbid_dumps(log)
process.drop_capabilities(log)
process.restrict_writes([folder, "/no/such/folder"], log)

def attempt(function, *arguments):
    try:
        function(*arguments)
    except OSError as error:
        return error.errno
    return 0

def ptrace(pid):
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.ptrace(16, pid, 0, 0):
        raise OSError(ctypes.get_errno(), "")

def replace(path):
    with open(path + ".new", "w") as file:
        file.write("new")
    os.rename(path + ".new", path)

print(
    attempt(os.kill, victim, 0),
    attempt(open, "/etc/passwd", "a"),
    attempt(open, "/etc/pywg-test", "w"),
    attempt(os.mkdir, "/etc/pywg-test"),
    attempt(os.symlink, "/etc/passwd", "/tmp/pywg-test"),
    attempt(os.truncate, "/etc/passwd", 1_000_000),
    attempt(os.unlink, folder + "/../outside"),
    attempt(os.rename, folder + "/inside", folder + "/../moved"),
    attempt(os.execv, "/bin/true", ["true"]),
    attempt(ptrace, victim),
)
print(
    attempt(replace, folder + "/inside"),
    attempt(os.unlink, folder + "/inside"),
    attempt(open, "/dev/null", "r+"),
    attempt(open, "/etc/passwd"),
)
"""


def granted(pid: int) -> dict[str, int]:
    """Return the capability sets in /proc/PID/status, and NoNewPrivs."""
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    fields = dict(line.split(":\t") for line in lines)
    sets = ("CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb", "NoNewPrivs")
    return {name: int(fields[name], 16) for name in sets}


def test_all_other_capabilities_are_dropped(host: Host, name: str) -> None:
    with foreground(host, name) as daemon:
        assert granted(daemon.pid) == {
            "CapInh": 0,
            "CapPrm": KEPT,
            "CapEff": KEPT,
            "CapBnd": 0,
            "CapAmb": 0,
            "NoNewPrivs": 1,
        }


def test_kept_capabilities_allow_a_low_port_and_a_mark(host: Host, name: str) -> None:
    with foreground(host, name):
        host.up(name)
        request = b"set=1\nlisten_port=443\nfwmark=7\n\n"
        assert query(name, request) == "errno=0\n\n"


def test_daemon_runs_with_all_capabilities_without_libpywg(
    host: Host, name: str
) -> None:
    with foreground(host, name, "--dataplane", "python") as daemon:
        assert query(name, b"get=1\n\n").endswith("errno=0\n\n")
        assert granted(daemon.pid)["CapEff"]


def test_daemon_forbids_core_dumps_and_ptrace(host: Host, name: str) -> None:
    with foreground(host, name) as daemon:
        limits = Path(f"/proc/{daemon.pid}/limits").read_text()
        assert re.search(r"^Max core file size +0 +0 ", limits, re.MULTILINE)
        flags = re.findall(
            "^VmFlags: .*", Path(f"/proc/{daemon.pid}/smaps").read_text(), re.MULTILINE
        )
        # The tables of libpywg are mapped without reserve, and not part of a core dump.
        tables = [flag.split() for flag in flags if " nr" in flag]
        assert tables and all("dd" in flag for flag in tables)


def test_process_is_not_dumpable_once_dumps_are_forbidden() -> None:
    output = subprocess.check_output((sys.executable, "-c", DUMPABLE), text=True)
    assert output.split() == ["1", "0"]


@pytest.mark.parametrize("options", [[], ["--dataplane", "python"]], ids=str)
def test_keys_are_locked_in_memory(host: Host, name: str, options: list[str]) -> None:
    with foreground(host, name, *options) as daemon:
        request = f"set=1\nprivate_key={bytes(range(32)).hex()}\n\n"
        assert query(name, request.encode()) == "errno=0\n\n"
        status = Path(f"/proc/{daemon.pid}/status").read_text()
        locked = re.search(r"VmLck:\s+(\d+) kB", status)
        assert locked and int(locked[1]) > 0


def test_daemon_runs_when_no_memory_may_be_locked(host: Host, name: str) -> None:
    unlocked = ["prlimit", "--memlock=0:0"]
    with foreground(host, name, before=unlocked, log="verbose") as daemon:
        assert query(name, b"get=1\n\n").endswith("errno=0\n\n")
        assert "keys may be swapped out: " in stopped(daemon)[1]


def test_attempts_of_a_taken_over_daemon_fail_with_landlock(tmp_path: Path) -> None:
    folder = tmp_path / "used"
    folder.mkdir()
    (folder / "inside").write_text("old")
    (tmp_path / "outside").write_text("kept")
    before = Path("/etc/passwd").read_bytes()
    victim = subprocess.Popen(["sleep", "600"])
    try:
        command = [sys.executable, "-c", ATTEMPTS, str(victim.pid), str(folder)]
        done = subprocess.run(command, capture_output=True, text=True, check=True)
    finally:
        victim.kill()
        victim.wait()
    landlock = re.search(r"protected by Landlock, version (\d+)", done.stderr)
    if not landlock:
        pytest.skip("this kernel has no Landlock")
    denied, allowed = done.stdout.splitlines()
    signal_error, *errors = map(int, denied.split())
    assert all(errors), denied
    assert signal_error or int(landlock[1]) < 6
    assert allowed.split() == 4 * ["0"]
    assert Path("/etc/passwd").read_bytes() == before
    assert (tmp_path / "outside").read_text() == "kept"


def test_daemon_is_restricted_before_its_first_thread_starts(
    host: Host, name: str
) -> None:
    with foreground(host, name, "--threads", "2", log="verbose") as daemon:
        host.up(name)
        assert query(name, b"get=1\n\n").endswith("errno=0\n\n")
        tasks = list(Path(f"/proc/{daemon.pid}/task").iterdir())
        assert len(tasks) > 1 or os.cpu_count() == 1
        for task in tasks:
            assert granted(int(task.name))["CapPrm"] == KEPT
        assert re.search("files are (not )?protected by Landlock", stopped(daemon)[1])


def test_mapped_code_shrinks_when_startup_pages_are_released() -> None:
    output = subprocess.check_output((sys.executable, "-c", TRIM), text=True)
    before, after, tables = map(int, output.split())
    assert after < 0.75 * before
    assert tables


def test_resident_memory_is_below_its_peak_when_the_daemon_is_ready(
    host: Host, name: str
) -> None:
    with foreground(host, name) as daemon:
        status = Path(f"/proc/{daemon.pid}/status").read_text()
        fields = dict(re.findall(r"(\w+):\s+(\d+) kB", status))
        assert int(fields["VmRSS"]) < 0.9 * int(fields["VmHWM"])
        assert query(name, b"get=1\n\n").endswith("errno=0\n\n")
