"""Segmentation and coalescing beside the kernel's own.

A router of this test forwards one large packet from a TUN to another. Where that one
takes large packets, it hands over the large packet; where it takes none, the kernel
has to cut it. What was cut is what we cut, and merged by us it is the large packet.
"""

import ctypes
import fcntl
import os
import select
import struct
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

from tests.dataplane.packets import checksum, ip
from tests.lab.host import Host

SOURCES = Path(__file__).parents[3] / "pywg_embedded/dataplane/libpywg"
MODULES = ("checksum", "coalesce", "merge", "packet", "segment")
ADDRESSES = {4: ("10.0.0.2", "10.1.0.2"), 6: ("fd00::2", "fd01::2")}
PATIENCE = 5.0
LARGEST = 65_535
TCP, UDP = 6, 17
FIN, PSH, ACK, ECE, CWR = 0x01, 0x08, 0x10, 0x40, 0x80
DF = 0x4000

_IFF_TUN, _IFF_NO_PI, _IFF_VNET_HDR = 0x0001, 0x1000, 0x4000
_TUNSETIFF, _TUNSETOFFLOAD = 0x400454CA, 0x400454D0
# Checksum, TSO4, TSO6, TSO_ECN; USO4, USO6.
_ALL_OFFLOADS = 0x0F | 0x60
_VNET = struct.Struct("@BBHHHH")
_NEEDS_CSUM, _GSO_ECN = 1, 0x80
_GSO = {(4, TCP): 1, (6, TCP): 4, (4, UDP): 5, (6, UDP): 5}


