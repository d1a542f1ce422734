"""What a daemon puts into the kernel and the file system, and what of it is left when
the daemon is killed."""

import contextlib
import os
import signal
import socket
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.lab.topology import Lab
from tests.lab.ubusd import Ubusd, path_for
from tests.lab.wait import DEADLINE, becomes
from tests.lab.wireguard import new_key, public_key_of

from .pywgd import PYWGD, environment

PEERS = ("192.0.2.9", "2001:db8::9")
UPLINKS = {4: "10.77.1.1", 6: "fd77:1::1"}
# A private /run, like that of a router of its own.
PRIVATE_RUN = 'mount --bind "$0" /run && exec "$@"'


class Router:
    """A host with the uplink eth1, its own /run, and a ubusd and netifd of the tests.

    This netifd adds the addresses and routes that it receives.
    """

    def __init__(self, lab: Lab, folder: Path) -> None:
        self.host = lab.host("router")
        self.host.wire("eth1", lab.host("isp"), "eth0")
        self.host.add_address("eth1", "10.77.1.2/24")
        self.host.add_address("eth1", "fd77:1::2/64")
        for gateway in UPLINKS.values():
            self.host.add_default_route(gateway)
        shown = ("ip", "address")
        assert becomes(lambda: "tentative" not in self.host.run(*shown).stdout)
        self.run, self.state = folder / "run", folder / "state"
        self.file = folder / "network"
        self.file.write_text("")
        (self.run / "ubus").mkdir(parents=True)
        self.ubusd = lab.enter_context(Ubusd(path_for(self.run / "ubus")))
        self.ubusd.objects["network.interface"] = self._netifd

    def _netifd(self, method: str, arguments: dict[str, Any]) -> dict[str, Any]:
        if method != "dump":
            device = arguments.get("ifname")
            if device:
                for words in self._objects(arguments):
                    self.host.run("ip", *words, "dev", device, check=False)
            return {}
        wan = {
            "interface": "wan",
            "up": True,
            "l3_device": "eth1",
            "route": [
                {"target": target, "mask": 0, "nexthop": gateway}
                for target, gateway in zip(("0.0.0.0", "::"), UPLINKS.values())
            ],
        }
        return {"interface": [wan]}

    def _objects(self, message: dict[str, Any]) -> Iterator[tuple[str, ...]]:
        yield "link", "set", "up"
        for entry in (*message["ipaddr"], *message["ip6addr"]):
            yield "address", "replace", f"{entry['ipaddr']}/{entry['mask']}"
        for entry in (*message["routes"], *message["routes6"]):
            yield "route", "replace", f"{entry['target']}/{entry['netmask']}"

    def snapshot(self) -> dict[str, str]:
        """Return the state of the kernel, and the files of all daemons."""
        commands = {
            "links": "ip -o link",
            "addresses": "ip -o address",
            "routes": "ip route show table all; ip -6 route show table all",
            "rules": "ip rule; ip -6 rule",
            "firewall": "nft list ruleset",
            "UDP sockets": "ss -uanH",
            "other sockets": "ss -xlnH src 'unix:/run/*'; ss -tanH; ss -wanH",
            "neighbours": "ip neigh show nud permanent; ip neigh show proxy",
            "policies": "ip xfrm policy; ip xfrm state",
            "queues": "tc qdisc; tc filter show",
            "settings": "sysctl -a -e --pattern '^net\\.(ipv4|ipv6)\\.conf' | sort",
        }
        taken = {
            name: self.host.run("sh", "-c", f"{{ {command}; }} 2>&1").stdout
            for name, command in commands.items()
        }
        taken["files"] = "\n".join(sorted(self._files()))
        return taken

    def _files(self) -> "Iterator[str]":
        for folder in (self.run, self.state):
            for path in folder.rglob("*"):
                if not path.is_dir():
                    yield str(path.relative_to(folder.parent))

    def routes(self, name: str = "") -> list[str]:
        """Return the host routes of an interface, or of all."""
        metric = f" metric {self.index(name)} " if name else ""
        lines = self.host.run("sh", "-c", "ip route; ip -6 route").stdout.splitlines()
        lines = [line for line in lines if "proto 151" in line and metric in f"{line} "]
        return [line for line in lines if "/" not in line.split()[0]]

    def index(self, name: str) -> int:
        with self.host.entered():
            return socket.if_nametoindex(name)


class Daemon:
    """A daemon with two peers, one for each IP version.

    ``routes`` are the allowed IPs that are routed, ``options`` those of the interface.
    """

    def __init__(self, router: Router, name: str) -> None:
        self.router = router
        self.name = name
        self.private_key = new_key()
        self.keys = [public_key_of(new_key()) for _ in PEERS]
        self.endpoints = PEERS
        self.routes = ["0.0.0.0/0", "::/0"]
        self.options: list[str] = []

    def start(self, *mode: str) -> None:
        """Write the configuration, start, and wait for the control socket."""
        self.launch(*mode)
        assert becomes(lambda: self.answers() or self.process.poll() is not None)

    def launch(self, *mode: str) -> None:
        """Write the configuration and start."""
        self.write()
        command = (*PYWGD, "--foreground", *mode, "--state", str(self.router.state))
        self.process = self.router.host.start(
            *("sh", "-c", PRIVATE_RUN, str(self.router.run), *command, self.name),
            env=environment(UCI_CONFIG_DIR=str(self.router.file.parent)),
            stderr=subprocess.DEVNULL,
        )

    def write(self) -> None:
        lines = [
            f"config interface '{self.name}'",
            "option proto 'pywg'",
            f"option private_key '{self.private_key}'",
            *self.options,
        ]
        for key, address, prefix in zip(self.keys, self.endpoints, self.routes):
            lines += [
                f"config pywg_{self.name}",
                f"option public_key '{key}'",
                f"option endpoint_host '{address}'",
                f"option allowed_ips '{prefix}'",
                "option route_allowed_ips '1'",
            ]
        # The file has the sections of all daemons that were started.
        others = [
            section
            for section in self.router.file.read_text().split("\n\n")
            if section and f"interface '{self.name}'" not in section
        ]
        self.router.file.write_text("\n\n".join([*others, "\n".join(lines)]) + "\n\n")

    def answers(self) -> bool:
        path = Path(os.path.relpath(self.router.run / f"wireguard/{self.name}.sock"))
        with socket.socket(socket.AF_UNIX) as uapi, contextlib.suppress(OSError):
            uapi.settimeout(DEADLINE)
            uapi.connect(str(path))
            uapi.sendall(b"get=1\n\n")
            return bool(uapi.recv(1))
        return False

    def has_routes(self) -> bool:
        return becomes(lambda: len(self.router.routes(self.name)) == len(PEERS))

    def end(self, signum: signal.Signals) -> None:
        self.process.send_signal(signum)
        self.process.wait(DEADLINE)
        assert becomes(lambda: not self.router.host.has_link(self.name))


