"""Set up a router that runs OpenWrt through commands on its console."""

import time

from qemu.openwrt.console import CommandFailed, Console
from qemu.openwrt.package_managers import MANAGERS, Manager
from qemu.two_sites import Key

PORT = 51820
# The internet, and the cable to the other router; the LAN host is a namespace.
WAN, CABLE = "eth1", "eth2"
HOST = "host"
# The packages that such a namespace needs.
TOOLS = "ip-full kmod-veth"
FETCHING, STARTING = 900.0, 300.0


class Router:
    """Router 1 or 2, with the LAN 192.168.101.0/24 or 192.168.102.0/24."""

    def __init__(self, console: Console, router_id: int) -> None:
        self.router_id = router_id
        self.lan = f"192.168.{100 + router_id}"
        self.outside = f"192.0.2.{router_id}"
        self._console = console

    def start(self, seconds: float) -> None:
        """Wait for the shell, configure the WAN, and wait for a default route."""
        self._console.activate(seconds)
        self._uci(
            "set network.wan=interface",
            f"set network.wan.device={WAN}",
            "set network.wan.proto=dhcp",
        )
        self._console.run("reload_config")
        self._wait_until("ip route | grep -q ^default", STARTING)

    def manager(self) -> Manager:
        """Return the package manager of the router."""
        found = self._console.run("basename $(command -v apk || command -v opkg)")
        return MANAGERS[found.strip()]

    def install(self, manager: Manager, feed: str, key: str) -> None:
        """Add the feed and its key, and install our packages and TOOLS."""
        run = self._console.run
        run(f"wget -q -O {manager.keys}/{key} {feed}/{key}")
        run(f"echo '{manager.line.format(feed=feed)}' >>{manager.feeds}")
        run(f"{manager.program} update", FETCHING)
        run(f"{manager.program} {manager.install} {TOOLS} pywg-embedded", FETCHING)
        run("pywgd --version")

    def set_up_networks(self) -> None:
        """Configure the LAN with a host in it, and the cable to the other router."""
        section = "network.cable"
        self._uci(
            f"set network.lan.ipaddr={self.lan}.1",
            "set network.lan.netmask=255.255.255.0",
            f"set {section}=interface",
            f"set {section}.proto=static",
            f"set {section}.device={CABLE}",
            f"set {section}.ipaddr={self.outside}",
            f"set {section}.netmask=255.255.255.0",
            "add_list firewall.@zone[0].network=cable",
            "add_list firewall.@zone[0].network=wg0",
        )
        self._console.run("/etc/init.d/firewall restart", STARTING)
        # netifd reads the protocol handlers when it starts.
        self._console.run("/etc/init.d/network restart", STARTING)
        self._wait_until(f"ip address | grep -q '{self.outside}/24'", STARTING)
        self._wait_until(f"ip address | grep -q '{self.lan}.1/24'", STARTING)
        self._add_host()

    def set_up_link(self, own_key: Key, remote: "Router", remote_key: Key) -> None:
        """Configure a pywg interface with ``remote`` as its peer."""
        peer = "network.@pywg_wg0[-1]"
        self._uci(
            "set network.wg0=interface",
            "set network.wg0.proto=pywg",
            f"set network.wg0.private_key={own_key.private}",
            f"set network.wg0.listen_port={PORT}",
            "add network pywg_wg0",
            f"set {peer}.public_key={remote_key.public}",
            f"set {peer}.endpoint_host={remote.outside}",
            f"add_list {peer}.allowed_ips={remote.lan}.0/24",
            f"set {peer}.route_allowed_ips=1",
        )
        self._console.run("reload_config; ifup wg0", STARTING)
        self._wait_until("ifstatus wg0 | grep -q '\"up\": true'", STARTING)

    def reach(self, remote: "Router") -> None:
        """Ping from the LAN host to the one of ``remote`` until a reply arrives."""
        ping = f"ping -c 1 -W 2 {remote.lan}.2"
        self._wait_until(f"ip netns exec {HOST} {ping} >/dev/null", STARTING)

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

    def _wait_until(self, condition: str, seconds: float) -> None:
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
    """Set up both routers, each as the peer of the other."""
    first_key, second_key = Key(), Key()
    for router in (first, second):
        router.set_up_networks()
    first.set_up_link(first_key, second, second_key)
    second.set_up_link(second_key, first, first_key)
