"""Two virtual machines that boot an OpenWrt image, and a feed of our packages."""

import functools
import http.server
import socket
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from qemu import image, tools
from qemu.architectures import ARM64, ARMHF, Architecture
from qemu.openwrt.console import Console
from qemu.openwrt.package_managers import Manager
from qemu.openwrt.router import Router, link

# Offset and magic number of the kernel image, and the OpenWrt architecture.
KERNELS = {
    ARM64: (56, b"ARM\x64", "aarch64_generic"),
    ARMHF: (36, b"\x18\x28\x6f\x01", "arm_cortex-a15_neon-vfpv4"),
}
BOOT = 900.0
# Seconds until QEMU connects its console.
TIMEOUT = 120.0
# The address of this machine in the user network of QEMU.
HOST_ADDRESS = "10.0.2.2"
HARDWARE = (
    "-machine virt,highmem=off -accel tcg,thread=multi -smp 1 -m 512 "
    "-nodefaults -no-user-config -no-reboot -display none "
    "-chardev socket,id=console,path={folder}/console{vm_id} "
    "-serial chardev:console "
    # In the order of eth0 (the LAN), eth1 (the WAN) and eth2 (the other router).
    "-netdev dgram,id=lan,local.type=unix,local.path={folder}/lan{vm_id},"
    "remote.type=unix,remote.path={folder}/unused "
    "-device virtio-net-pci,netdev=lan,addr=2,romfile= "
    "-netdev user,id=wan -device virtio-net-pci,netdev=wan,addr=3,romfile= "
    "-netdev dgram,id=link,local.type=unix,local.path={folder}/link{vm_id},"
    "remote.type=unix,remote.path={folder}/link{other_id} "
    "-device virtio-net-pci,netdev=link,addr=4,romfile=,"
    "mac=52:54:00:00:01:{vm_id:02x}"
)


class UnknownImage(Exception):
    """The file is not a supported OpenWrt image."""


def run(path: Path) -> None:
    """Install on two routers and connect them; print a line per completed step."""
    architecture, name = recognize(path)
    with tempfile.TemporaryDirectory() as directory, ExitStack() as stack:
        start = functools.partial(machine, architecture, path, Path(directory))
        first, second = (
            Router(stack.enter_context(start(router_id)), router_id)
            for router_id in (1, 2)
        )
        for router in (first, second):
            router.start(BOOT)
        manager = first.manager()
        key, port = stack.enter_context(our_feed(manager, name))
        for router in (first, second):
            router.install(manager, f"http://{HOST_ADDRESS}:{port}", key)
            print(
                f"ok     router {router.router_id} has installed the packages",
                flush=True,
            )
        link(first, second)
        for local, remote in ((first, second), (second, first)):
            local.reach(remote)
            print(
                f"ok     site {local.router_id} reaches site {remote.router_id}",
                flush=True,
            )


def recognize(path: Path) -> tuple[Architecture, str]:
    """Return the architecture of an image, and the name of its packages' architecture.

    Raises:
        UnknownImage: the file is not a supported image.
    """
    with path.open("rb") as file:
        head = file.read(64)
    for architecture, (offset, magic, name) in KERNELS.items():
        if head[offset:].startswith(magic):
            return architecture, name
    raise UnknownImage(f"{path} is not a ...-armsr-...-initramfs-kernel.bin image")


@contextmanager
def our_feed(manager: Manager, architecture: str) -> Iterator[tuple[str, int]]:
    """Serve our packages over HTTP; yield the file name of their key and the port."""
    build = ("-m", "package.builder", manager.goal, architecture)
    subprocess.run((sys.executable, *build), cwd=image.CHECKOUT, check=True)
    folder = image.CHECKOUT / manager.folder / architecture
    (key,) = (path.name for path in folder.glob(manager.key))
    handler = functools.partial(_Files, directory=str(folder))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield key, server.server_port
        server.shutdown()


class _Files(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *_: object) -> None:
        """Do not log requests."""


@contextmanager
def machine(
    architecture: Architecture, kernel: Path, folder: Path, vm_id: int
) -> Iterator[Console]:
    """Run machine 1 or 2 within ``with``; both use the same ``folder``."""
    console = folder / f"console{vm_id}"
    hardware = HARDWARE.format(folder=folder, vm_id=vm_id, other_id=3 - vm_id)
    command = tools.command(architecture.emulator, *hardware.split())
    command += ["-cpu", architecture.processor, "-kernel", str(kernel)]
    with socket.socket(socket.AF_UNIX) as server:
        server.settimeout(TIMEOUT)
        server.bind(str(console))
        server.listen()
        process = subprocess.Popen(command)
        line, _ = server.accept()
    try:
        with line:
            yield Console(line.fileno())
    finally:
        process.kill()
        process.wait()
