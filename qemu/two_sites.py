"""Two homes, a machine each, that can be linked site to site.

The left home's router is ours. The right home has two networks, one behind a router of
ours, one behind the kernel's WireGuard; the left home is to be linked with both.

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
from qemu.router_vm import PATIENCE, Files, Home

T = TypeVar("T")

LEFT_LAN = "192.168.1"
RIGHT_LANS = {"pywgd": "192.168.2", "kernel": "192.168.3"}
PORTS = {"pywgd": 51820, "kernel": 51821}
KINDS = tuple(PORTS)
LEFT, RIGHT = "192.0.2.1", "192.0.2.2"
NAME = "right.test"
# Enough for something to happen in the middle of it.
LARGE_SIZE = 16_000_000
MIDDLE = 1_000_000
# Seconds to wait for a link, and for the end of a transfer. They bound the wait for
# what will not come; how long it takes depends on the machine, and is a figure.
LINK_TIMEOUT, TRANSFER_TIMEOUT = 180.0, 600.0


class Key:
    """A key pair, as text."""

    def __init__(self) -> None:
        key = PrivateKey.generate()
        self.private = to_base64(bytes(key))
        self.public = to_base64(bytes(key.public_key))


class Homes:
    """The two machines and what they are told; ``right_address`` may change."""

    def __init__(self, files: Files, folder: Path) -> None:
        left, right = folder / "left", folder / "right"
        self.left = Home(files, left, right, 1)
        self.right = Home(files, right, left, 2)
        self.right_address = RIGHT
        self._installed = False
        self._keys = {name: Key() for name in ("left", *KINDS)}

    def power_on(self) -> None:
        both(self.left.power_on, self.right.power_on)
        self.left.do("set_up", outside=LEFT, lans={"lan": LEFT_LAN})
        self.right.do("set_up", outside=RIGHT, lans=RIGHT_LANS)

    def power_off(self) -> None:
        """End both machines, however they are."""
        both(self.left.cut_power, self.right.cut_power)

    def install(self) -> Figures:
        _, figures = both(
            lambda: self.left.do("install"), lambda: self.right.do("install")
        )
        both(
            lambda: self.left.do("tell_version"), lambda: self.right.do("tell_version")
        )
        self._installed = True
        return figures

    def restore(self) -> None:
        """Bring both homes to a known state, whatever state they are in: machines
        that have just started, the first addresses, both links configured."""
        self.power_off()
        self.right_address = RIGHT
        self.power_on()
        if not self._installed:
            self.install()
        self.configure()
        both(self.start_left, self.start_right)

    def configure(self) -> None:
        """Write what pywgd reads: the left home knows where the right one is, by
        name; the right one waits to be spoken to."""
        peers = [
            _peer(self._keys[kind], RIGHT_LANS[kind], *_endpoint(PORTS[kind]))
            for kind in KINDS
        ]
        left = _interface(self._keys["left"], PORTS["pywgd"])
        self.left.do("configure", text=left + "".join(peers))
        right = _interface(self._keys["pywgd"], PORTS["pywgd"])
        peer = _peer(self._keys["left"], LEFT_LAN)
        self.right.do("configure", text=right + peer)

    def start_left(self) -> None:
        self.left.do("set_name", name=NAME, address=self.right_address)
        self.left.do("start_pywgd")

    def start_right(self) -> None:
        self.right.do("start_pywgd")
        self.right.do(
            "start_kernel",
            private_key=self._keys["kernel"].private,
            port=PORTS["kernel"],
            peer=self._keys["left"].public,
            allowed_ips=f"{LEFT_LAN}.0/24",
            lan=f"{RIGHT_LANS['kernel']}.0/24",
        )

    def start_left_again(self, outside: str, clock: str = "utc") -> None:
        """Switch the left machine on, and have it do what a router does by itself."""
        self.left.power_on(clock)
        self.left.do("set_up", outside=outside, lans={"lan": LEFT_LAN})
        self.start_left()

    def restart_right(self) -> None:
        """What the right home knew of where the left one is, it has forgotten."""
        self.right.do("stop_pywgd")
        self.right.do("stop_kernel")
        self.start_right()

    def reach(self, kind: str) -> Figures:
        """Host in one LAN to host in the other; the left one begins."""
        ends = (self.left, "lan", RIGHT_LANS[kind]), (self.right, kind, LEFT_LAN)
        figures, _ = (
            home.do(
                "reach",
                lan=lan,
                address=_host(other),
                seconds=LINK_TIMEOUT,
                limit=LINK_TIMEOUT + PATIENCE,
            )
            for home, lan, other in ends
        )
        return figures

    def send(self, kind: str, size: int, pause_at: int = 0) -> None:
        """Have the left host send to the right one, without waiting for the end; the
        right one reads up to ``pause_at``, if given, until ``resume``."""
        self.right.do("receive", lan=kind, pause_at=pause_at)
        self.left.do("send", lan="lan", address=_host(RIGHT_LANS[kind]), size=size)

    def resume(self, kind: str) -> None:
        """Have the right host read the rest of a transfer."""
        self.right.do("resume", lan=kind)

    def complete(self, kind: str, size: int) -> Figures:
        """Wait until it has arrived."""
        return self.right.do(
            "complete",
            lan=kind,
            size=size,
            seconds=TRANSFER_TIMEOUT,
            limit=TRANSFER_TIMEOUT + PATIENCE,
        )

    def send_until_the_middle(self) -> None:
        """Be in the middle of a large transfer to each, which goes no further before
        ``resume``."""
        for kind in KINDS:
            self.send(kind, LARGE_SIZE, MIDDLE)
        for kind in KINDS:
            self.right.do("wait_until_received", lan=kind, size=MIDDLE)

    def assert_in_the_middle(self, kind: str, action: str, **more: int) -> None:
        """The transfer was not over when it was interrupted."""
        arrived = self.right.do(action, lan=kind, **more)["bytes"]
        assert arrived == MIDDLE, f"{arrived} bytes had arrived"


def both(left: Callable[[], T], right: Callable[[], T]) -> tuple[T, T]:
    """Do both at the same time."""
    with ThreadPoolExecutor() as executor:
        first, second = executor.submit(left), executor.submit(right)
        return first.result(), second.result()


def _interface(key: Key, port: int) -> str:
    return (
        "config interface 'home'\n"
        "\toption proto 'pywg'\n"
        f"\toption private_key '{key.private}'\n"
        f"\toption listen_port '{port}'\n"
    )


def _peer(key: Key, lan: str, *more: str) -> str:
    return (
        "config pywg_home\n"
        f"\toption public_key '{key.public}'\n"
        f"\tlist allowed_ips '{lan}.0/24'\n"
        "\toption route_allowed_ips '1'\n"
        f"{''.join(more)}"
    )


def _endpoint(port: int) -> tuple[str, str]:
    return f"\toption endpoint_host '{NAME}'\n", f"\toption endpoint_port '{port}'\n"


def _host(lan: str) -> str:
    return f"{lan}.2"