@pytest.fixture
def router(lab: Lab, tmp_path: Path) -> Router:
    return Router(lab, tmp_path)


MODES = pytest.mark.parametrize("mode", ["--netifd", "--uci"])


@MODES
def test_host_routes_of_a_killed_daemon_are_removed_when_it_starts_again(
    router: Router, mode: str
) -> None:
    daemon = Daemon(router, "wg0")
    daemon.start(mode)
    assert daemon.has_routes()
    left = router.routes()
    daemon.end(signal.SIGKILL)
    assert router.routes() == left
    daemon.options = ["option nohostroute '1'"]
    daemon.start(mode)
    assert router.routes() == []
    daemon.end(signal.SIGTERM)


def test_host_routes_of_a_killed_daemon_are_removed_before_a_delayed_start(
    router: Router,
) -> None:
    daemon = Daemon(router, "wg0")
    daemon.start("--netifd")
    assert daemon.has_routes()
    daemon.end(signal.SIGKILL)
    # The longest delay.
    (router.run / "pywg/wg0.attempts").write_text("16\n")
    daemon.launch("--netifd")
    assert becomes(lambda: router.routes() == [])
    daemon.end(signal.SIGTERM)
    assert daemon.process.returncode == 0
    assert not list((router.run / "pywg").iterdir())


@MODES
def test_host_routes_of_a_running_daemon_are_kept_when_it_is_started_again(
    router: Router, mode: str
) -> None:
    first, second = Daemon(router, "wg0"), Daemon(router, "wg0")
    first.start(mode)
    assert first.has_routes()
    before = router.routes()
    # It would wait for minutes otherwise.
    (router.run / "pywg/wg0.attempts").unlink(missing_ok=True)
    second.launch(mode)
    assert second.process.wait(DEADLINE) == 1
    assert router.routes() == before
    first.end(signal.SIGKILL)
    assert router.routes() == before
    first.start(mode)
    first.end(signal.SIGTERM)
    assert router.routes() == []


@MODES
def test_host_routes_of_another_daemon_are_kept_when_one_is_killed(
    router: Router, mode: str
) -> None:
    killed, untouched = Daemon(router, "wg0"), Daemon(router, "wg1")
    killed.routes = ["192.0.2.8/31", "2001:db8::8/127"]
    untouched.routes = ["192.0.2.10/31", "2001:db8::a/127"]
    untouched.endpoints = ("192.0.2.10", "2001:db8::a")
    for daemon in (untouched, killed):
        daemon.start(mode)
        assert daemon.has_routes()
    before = router.routes("wg1")
    killed.end(signal.SIGKILL)
    killed.options = ["option nohostroute '1'"]
    killed.start(mode)
    assert router.routes() == before
    killed.end(signal.SIGTERM)
    assert router.routes() == before
    untouched.end(signal.SIGTERM)
    assert router.routes() == []


LEFT_FILES: dict[str, list[str]] = {
    "--netifd": ["run/pywg/wg0.attempts"],
    "--uci": [],
}


@MODES
def test_nothing_but_recorded_routes_is_left_when_a_daemon_is_killed(
    router: Router, mode: str
) -> None:
    before = router.snapshot()
    daemon = Daemon(router, "wg0")
    daemon.options = ["list addresses '10.9.0.1/24'", "list addresses 'fd09::1/64'"]
    daemon.start(mode)
    assert daemon.has_routes()
    daemon.end(signal.SIGKILL)
    killed = router.snapshot()
    left = {
        kind: sorted(set(killed[kind].splitlines()) ^ set(before[kind].splitlines()))
        for kind in killed
        if killed[kind] != before[kind]
    }
    files = [*LEFT_FILES[mode], "run/pywg/wg0.routes", "run/wireguard/wg0.sock"]
    assert left == {"routes": sorted(router.routes()), "files": files}
    recorded = (router.run / "pywg/wg0.routes").read_text()
    assert recorded.count("\n") == len(PEERS)
    daemon.start(mode)
    daemon.end(signal.SIGTERM)
    assert router.snapshot() == before


@MODES
def test_no_host_route_is_left_when_a_start_fails(router: Router, mode: str) -> None:
    path = router.run / "wireguard/wg0.sock"
    path.parent.mkdir()
    with socket.socket(socket.AF_UNIX) as taken:
        taken.bind(os.path.relpath(path))
        taken.listen()
        daemon = Daemon(router, "wg0")
        daemon.launch(mode)
        assert daemon.process.wait(DEADLINE) == 1
    assert router.routes() == []
