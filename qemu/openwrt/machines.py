"""Two machines from OpenWrt's image, a console each, and our feed beside them."""

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

# Where a kernel says what it is, and OpenWrt's name for the architecture.
KERNELS = {
    ARM64: (56, b"ARM\x64", "aarch64_generic"),
    ARMHF: (36, b"\x18\x28\x6f\x01", "arm_cortex-a15_neon-vfpv4"),
}
BOOT = 900.0
# Until QEMU itself has started.
PATIENCE = 120.0
# As QEMU's own network shows this machine to the routers.
HERE = "10.0.2.2"
HARDWARE = (
    "-machine virt,highmem=off -accel tcg,thread=multi -smp 1 -m 512 "
    "-nodefaults -no-user-config -no-reboot -display none "
    "-chardev socket,id=console,path={folder}/console{number} -serial chardev:console "
    # In the order of eth0 (the LAN), eth1 (the WAN) and eth2 (the other router).
    "-netdev dgram,id=lan,local.type=unix,local.path={folder}/lan{number},"
    "remote.type=unix,remote.path={folder}/nobody "
    "-device virtio-net-pci,netdev=lan,addr=2,romfile= "
    "-netdev user,id=wan -device virtio-net-pci,netdev=wan,addr=3,romfile= "
    "-netdev dgram,id=link,local.type=unix,local.path={folder}/link{number},"
    "remote.type=unix,remote.path={folder}/link{other} "
    "-device virtio-net-pci,netdev=link,addr=4,romfile=,mac=52:54:00:00:01:{number:02x}"
)


class UnknownImage(Exception):
    """The file is none of the images that this is for."""


def run(path: Path) -> None:
    """Do all of it; a line on each thing that went well."""
    architecture, name = recognize(path)
    with tempfile.TemporaryDirectory() as directory, ExitStack() as stack:
        started = functools.partial(machine, architecture, path, Path(directory))
        first, second = (
            Router(stack.enter_context(started(number)), number) for number in (1, 2)
        )
        for router in (first, second):
            router.start(BOOT)
        manager = first.manager()
        key, port = stack.enter_context(our_feed(manager, name))
        for router in (first, second):
            router.install(manager, f"http://{HERE}:{port}", key)
            print(f"ok     router {router.number} has installed it", flush=True)
        link(first, second)
        for here, there in ((first, second), (second, first)):
            here.reach(there)
            print(f"ok     home {here.number} reaches home {there.number}", flush=True)


def recognize(path: Path) -> tuple[Architecture, str]:
    """What to emulate for an image, and the architecture of its packages."""
    with path.open("rb") as file:
        head = file.read(64)
    for architecture, (offset, magic, name) in KERNELS.items():
        if head[offset:].startswith(magic):
            return architecture, name
    raise UnknownImage(f"{path} is no ...-armsr-...-initramfs-kernel.bin")


@contextmanager
def our_feed(manager: Manager, architecture: str) -> Iterator[tuple[str, int]]:
    """Our packages over HTTP: the name of their key's file, and the port here."""
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
        """What is fetched is not worth a line."""


@contextmanager
def machine(
    architecture: Architecture, kernel: Path, folder: Path, number: int
) -> Iterator[Console]:
    """Runs within ``with``; ``number`` is 1 or 2, the other is found in ``folder``."""
    place = folder / f"console{number}"
    hardware = HARDWARE.format(folder=folder, number=number, other=3 - number)
    start = tools.command(architecture.emulator, *hardware.split())
    start += ["-cpu", architecture.processor, "-kernel", str(kernel)]
    with socket.socket(socket.AF_UNIX) as server:
        server.settimeout(PATIENCE)
        server.bind(str(place))
        server.listen()
        process = subprocess.Popen(start)
        line, _ = server.accept()
    try:
        with line:
            yield Console(line.fileno())
    finally:
        process.kill()
        process.wait()
