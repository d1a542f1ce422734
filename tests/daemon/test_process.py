"""Capabilities and resident memory of a running daemon."""

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
            "CapBnd": KEPT,
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
