"""The router inside a virtual machine; each public method is an action of the agent.

Each LAN is a network namespace with one host, connected to the router by a veth pair.
The LAN, the namespace and the interface have the same name. An action raises an
exception if it fails, and may return figures.
"""

import os
import socket
import subprocess
import time
from functools import partial
from pathlib import Path
from subprocess import PIPE, Popen

from qemu.guest import transfer
from qemu.guest.nameserver import NameServer
from qemu.guest.shell import run, wait_until
from qemu.report import Figures

WAN = "eth0"
CONFIGURATION = Path("/etc/config/network")
INTERFACE = "wg0"
KERNEL_INTERFACE = "stock"
# The routing table for packets from one LAN.
TABLE = "100"
PACKAGES = Path("/packages")


class Router:
    """The machine that this code runs on."""

    def __init__(self) -> None:
        run("ip", "link", "set", "lo", "up")
        Path("/proc/sys/net/ipv4/ip_forward").write_text("1")
        self._names = NameServer()
        self._receivers: dict[str, Popen[str]] = {}

    def configure_networks(self, outside: str, lans: dict[str, str]) -> None:
        """Add the WAN address, and a LAN for each name and /24 prefix ("192.168.1")."""
        run("ip", "address", "add", f"{outside}/24", "dev", WAN)
        run("ip", "link", "set", WAN, "up")
        for lan, network in lans.items():
            _add_lan(lan, network)

    def change_wan_address(self, old: str, new: str) -> None:
        """Replace the WAN address."""
        run("ip", "address", "delete", f"{old}/24", "dev", WAN)
        run("ip", "address", "add", f"{new}/24", "dev", WAN)

    def install(self) -> Figures:
        """Install the OpenWrt packages."""
        run("/qemu/guest/install")
        # The machine may be killed at any time.
        run("busybox", "sync")
        sizes = [path.stat().st_size for path in PACKAGES.iterdir()]
        return {"kB in packages": sum(sizes) // 1000}

    def check_version(self) -> None:
        """Check that the installed pywgd prints its version."""
        assert run("pywgd", "--version").startswith("pywgd ")

    def configure(self, text: str) -> None:
        """Write ``text`` to /etc/config/network."""
        CONFIGURATION.parent.mkdir(exist_ok=True)
        CONFIGURATION.write_text(text)
        run("busybox", "sync")

    def start_pywgd(self) -> None:
        """Start pywgd in the foreground, as netifd does, and wait until it is ready."""
        command = ("pywgd", "--foreground", "--uci", INTERFACE)
        # Its log goes to the console.
        self._daemon = Popen(command, env={**os.environ, "LOG_LEVEL": "verbose"})
        wait_until(_pywgd_is_ready, "pywgd is ready")

    def stop_pywgd(self) -> None:
        """Stop pywgd with SIGTERM."""
        self._daemon.terminate()
        assert self._daemon.wait() == 0, "pywgd exited with an error"

    def kill_pywgd(self) -> None:
        """Kill pywgd with SIGKILL."""
        self._daemon.kill()
        self._daemon.wait()

    def start_kernel(
        self, private_key: str, port: int, peer: str, allowed_ips: str, lan: str
    ) -> None:
        """Create a kernel WireGuard interface for the packets of ``lan``, a prefix."""
        run("ip", "link", "add", KERNEL_INTERFACE, "type", "wireguard")
        own = ("private-key", "/proc/self/fd/0", "listen-port", str(port))
        peer_options = ("peer", peer, "allowed-ips", allowed_ips)
        run("wg", "set", KERNEL_INTERFACE, *own, *peer_options, text=private_key)
        run("ip", "link", "set", KERNEL_INTERFACE, "up")
        route = (allowed_ips, "dev", KERNEL_INTERFACE, "table", TABLE)
        run("ip", "route", "add", *route)
        run("ip", "rule", "add", "from", lan, "table", TABLE)

    def stop_kernel(self) -> None:
        """Remove the kernel WireGuard interface and its routes."""
        run("ip", "link", "delete", KERNEL_INTERFACE)
        run("ip", "rule", "delete", "table", TABLE)

    def reach(self, lan: str, address: str, seconds: float) -> Figures:
        """Ping from the host in ``lan`` until a reply arrives, for up to ``seconds``;
        return how long that took."""
        start = time.monotonic()
        while not _is_answered(lan, address):
            waited = time.monotonic() - start
            assert waited < seconds, (
                f"no reply from {address} to {lan} within {waited:g} s"
            )
        return {"s waited": round(time.monotonic() - start, 1)}

    def receive(self, lan: str, pause_at: int = 0) -> None:
        """Start a receiver on the host in ``lan``. With ``pause_at``, it stops reading
        after so many bytes until ``resume``."""
        path = _arrived(lan)
        path.unlink(missing_ok=True)
        command = _inside(lan, *transfer.COMMAND, "receive", str(path), str(pause_at))
        self._receivers[lan] = Popen(command, stdin=PIPE, stdout=PIPE, text=True)
        inside = partial(run, *_inside(lan))
        wait_until(lambda: transfer.is_listening(inside), "the receiver listens")

    def send(self, lan: str, address: str, size: int) -> None:
        """Start to send ``size`` bytes from the host in ``lan``; do not wait."""
        Popen(_inside(lan, *transfer.COMMAND, "send", address, str(size)))

    def resume(self, lan: str) -> None:
        """Make the paused receiver in ``lan`` read the rest."""
        stdin = self._receivers[lan].stdin
        assert stdin
        stdin.write("\n")
        stdin.flush()

    def wait_until_received(self, lan: str, size: int) -> Figures:
        """Wait until at least ``size`` bytes have arrived; return the number."""
        wait_until(lambda: _size(lan) >= size, f"receive {size} bytes")
        return {"bytes": _size(lan)}

    def finish_transfer(self, lan: str, size: int, seconds: float) -> Figures:
        """Wait for the end of a transfer, check its content, and return its speed."""
        receiver = self._receivers.pop(lan)
        try:
            printed, _ = receiver.communicate(timeout=seconds)
        finally:
            receiver.kill()
        transfer.assert_complete(_arrived(lan), size)
        return {"Mbit/s": round(size * 8e-6 / float(printed), 1)}

    def abort_transfer(self, lan: str) -> Figures:
        """Kill the receiver; return how many bytes had arrived."""
        receiver = self._receivers.pop(lan)
        receiver.kill()
        receiver.wait()
        return {"bytes": _size(lan)}

    def set_dns_record(self, name: str, address: str) -> None:
        """Make the DNS server resolve ``name`` to ``address``."""
        self._names.records[name] = [address]

    def get_year(self) -> Figures:
        """Return the year of the system clock."""
        return {"year": time.gmtime().tm_year}

    def power_off(self) -> None:
        """Sync the disk and shut down."""
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
    # Not with wg(8): it removes a socket that refuses connections, as one does that is
    # bound and does not listen yet.
    with socket.socket(socket.AF_UNIX) as uapi:
        try:
            uapi.connect(f"/var/run/wireguard/{INTERFACE}.sock")
            uapi.sendall(b"get=1\n\n")
            return bool(uapi.recv(1))
        except OSError:
            return False


def _is_answered(lan: str, address: str) -> bool:
    command = _inside(lan, "ping", "-q", "-c", "1", "-W", "1", address)
    return subprocess.run(command, capture_output=True).returncode == 0


def _arrived(lan: str) -> Path:
    return Path("/tmp", lan)


def _size(lan: str) -> int:
    path = _arrived(lan)
    return path.stat().st_size if path.exists() else 0
