"""Two sites, each with a router in a virtual machine, to be connected site to site.

The left router runs pywgd. The right router runs pywgd for one LAN and the WireGuard of
the kernel for a second one; the left site is connected to both.

    192.168.1.0/24 - left (pywgd) - 192.0.2.0/24 - right (pywgd)  - 192.168.2.0/24
                                                 - right (kernel) - 192.168.3.0/24
"""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TypeVar

from nacl.public import PrivateKey

from pywg_embedded.control.keys import to_base64
from qemu.report import Figures
from qemu.router_vm import TIMEOUT, BootFiles, RouterVM

T = TypeVar("T")

LEFT_LAN = "192.168.1"
RIGHT_LANS = {"pywgd": "192.168.2", "kernel": "192.168.3"}
PORTS = {"pywgd": 51820, "kernel": 51821}
IMPLEMENTATIONS = tuple(PORTS)
LEFT_WAN, RIGHT_WAN = "192.0.2.1", "192.0.2.2"
RIGHT_HOST_NAME = "right.test"
# A transfer of LARGE_FILE bytes is interrupted after PAUSE_AT bytes.
LARGE_FILE = 16_000_000
PAUSE_AT = 1_000_000
# Seconds to wait for a connection and for the end of a transfer. They only bound the
# wait after a failure; the time it really takes is a figure of the report.
LINK_TIMEOUT, TRANSFER_TIMEOUT = 180.0, 600.0


class Key:
    """A new key pair in base64."""

    def __init__(self) -> None:
        key = PrivateKey.generate()
        self.private = to_base64(bytes(key))
        self.public = to_base64(bytes(key.public_key))


