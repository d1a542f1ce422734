"""GSO and GRO of libpywg, compared with those of the kernel.

A router of this test forwards a large packet from a TUN to another one. It stays large
if the other TUN accepts large packets; otherwise the kernel cuts it. libpywg must cut
it into the same packets, and aggregate them to the same large packet.
"""

import ctypes
import fcntl
import os
import select
import struct
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.dataplane.large import ADDRESSES, SAMPLES, VNET
from tests.dataplane.packets import ip, with_checksum
from tests.lab.host import Host

SOURCES = Path(__file__).parents[3] / "pywg_embedded/dataplane/libpywg"
MODULES = ("net/checksum", "net/ip", "offload/gro", "offload/gro_flow", "offload/gso")
PATIENCE = 60.0
LARGEST = 65_535

_IFF_TUN, _IFF_NO_PI, _IFF_VNET_HDR = 0x0001, 0x1000, 0x4000
_TUNSETIFF, _TUNSETOFFLOAD = 0x400454CA, 0x400454D0
# Checksum, TSO4, TSO6, TSO_ECN; USO4, USO6.
_ALL_OFFLOADS = 0x0F | 0x60


class Iovec(ctypes.Structure):
    _fields_ = (("data", ctypes.c_void_p), ("length", ctypes.c_size_t))


Write = ctypes.CFUNCTYPE(
    ctypes.c_bool, ctypes.c_void_p, ctypes.POINTER(Iovec), ctypes.c_int
)


class Offload:
    """GSO and GRO, compiled as a library of their own."""

    def __init__(self, path: Path) -> None:
        self._library = ctypes.CDLL(str(path))
        self._library.gso_next.restype = ctypes.c_size_t
        self._library.gro_add.restype = ctypes.c_bool

    def segment(self, vnet: bytes, packet: bytes) -> list[bytes]:
        state = ctypes.create_string_buffer(1024)
        out = ctypes.create_string_buffer(LARGEST)
        size = ctypes.c_size_t(len(packet))
        assert self._library.gso_init(state, vnet, packet, size) == 0
        pieces = []
        room = ctypes.c_size_t(LARGEST)
        while length := self._library.gso_next(state, out, room):
            pieces.append(out.raw[:length])
        return pieces

    def aggregate(self, packets: list[bytes]) -> list[bytes]:
        """Return the writes, each with its virtio-net header."""
        state = ctypes.create_string_buffer(65_536)
        lent = [ctypes.create_string_buffer(data, len(data)) for data in packets]
        written: list[bytes] = []

        def write(context: int, parts: "ctypes._Pointer[Iovec]", count: int) -> bool:
            texts = (ctypes.string_at(p.data, p.length) for p in parts[:count])
            written.append(b"".join(texts))
            return True

        self._library.gro_init(state, 3)
        for data in lent:
            size = ctypes.c_size_t(len(data))
            assert self._library.gro_add(state, data, size)
        self._library.gro_flush(state, Write(write), None)
        return written


class Tun:
    """A TUN with virtio-net headers, in the network namespace of the process."""

    def __init__(self, name: str) -> None:
        self.descriptor = os.open("/dev/net/tun", os.O_RDWR | os.O_CLOEXEC)
        flags = _IFF_TUN | _IFF_NO_PI | _IFF_VNET_HDR
        request = struct.pack("16sH22x", name.encode(), flags)
        fcntl.ioctl(self.descriptor, _TUNSETIFF, request)

    def offload(self, offloads: int) -> None:
        fcntl.ioctl(self.descriptor, _TUNSETOFFLOAD, offloads)

    def write(self, vnet: bytes, packet: bytes) -> None:
        os.writev(self.descriptor, (vnet, packet))

    def read(self, version: int) -> tuple[bytes, bytes]:
        """Return the next packet between the addresses of the test, skipping others."""
        wanted = ip(*ADDRESSES[version])
        addresses = slice(12, 20) if version == 4 else slice(8, 40)
        while select.select([self.descriptor], [], [], PATIENCE)[0]:
            data = os.read(self.descriptor, VNET.size + LARGEST)
            vnet, packet = data[: VNET.size], data[VNET.size :]
            if packet[addresses] == wanted[addresses]:
                return vnet, packet
        raise TimeoutError("no packet was forwarded")


@pytest.fixture(scope="module")
def offload(tmp_path_factory: pytest.TempPathFactory) -> Offload:
    library = tmp_path_factory.mktemp("offload") / "offload.so"
    includes = (f"-I{SOURCES / name}" for name in ("include", "src"))
    modules = (str(SOURCES / "src" / f"{name}.c") for name in MODULES)
    options = ("-std=c99", "-D_GNU_SOURCE", "-O1", "-fPIC", "-shared")
    subprocess.run(("cc", *options, *includes, *modules, "-o", library), check=True)
    return Offload(library)


@pytest.fixture(scope="module")
def tuns() -> Iterator[tuple[Tun, Tun]]:
    with Host(f"pywg-{os.getpid():x}-offload") as router:
        router.forward_packets()
        with router.entered():
            ends = Tun("in0"), Tun("out0")
        for device, side in (("in0", 0), ("out0", 1)):
            router.up(device)
            for version, length in ((4, 32), (6, 128)):
                router.add_route(f"{ADDRESSES[version][side]}/{length}", device=device)
        yield ends
        for end in ends:
            os.close(end.descriptor)


def forwarded(packets: list[bytes]) -> list[bytes]:
    """Return the packets as forwarded: with the TTL reduced by one."""
    hops = {4: 8, 6: 7}[packets[0][0] >> 4]
    fewer = [p[:hops] + bytes([p[hops] - 1]) + p[hops + 1 :] for p in packets]
    if hops == 7:
        return fewer
    return [with_checksum(p[:20], 10) + p[20:] for p in fewer]


@pytest.mark.parametrize("row", range(len(SAMPLES)))
def test_segments_and_aggregates_equal_those_of_the_kernel(
    row: int, offload: Offload, tuns: tuple[Tun, Tun]
) -> None:
    (large, is_merged), (entry, way_out) = SAMPLES[row], tuns
    way_out.offload(_ALL_OFFLOADS)
    entry.write(large.vnet(), large.packet())
    vnet, packet = way_out.read(large.version)
    way_out.offload(0)
    entry.write(large.vnet(), large.packet())
    cut = [way_out.read(large.version)[1] for _ in large.cut()]
    assert VNET.unpack(vnet)[3] == large.size
    assert offload.segment(vnet, packet) == cut
    assert forwarded(large.cut()) == cut
    if is_merged:
        assert offload.aggregate(cut) == [large.vnet() + packet]
