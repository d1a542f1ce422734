"""Two homes behind OpenWrt routers, the first with two uplinks, and their provider.

laptop --- first ===== wan, wwan ===== isp ===== wan ===== second --- nas
"""

import re
import shutil
from collections.abc import Iterable
from pathlib import Path

from package.builder.packages import Package
from tests.lab.host import Host
from tests.lab.package_managers import Manager
from tests.lab.topology import Lab
from tests.lab.wait import becomes
from tests.lab.wireguard import new_key, public_key_of

from .router import Router

NAME = "wg0"
PORT = 51820
LANS = {"first": "192.168.1", "second": "192.168.2"}
INSIDE = {"first": "10.9.0.1", "second": "10.9.0.2"}
# Interface: device, and the network between the router (.2) and its provider (.1).
UPLINKS = {
    "first": {"wan": ("eth1", "10.77.1", 10), "wwan": ("eth2", "10.78.1", 20)},
    "second": {"wan": ("eth1", "10.77.2", 10)},
}
# Files of the package managers.
MANAGER_FILES = re.compile(r"/(etc/apk|etc/opkg|lib/apk|usr/lib/opkg)\b")
LIST_FILES = """
find / -xdev -type f -exec md5sum {} +
find / -xdev -type l | sed 's/^/- /'
find / /tmp/ -xdev -type d -name '*pywg*' | sed 's/^/- /'
find /tmp/ -type f -name '*pywg*' -not -path '/tmp/lock/*' | sed 's/^/- /'
"""


class Home:
    """A router, a LAN and a host in it; ``manager`` installs ``packages``."""

    def __init__(
        self,
        lab: Lab,
        isp: Host,
        name: str,
        lower: Path,
        folder: Path,
        manager: Manager,
        packages: list[Package],
    ) -> None:
        self.name = name
        self.isp = isp
        self._manager = manager
        self._packages = packages
        self.private_key = new_key()
        self.public_key = public_key_of(self.private_key)
        host = lab.host(name)
        self.client = lab.host(f"{name}-lan")
        host.wire("eth0", self.client, "eth0")
        self.client.add_address("eth0", f"{LANS[name]}.100/24")
        self.client.add_default_route(f"{LANS[name]}.1")
        for device, network, _ in UPLINKS[name].values():
            far = f"{name}-{device}"
            host.wire(device, isp, far)
            isp.add_address(far, f"{network}.1/24")
            isp.add_address(far, f"{_v6(network)}1/64")
        files = {"etc/config/network": _network(name)}
        self.router = lab.enter_context(Router(host, lower, folder / name, files))
        self.router.run(manager.accept.format(architecture=packages[0].architecture))
        self.bare = self.files()

    def install(self) -> None:
        """Install the packages with the package manager of the router."""
        folder = self.router.root / "root/ours"
        folder.mkdir()
        files = [self._manager.pack(each, folder).name for each in self._packages]
        paths = " ".join(f"/root/ours/{name}" for name in files)
        self.router.run(f"{self._manager.add_files} {paths}")
        shutil.rmtree(folder)
        # netifd looks for protocols when it starts.
        self.router.run("/etc/init.d/network restart")
        assert becomes(lambda: self.is_up("wan") and self.is_up("lan"), 30)

    def remove(self) -> str:
        """Remove the packages in reverse order, and return what that prints."""
        names = " ".join(package.full_name for package in reversed(self._packages))
        return self.router.run(f"{self._manager.remove} {names} 2>&1")

    def files(self) -> dict[str, str]:
        """The digests of the files on the flash, and of our files in tmpfs.

        Those of the package managers are left out.
        """
        lines = self.router.run(LIST_FILES).splitlines()
        pairs = (line.split(None, 1) for line in lines)
        return {path: digest for digest, path in pairs if not MANAGER_FILES.match(path)}

    def is_up(self, interface: str) -> bool:
        return bool(self.status_of(interface).get("up"))

    def status_of(self, interface: str) -> dict[str, object]:
        """The output of ``ifstatus``."""
        return self.router.ubus(f"network.interface.{interface}", "status")

    def status(self) -> dict[str, object]:
        """The status that the daemon reports."""
        return self.router.ubus(f"pywg.{NAME}", "status")

    def peers(self) -> list[dict[str, object]]:
        """The peers in the status of the daemon."""
        found = self.status().get("peers", [])
        assert isinstance(found, list)
        return found

    def peer(self, index: int = 0) -> dict[str, object]:
        """A peer in the status of the daemon; empty if there is none."""
        peers = self.peers()
        return peers[index] if index < len(peers) else {}

    def configure(self, *options: str) -> None:
        """Configure the interface; an option is NAME=VALUE, in a list +NAME=VALUE."""
        base = (
            "proto=pywg",
            f"private_key={self.private_key}",
            f"listen_port={PORT}",
            f"+addresses={INSIDE[self.name]}/24",
        )
        commands = [f"set network.{NAME}=interface"]
        self.router.uci(*commands, *_options(NAME, (*base, *options)))

    def meet(self, section: str, *options: str) -> None:
        """Add a peer."""
        kind = f"pywg_{NAME}"
        self.router.uci(f"set network.{section}={kind}", *_options(section, options))

    def set(self, section: str, *options: str) -> None:
        """Change a section."""
        self.router.uci(*_options(section, options))

    def forget(self, *sections: str) -> None:
        """Delete sections."""
        self.router.uci(*(f"delete network.{section}" for section in sections))

    def restart(self) -> None:
        """Restart the daemon, and wait until it answers."""
        before = self.router.pid(NAME)
        self.router.run(f"ifup {NAME}")
        assert becomes(lambda: self.router.pid(NAME) not in (None, before), 30)
        assert becomes(lambda: bool(self.status()), 30)

    def join_zone(self) -> None:
        """Add the interface to the firewall zone of the LAN."""
        zone = "firewall.@zone[0].network"
        self.router.uci(f"del_list {zone}={NAME}", f"add_list {zone}={NAME}")

    def reaches(self, remote: "Home", seconds: float = 10) -> bool:
        """Whether the host in this LAN reaches the one in the LAN of ``remote``."""
        target = f"{LANS[remote.name]}.100"
        return becomes(lambda: self.client.reaches(target, seconds=1), seconds)

    def log(self) -> str:
        """The log of the router."""
        return self.router.run("logread")


def _options(section: str, options: Iterable[str]) -> list[str]:
    commands = []
    for option in options:
        verb = "add_list" if option.startswith("+") else "set"
        name, _, value = option.lstrip("+").partition("=")
        commands.append(f"{verb} network.{section}.{name}='{value}'")
    return commands


def _v6(network: str) -> str:
    return f"fd{network.split('.')[1]}:{network.split('.')[2]}::"


def _network(name: str) -> str:
    sections = [
        "config interface 'loopback'\n\toption device 'lo'\n\toption proto 'static'\n"
        "\toption ipaddr '127.0.0.1/8'\n",
        "config interface 'lan'\n\toption device 'eth0'\n\toption proto 'static'\n"
        f"\toption ipaddr '{LANS[name]}.1/24'\n",
    ]
    for interface, (device, network, metric) in UPLINKS[name].items():
        sections.append(
            f"config interface '{interface}'\n\toption device '{device}'\n"
            f"\toption proto 'static'\n\toption ipaddr '{network}.2/24'\n"
            f"\toption gateway '{network}.1'\n\toption metric '{metric}'\n"
            f"\toption ip6addr '{_v6(network)}2/64'\n"
            f"\toption ip6gw '{_v6(network)}1'\n"
        )
    return "\n".join(sections)
