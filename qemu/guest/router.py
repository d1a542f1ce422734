"""What a home's router can be told to do: each public method is an action.

The machine is the router. A LAN is a namespace with one host in it, wired to the
router; LAN, namespace and interface have the same name. An action raises if it cannot
be done, and returns figures if there are any.
"""

import os
import subprocess
import time
from functools import partial
from pathlib import Path
from subprocess import PIPE, Popen

from qemu.guest import transfer
from qemu.guest.nameserver import NameServer
from qemu.guest.shell import eventually, run
from qemu.report import Figures

WAN = "eth0"
CONFIGURATION = Path("/etc/config/network")
INTERFACE = "home"
KERNEL_INTERFACE = "stock"
# Of the routes that go by where a packet comes from.
TABLE = "100"
PACKAGES = Path("/packages")


class Router:
    """The machine that this runs on."""

    def __init__(self) -> None:
        run("ip", "link", "set", "lo", "up")
        Path("/proc/sys/net/ipv4/ip_forward").write_text("1")
        self._names = NameServer()
        self._receivers: dict[str, Popen[str]] = {}

    def set_up(self, outside: str, lans: dict[str, str]) -> None:
        """Give the WAN its address, and each LAN its network, as in 192.168.1."""
        run("ip", "address", "add", f"{outside}/24", "dev", WAN)
        run("ip", "link", "set", WAN, "up")
        for lan, network in lans.items():
            _add_lan(lan, network)

    def move(self, old: str, new: str) -> None:
        """Replace the WAN's address."""
        run("ip", "address", "delete", f"{old}/24", "dev", WAN)
        run("ip", "address", "add", f"{new}/24", "dev", WAN)

    def install(self) -> Figures:
        """Install our packages."""
        run("/qemu/guest/install")
        sizes = [path.stat().st_size for path in PACKAGES.iterdir()]
        return {"kB in packages": sum(sizes) // 1000}

    def tell_version(self) -> None:
        """The program that the package brought says what it is."""
        assert run("pywgd", "--version").startswith("pywgd ")

    def configure(self, text: str) -> None:
        """Write ``text`` to where OpenWrt keeps the network's configuration."""
        CONFIGURATION.parent.mkdir(exist_ok=True)
        CONFIGURATION.write_text(text)

    def start_pywgd(self) -> None:
        """Start it as netifd does, in foreground, and wait until it is ready."""
        command = ("pywgd", "--foreground", "--uci", INTERFACE)
        # Its words go to the console.
        self._daemon = Popen(command, env={**os.environ, "LOG_LEVEL": "verbose"})
        eventually(_pywgd_is_ready, "pywgd is ready")

    def stop_pywgd(self) -> None:
        """Ask it to end."""
        self._daemon.terminate()
        assert self._daemon.wait() == 0, "pywgd did not end well"

    def kill_pywgd(self) -> None:
        """End it with -9."""
        self._daemon.kill()
        self._daemon.wait()

    def start_kernel(
        self, private_key: str, port: int, peer: str, allowed_ips: str, lan: str
    ) -> None:
        """An interface of the kernel's WireGuard, for what comes from ``lan``, a
        network."""
        run("ip", "link", "add", KERNEL_INTERFACE, "type", "wireguard")
        own = ("private-key", "/proc/self/fd/0", "listen-port", str(port))
        other = ("peer", peer, "allowed-ips", allowed_ips)
        run("wg", "set", KERNEL_INTERFACE, *own, *other, text=private_key)
        run("ip", "link", "set", KERNEL_INTERFACE, "up")
        route = (allowed_ips, "dev", KERNEL_INTERFACE, "table", TABLE)
        run("ip", "route", "add", *route)
        run("ip", "rule", "add", "from", lan, "table", TABLE)

    def stop_kernel(self) -> None:
        """Remove that interface."""
        run("ip", "link", "delete", KERNEL_INTERFACE)
        run("ip", "rule", "delete", "table", TABLE)

    def reach(self, lan: str, address: str, seconds: float) -> Figures:
        """Ping from the host in ``lan`` until it is answered, for ``seconds`` at most;
        how long that took."""
        start = time.monotonic()
        while not _is_answered(lan, address):
            waited = time.monotonic() - start
            assert waited < seconds, f"{address} has not answered {lan} in {waited:g} s"
        return {"s waited": round(time.monotonic() - start, 1)}

    def receive(self, lan: str, pause_at: int = 0) -> None:
        """Have the host in ``lan`` wait for a transfer; it stops reading after
        ``pause_at`` bytes, if given, until ``resume``."""
        path = _arrived(lan)
        path.unlink(missing_ok=True)
        command = _inside(lan, *transfer.COMMAND, "receive", str(path), str(pause_at))
        self._receivers[lan] = Popen(command, stdin=PIPE, stdout=PIPE, text=True)
        inside = partial(run, *_inside(lan))
        eventually(lambda: transfer.is_awaited(inside), "the receiver listens")

    def send(self, lan: str, address: str, size: int) -> None:
        """Have the host in ``lan`` send so many bytes, without waiting for the end."""
        Popen(_inside(lan, *transfer.COMMAND, "send", address, str(size)))

    def resume(self, lan: str) -> None:
        """Have the paused receiver in ``lan`` read the rest."""
        stdin = self._receivers[lan].stdin
        assert stdin
        stdin.write("\n")
        stdin.flush()

    def wait_until_received(self, lan: str, size: int) -> Figures:
        """Wait until at least ``size`` bytes have arrived; how many it is."""
        eventually(lambda: _size(lan) >= size, f"{size} bytes arrive")
        return {"bytes": _size(lan)}

    def complete(self, lan: str, size: int, seconds: float) -> Figures:
        """Wait for the end of a transfer of ``size`` bytes; its speed."""
        receiver = self._receivers.pop(lan)
        try:
            printed, _ = receiver.communicate(timeout=seconds)
        finally:
            receiver.kill()
        transfer.assert_complete(_arrived(lan), size)
        return {"Mbit/s": round(size * 8e-6 / float(printed), 1)}

    def give_up(self, lan: str) -> Figures:
        """End a transfer that cannot be completed; how many bytes had arrived."""
        receiver = self._receivers.pop(lan)
        receiver.kill()
        receiver.wait()
        return {"bytes": _size(lan)}

    def set_name(self, name: str, address: str) -> None:
        """From now on, ``name`` leads to ``address``."""
        self._names.records[name] = [address]

    def tell_year(self) -> Figures:
        """The year, by the machine's clock."""
        return {"year": time.gmtime().tm_year}

    def power_off(self) -> None:
        """Write to disk what is to be kept, and end."""
        run("busybox", "sync")
        Popen(("busybox", "poweroff", "-f"))


def _inside(lan: str, *command: str) -> tuple[str, ...]:
    return ("ip", "netns", "exec", lan, *command)


def _add_lan(lan: str, network: str) -> None:
    run("ip", "netns", "add", lan)
    run("ip", "link", "add", lan, "type", "veth", "peer", "name", lan, "netns", lan)
    run("ip", "address", "add", f"{network}.1/24", "dev", lan)
    run("ip", "link", "set", lan, "up")
    inside = f"""\
        link set lo up
        link set {lan} up
        address add {network}.2/24 dev {lan}
        route add default via {network}.1
    """
    run("ip", "-n", lan, "-batch", "-", text=inside)


def _pywgd_is_ready() -> bool:
    asked = subprocess.run(("wg", "show", INTERFACE), capture_output=True)
    return asked.returncode == 0


def _is_answered(lan: str, address: str) -> bool:
    command = _inside(lan, "ping", "-q", "-c", "1", "-W", "1", address)
    return subprocess.run(command, capture_output=True).returncode == 0


def _arrived(lan: str) -> Path:
    return Path("/tmp", lan)


def _size(lan: str) -> int:
    path = _arrived(lan)
    return path.stat().st_size if path.exists() else 0
