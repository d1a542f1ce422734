"""What a running daemon may do."""

from pathlib import Path

from tests.lab.host import Host

from .process import ask, foreground

NET_BIND_SERVICE, NET_ADMIN = 10, 12
KEPT = 1 << NET_ADMIN | 1 << NET_BIND_SERVICE


def granted(pid: int) -> dict[str, int]:
    """The sets of capabilities in /proc/PID/status, and NoNewPrivs."""
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    fields = dict(line.split(":\t") for line in lines)
    sets = ("CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb", "NoNewPrivs")
    return {name: int(fields[name], 16) for name in sets}


def test_only_what_is_needed_is_kept(host: Host, name: str) -> None:
    with foreground(host, name) as daemon:
        assert granted(daemon.pid) == {
            "CapInh": 0,
            "CapPrm": KEPT,
            "CapEff": KEPT,
            "CapBnd": KEPT,
            "CapAmb": 0,
            "NoNewPrivs": 1,
        }


def test_what_is_kept_is_enough(host: Host, name: str) -> None:
    with foreground(host, name):
        host.up(name)
        request = b"set=1\nlisten_port=443\nfwmark=7\n\n"
        assert ask(name, request) == "errno=0\n\n"


def test_who_has_no_libpywg_goes_on(host: Host, name: str) -> None:
    with foreground(host, name, "--dataplane", "python") as daemon:
        assert ask(name, b"get=1\n\n").endswith("errno=0\n\n")
        assert granted(daemon.pid)["CapEff"]
