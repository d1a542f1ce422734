"""What a daemon lets go of once it is ready."""

import re
import subprocess
import sys
from pathlib import Path

from tests.lab.host import Host

from .process import ask, foreground

# The KiB of mapped files that are in memory before and after, and that all is well.
TRIM = """
from pywg_embedded.daemon import main, residence
from pywg_embedded.dataplane import native
from pywg_embedded.dataplane.limits import Limits

def mapped():
    with open("/proc/self/status") as file:
        return file.read().split("RssFile:")[1].split()[0]

before = mapped()
residence.trim()
print(before, mapped(), len(native.tables(Limits())))
"""


def test_the_code_that_only_starting_needed_is_let_go() -> None:
    told = subprocess.check_output((sys.executable, "-c", TRIM), text=True)
    before, after, tables = map(int, told.split())
    assert after < 0.75 * before
    assert tables


def test_a_daemon_is_trimmed_when_it_is_ready(host: Host, name: str) -> None:
    with foreground(host, name) as daemon:
        status = Path(f"/proc/{daemon.pid}/status").read_text()
        fields = dict(re.findall(r"(\w+):\s+(\d+) kB", status))
        assert int(fields["VmRSS"]) < 0.9 * int(fields["VmHWM"])
        assert ask(name, b"get=1\n\n").endswith("errno=0\n\n")
