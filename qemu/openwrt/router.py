"""A router that runs OpenWrt, as its owner would set it up on a console."""

import time

from qemu.openwrt.console import CommandFailed, Console
from qemu.openwrt.package_managers import MANAGERS, Manager
from qemu.two_sites import Key

PORT = 51820
# The second leads to the other router; a host in the LAN is a namespace.
WAN, WIRE = "eth1", "eth2"
HOST = "host"
# What it takes to have such a host.
TOOLS = "ip-full kmod-veth"
FETCHING, STARTING = 900.0, 300.0


class Router:
    """Number 1 or 2; its LAN is 192.168.101.0/24 or 192.168.102.0/24."""

    def __init__(self, console: Console, number: int) -> None:
        self.number = number
        self.lan = f"192.168.{100 + number}"
        self.outside = f"192.0.2.{number}"
        self._console = console

    def start(self, seconds: float) -> None:
        """Wait for its shell, then until there is a way to the packages."""
        self._console.wake(seconds)
        self._uci(
            "set network.wan=interface",
            f"set network.wan.device={WAN}",
            "set network.wan.proto=dhcp",
        )
        self._console.run("reload_config")
        self._becomes("ip route | grep -q ^default", STARTING)

    def manager(self) -> Manager:
        """The package manager that it has."""
        found = self._console.run("basename $(command -v apk || command -v opkg)")
        return MANAGERS[found.strip()]

    def install(self, manager: Manager, feed: str, key: str) -> None:
        """Trust the key, a file of the feed, and install from there what is needed."""
        run = self._console.run
        run(f"wget -q -O {manager.keys}/{key} {feed}/{key}")
        run(f"echo '{manager.line.format(feed=feed)}' >>{manager.feeds}")
        run(f"{manager.program} update", FETCHING)
        run(f"{manager.program} {manager.install} {TOOLS} pywg-embedded", FETCHING)
        run("pywgd --version")

    def set_up_networks(self) -> None:
        """The LAN with a host in it, and the wire to the other router."""
        section = "network.wire"
        self._uci(
            f"set network.lan.ipaddr={self.lan}.1",
            "set network.lan.netmask=255.255.255.0",
            f"set {section}=interface",
            f"set {section}.proto=static",
            f"set {section}.device={WIRE}",
            f"set {section}.ipaddr={self.outside}",
            f"set {section}.netmask=255.255.255.0",
            "add_list firewall.@zone[0].network=wire",
            "add_list firewall.@zone[0].network=home",
        )
        self._console.run("/etc/init.d/firewall restart", STARTING)
        # netifd looks for protocols when it starts.
        self._console.run("/etc/init.d/network restart", STARTING)
        self._becomes(f"ip address | grep -q '{self.outside}/24'", STARTING)
        self._becomes(f"ip address | grep -q '{self.lan}.1/24'", STARTING)
        self._add_host()

    def set_up_link(self, own: Key, other: "Router", key: Key) -> None:
        """An interface of ours with the other router as its peer."""
        peer = "network.@pywg_home[-1]"
        self._uci(
            "set network.home=interface",
            "set network.home.proto=pywg",
            f"set network.home.private_key={own.private}",
            f"set network.home.listen_port={PORT}",
            "add network pywg_home",
            f"set {peer}.public_key={key.public}",
            f"set {peer}.endpoint_host={other.outside}",
            f"add_list {peer}.allowed_ips={other.lan}.0/24",
            f"set {peer}.route_allowed_ips=1",
        )
        self._console.run("reload_config; ifup home", STARTING)
        self._becomes("ifstatus home | grep -q '\"up\": true'", STARTING)

    def reach(self, other: "Router") -> None:
        """The host in the LAN has an answer from the one in the other LAN."""
        ping = f"ping -c 1 -W 2 {other.lan}.2"
        self._becomes(f"ip netns exec {HOST} {ping} >/dev/null", STARTING)

    def _add_host(self) -> None:
        device = self._console.run("uci get network.lan.device").strip()
        inside = f"ip -n {HOST}"
        for command in (
            f"ip netns add {HOST}",
            f"ip link add {HOST} type veth peer name eth0 netns {HOST}",
            f"ip link set {HOST} master {device} up",
            f"{inside} address add {self.lan}.2/24 dev eth0",
            f"{inside} link set eth0 up",
            f"{inside} route add default via {self.lan}.1",
        ):
            self._console.run(command)

    def _uci(self, *commands: str) -> None:
        for command in commands:
            self._console.run(f"uci -q {command}")
        self._console.run("uci commit")

    def _becomes(self, condition: str, seconds: float) -> None:
        """Wait until a command succeeds."""
        until = time.monotonic() + seconds
        while True:
            try:
                self._console.run(condition)
                return
            except CommandFailed:
                if time.monotonic() > until:
                    raise
                time.sleep(1)


def link(first: Router, second: Router) -> None:
    """Set up both, each with the other as its peer."""
    key, other = Key(), Key()
    for router in (first, second):
        router.set_up_networks()
    first.set_up_link(key, second, other)
    second.set_up_link(other, first, key)