class Large(NamedTuple):
    """A large packet, and whether its pieces are such as we merge."""

    version: int
    protocol: int
    size: int  # of each piece's payload, but the last
    payload: int
    flags: int = ACK
    options: bytes = b""
    identification: int = 0
    fragment: int = 0
    merged: bool = True

    def pieces(self) -> int:
        return -(-self.payload // self.size)

    def vnet(self) -> bytes:
        start = {4: 20, 6: 40}[self.version]
        offset = 16 if self.protocol == TCP else 6
        kind = _GSO[self.version, self.protocol]
        if self.protocol == TCP and self.flags & CWR:
            kind |= _GSO_ECN
        headers = start + len(self._transport())
        return _VNET.pack(_NEEDS_CSUM, kind, headers, self.size, start, offset)

    def packet(self) -> bytes:
        """With the sum of the pseudo-header in place of the checksum."""
        payload = bytes(n * 167 >> 3 & 0xFF for n in range(self.payload))
        transport = bytearray(self._transport() + payload)
        offset = 16 if self.protocol == TCP else 6
        packet = ip(*ADDRESSES[self.version], bytes(transport))
        addresses = packet[12:20] if self.version == 4 else packet[8:40]
        pseudo = addresses + struct.pack(">II", len(transport), self.protocol)
        struct.pack_into(">H", transport, offset, ~checksum(pseudo) & 0xFFFF)
        return self._header(packet) + bytes(transport)

    def _header(self, packet: bytes) -> bytes:
        if self.version == 6:
            return packet[:6] + bytes([self.protocol]) + packet[7:40]
        header = bytearray(packet[:20])
        struct.pack_into(">HH", header, 4, self.identification, self.fragment)
        struct.pack_into(">BH", header, 9, self.protocol, 0)
        struct.pack_into(">H", header, 10, checksum(bytes(header)))
        return bytes(header)

    def _transport(self) -> bytes:
        if self.protocol == UDP:
            return struct.pack(">HHHH", 5000, 53, 8 + self.payload, 0)
        offset = (20 + len(self.options)) << 2
        fixed = 5000, 443, 0xFFFF_F000, 77, offset, self.flags, 9000, 0, 0
        return struct.pack(">HHIIBBHHH", *fixed) + self.options


ROWS = (
    Large(4, TCP, 1400, 4200),
    Large(4, TCP, 1400, 4201, PSH | ACK),
    Large(4, TCP, 1448, 60_000, ACK, b"\1\1\x08\x0a" + b"stampecr"),
    Large(4, TCP, 333, 999, ACK, identification=65_534, fragment=DF),
    Large(4, TCP, 1, 10),
    Large(4, TCP, 100, 350, FIN | PSH | ACK, merged=False),
    Large(4, TCP, 100, 350, CWR | ECE | ACK, merged=False),
    Large(6, TCP, 1400, 4200),
    Large(6, TCP, 1400, 65_000, PSH | ACK),
    Large(6, TCP, 1387, 4999, ACK | ECE, b"\1\1\x08\x0a" + b"stampecr"),
    Large(6, TCP, 100, 350, FIN | CWR | ACK, merged=False),
    Large(4, UDP, 1400, 4200),
    Large(4, UDP, 1399, 4200, identification=7),
    Large(4, UDP, 1400, 2801, identification=65_535, fragment=DF),
    Large(6, UDP, 1200, 3600),
    Large(6, UDP, 1201, 60_000),
    Large(6, UDP, 16, 250),
)


class Iovec(ctypes.Structure):
    _fields_ = (("data", ctypes.c_void_p), ("length", ctypes.c_size_t))


Write = ctypes.CFUNCTYPE(
    ctypes.c_bool, ctypes.c_void_p, ctypes.POINTER(Iovec), ctypes.c_int
)


class Offload:
    """Segmentation and coalescing as a library of their own."""

    def __init__(self, path: Path) -> None:
        self._library = ctypes.CDLL(str(path))
        self._library.segment_next.restype = ctypes.c_size_t
        self._library.coalesce_add.restype = ctypes.c_bool

    def segment(self, vnet: bytes, packet: bytes) -> list[bytes]:
        state = ctypes.create_string_buffer(1024)
        out = ctypes.create_string_buffer(LARGEST)
        size = ctypes.c_size_t(len(packet))
        assert self._library.segment_begin(state, vnet, packet, size) == 0
        pieces = []
        room = ctypes.c_size_t(LARGEST)
        while length := self._library.segment_next(state, out, room):
            pieces.append(out.raw[:length])
        return pieces

    def coalesce(self, packets: list[bytes]) -> list[bytes]:
        """What is written, each with its vnet header."""
        state = ctypes.create_string_buffer(65_536)
        lent = [ctypes.create_string_buffer(data, len(data)) for data in packets]
        written: list[bytes] = []

        def write(context: int, parts: "ctypes._Pointer[Iovec]", count: int) -> bool:
            texts = (ctypes.string_at(p.data, p.length) for p in parts[:count])
            written.append(b"".join(texts))
            return True

        self._library.coalesce_begin(state, 3)
        for data in lent:
            size = ctypes.c_size_t(len(data))
            assert self._library.coalesce_add(state, data, size)
        self._library.coalesce_flush(state, Write(write), None)
        return written


class Tun:
    """A TUN with vnet headers, inside the host that the process is in."""

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
        """The next packet that is ours: the kernel has things to say on its own."""
        wanted = ip(*ADDRESSES[version])
        addresses = slice(12, 20) if version == 4 else slice(8, 40)
        while select.select([self.descriptor], [], [], PATIENCE)[0]:
            data = os.read(self.descriptor, _VNET.size + LARGEST)
            vnet, packet = data[: _VNET.size], data[_VNET.size :]
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
    with Host("offload") as router:
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


@pytest.mark.parametrize("row", range(len(ROWS)))
def test_the_kernel_cuts_as_we_do(
    row: int, offload: Offload, tuns: tuple[Tun, Tun]
) -> None:
    large, (entry, way_out) = ROWS[row], tuns
    way_out.offload(_ALL_OFFLOADS)
    entry.write(large.vnet(), large.packet())
    vnet, packet = way_out.read(large.version)
    way_out.offload(0)
    entry.write(large.vnet(), large.packet())
    cut = [way_out.read(large.version)[1] for _ in range(large.pieces())]
    assert _VNET.unpack(vnet)[3] == large.size
    assert offload.segment(vnet, packet) == cut
    if large.merged:
        assert offload.coalesce(cut) == [large.vnet() + packet]