class TwoSites:
    """The routers of both sites; ``right_address`` is the current WAN address of the
    right one."""

    def __init__(self, files: BootFiles, folder: Path) -> None:
        left, right = folder / "left", folder / "right"
        self.left = RouterVM(files, left, right, 1)
        self.right = RouterVM(files, right, left, 2)
        self.right_address = RIGHT_WAN
        self._installed = self._configured = False
        self._keys = {name: Key() for name in ("left", *IMPLEMENTATIONS)}

    def power_on(self) -> None:
        """Start both machines and configure their networks."""
        run_in_parallel(self.left.power_on, self.right.power_on)
        self.left.call("configure_networks", outside=LEFT_WAN, lans={"lan": LEFT_LAN})
        self.right.call("configure_networks", outside=RIGHT_WAN, lans=RIGHT_LANS)

    def power_off(self) -> None:
        """Kill both machines, whatever state they are in."""
        run_in_parallel(self.left.cut_power, self.right.cut_power)

    def install(self) -> Figures:
        """Install the packages on both routers; return the figures of the right one."""
        _, figures = run_in_parallel(
            lambda: self.left.call("install"), lambda: self.right.call("install")
        )
        run_in_parallel(
            lambda: self.left.call("check_version"),
            lambda: self.right.call("check_version"),
        )
        self._installed = True
        return figures

    def restore(self) -> None:
        """Restart both machines, whatever state they are in, with their first addresses
        and, if they were configured before, with running tunnels."""
        self.power_off()
        self.right_address = RIGHT_WAN
        self.power_on()
        if not self._installed:
            self.install()
        if self._configured:
            self.configure()
            run_in_parallel(self.start_left, self.start_right)

    def configure(self) -> None:
        """Write the UCI configuration of both routers. Only the left one has an
        endpoint, a host name, so that it initiates."""
        self._configured = True
        peers = [
            _peer(
                self._keys[implementation],
                RIGHT_LANS[implementation],
                *_endpoint(PORTS[implementation]),
            )
            for implementation in IMPLEMENTATIONS
        ]
        left = _interface(self._keys["left"], PORTS["pywgd"])
        self.left.call("configure", text=left + "".join(peers))
        right = _interface(self._keys["pywgd"], PORTS["pywgd"])
        peer = _peer(self._keys["left"], LEFT_LAN)
        self.right.call("configure", text=right + peer)

    def start_left(self) -> None:
        """Start pywgd on the left router."""
        self.left.call(
            "set_dns_record", name=RIGHT_HOST_NAME, address=self.right_address
        )
        self.left.call("start_pywgd")

    def start_right(self) -> None:
        """Start pywgd and the WireGuard interface of the kernel on the right router."""
        self.right.call("start_pywgd")
        self.right.call(
            "start_kernel",
            private_key=self._keys["kernel"].private,
            port=PORTS["kernel"],
            peer=self._keys["left"].public,
            allowed_ips=f"{LEFT_LAN}.0/24",
            lan=f"{RIGHT_LANS['kernel']}.0/24",
        )

    def start_left_again(self, outside: str, clock: str = "utc") -> None:
        """Switch on the left machine, configure its network and start pywgd."""
        self.left.power_on(clock)
        self.left.call("configure_networks", outside=outside, lans={"lan": LEFT_LAN})
        self.start_left()

    def restart_right(self) -> None:
        """Restart WireGuard on the right router, so that it has no endpoint for the
        left one."""
        self.right.call("stop_pywgd")
        self.right.call("stop_kernel")
        self.start_right()

    def reach(self, implementation: str) -> Figures:
        """Ping from the left LAN to the right one and then back; return the figures of
        the first direction."""
        ends = (
            (self.left, "lan", RIGHT_LANS[implementation]),
            (self.right, implementation, LEFT_LAN),
        )
        figures, _ = (
            router.call(
                "reach",
                lan=lan,
                address=_host(remote_lan),
                seconds=LINK_TIMEOUT,
                limit=LINK_TIMEOUT + TIMEOUT,
            )
            for router, lan, remote_lan in ends
        )
        return figures

    def send(self, implementation: str, size: int, pause_at: int = 0) -> None:
        """Start a transfer from the left host to the right one. With ``pause_at``, the
        receiver stops reading after so many bytes until ``resume``."""
        self.right.call("receive", lan=implementation, pause_at=pause_at)
        self.left.call(
            "send", lan="lan", address=_host(RIGHT_LANS[implementation]), size=size
        )

    def resume(self, implementation: str) -> None:
        """Make the receiver read the rest of a paused transfer."""
        self.right.call("resume", lan=implementation)

    def finish_transfer(self, implementation: str, size: int) -> Figures:
        """Wait for the end of a transfer and check its content."""
        return self.right.call(
            "finish_transfer",
            lan=implementation,
            size=size,
            seconds=TRANSFER_TIMEOUT,
            limit=TRANSFER_TIMEOUT + TIMEOUT,
        )

    def start_paused_transfers(self) -> None:
        """Start a large transfer to each LAN and wait until it is paused."""
        for implementation in IMPLEMENTATIONS:
            self.send(implementation, LARGE_FILE, PAUSE_AT)
        for implementation in IMPLEMENTATIONS:
            self.right.call("wait_until_received", lan=implementation, size=PAUSE_AT)

    def assert_transfer_is_paused(
        self, implementation: str, action: str, **more: int
    ) -> None:
        """Check that a transfer had not gone on when it was interrupted."""
        arrived = self.right.call(action, lan=implementation, **more)["bytes"]
        assert arrived == PAUSE_AT, f"{arrived} bytes received, expected {PAUSE_AT}"


def run_in_parallel(left: Callable[[], T], right: Callable[[], T]) -> tuple[T, T]:
    """Call two functions in parallel and return both results."""
    with ThreadPoolExecutor() as executor:
        first, second = executor.submit(left), executor.submit(right)
        return first.result(), second.result()


def _interface(key: Key, port: int) -> str:
    return (
        "config interface 'wg0'\n"
        "\toption proto 'pywg'\n"
        f"\toption private_key '{key.private}'\n"
        f"\toption listen_port '{port}'\n"
    )


def _peer(key: Key, lan: str, *more: str) -> str:
    return (
        "config pywg_wg0\n"
        f"\toption public_key '{key.public}'\n"
        f"\tlist allowed_ips '{lan}.0/24'\n"
        "\toption route_allowed_ips '1'\n"
        f"{''.join(more)}"
    )


def _endpoint(port: int) -> tuple[str, str]:
    return (
        f"\toption endpoint_host '{RIGHT_HOST_NAME}'\n",
        f"\toption endpoint_port '{port}'\n",
    )


def _host(lan: str) -> str:
    return f"{lan}.2"
