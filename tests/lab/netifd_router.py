"""A router under netifd: ``pywgd --netifd``, with a ubusd and a netifd of the lab."""

import itertools
import subprocess
import sys
from pathlib import Path

from tests.daemon.pywgd import environment

from .topology import INSIDE, OUTSIDE, WIRE, Lab
from .ubusd import Ubusd, path_for
from .uci_router import UciRouter
from .wait import becomes
from .wireguard import PORT, WireGuard, answers

OFFICE_ADDRESS = "10.0.0.2"
UPLINK = {
    "interface": "wan",
    "up": True,
    "l3_device": WIRE,
    "ipv4-address": [{"address": OUTSIDE[0][4], "mask": 24}],
    "route": [{"target": "0.0.0.0", "mask": 0, "nexthop": OUTSIDE[1][4]}],
}


class NetifdRouter(UciRouter):
    """``pywgd --netifd`` with a ubusd and a netifd of the lab."""

    def __init__(self, lab: Lab, folder: Path) -> None:
        left, right = lab.wired_pair()
        super().__init__(left, folder)
        self.ubusd = lab.enter_context(Ubusd(path_for(folder)))
        self.ubusd.objects["network.interface"] = lambda method, _: (
            {"interface": [UPLINK]} if method == "dump" else {}
        )
        self.office = lab.enter_context(
            WireGuard(right, "pywgd", INSIDE[1], OUTSIDE[1])
        )
        self.office.set("peer", self.public_key, "allowed-ips", "10.0.0.1")
        self.peers.append(
            [
                f"option public_key '{self.office.public_key}'",
                f"option endpoint_host '{OUTSIDE[1][4]}'",
                f"option endpoint_port '{PORT}'",
                f"option allowed_ips '{OFFICE_ADDRESS}'",
            ]
        )
        self._routes = itertools.count(1)

    def start(self) -> "subprocess.Popen[str]":
        """Start the daemon, and configure the interface as netifd does."""
        self.write()
        folder = self.file.parent
        with self._log.open("a") as log:
            daemon = self.host.start(
                *(sys.executable, "-m", "tests.lab.netifd_daemon"),
                *(str(self.ubusd.path), str(folder / "run")),
                *("-f", "--netifd", "--state", str(folder), self.name),
                env=environment(UCI_CONFIG_DIR=str(folder), LOG_LEVEL="verbose"),
                stderr=log,
            )
        self.daemon = daemon
        assert becomes(lambda: answers(self.name) or daemon.poll() is not None)
        assert becomes(lambda: "notify_proto" in self.calls()), self.said()
        self.host.add_address(self.name, INSIDE[0][0])
        self.host.up(self.name)
        assert self.is_connected()
        assert self.object() in self.ubusd.offered
        return daemon

    def object(self) -> str:
        """Return the path of the daemon's object."""
        return f"pywg.{self.name}"

    def calls(self) -> list[str]:
        """Return the methods of netifd that were called."""
        return [method for _, method, _ in self.ubusd.calls]

    def is_connected(self) -> bool:
        """Return whether the office answers through the tunnel."""
        return self.host.reaches(OFFICE_ADDRESS)

    def change_routes(self) -> None:
        """Add a route, after which the daemon asks netifd for its interfaces."""
        self.host.add_route(f"198.51.100.{next(self._routes)}/32", device=WIRE)
