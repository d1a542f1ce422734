"""The seed corpus of the fuzz targets of libpywg, made from packets of the tests.

An input is a sequence of records; the head of each target says of what. ``python -m
tests.fuzz.corpus FOLDER`` writes them all, a folder a target.
"""

import random
import struct
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

from pywg_embedded.core.constants import (
    COOKIE_REPLY_SIZE,
    INITIATION_SIZE,
    MESSAGE_COOKIE_REPLY,
    MESSAGE_INITIATION,
    MESSAGE_RESPONSE,
    REPLAY_WINDOW_SIZE,
    RESPONSE_SIZE,
)
from tests.dataplane.large import SAMPLES, TCP, VNET, Large
from tests.dataplane.packets import sized

from .plane_steps import PacketGenerator

# libpywg/fuzz/fuzz_gro.c
FIXUP, FOLLOW, SAME_ID, PUSH, BEND, LONG = 0x01, 0x02, 0x04, 0x08, 0x10, 0x20
# libpywg/fuzz/fuzz_receive.c
SEALED, OTHER_PEER, DAMAGED, COUNTER = 0x01, 0x02, 0x04, 0x08
# Of what is not sealed.
FIXED_UP = DAMAGED
CONGESTED, MANY, FROM_IPV6 = 0x30, 0x40, 0x80
# libpywg/fuzz/fuzz_tun.c
PARTIAL = 0x02

BOTH_FEATURES = 3
# Larger inputs are slow.
LARGEST = 1_000


def record(how: int, data: bytes, more: bytes = b"") -> bytes:
    """Return a record: flags, length and bytes, then what the flags require."""
    return struct.pack(">BH", how, len(data)) + data + more


def larges() -> list[Large]:
    """Return the samples, limited in size."""
    small = [(n, min(n.size, 300), min(n.payload, LARGEST)) for n, _ in SAMPLES]
    return [n._replace(size=size, payload=payload) for n, size, payload in small]


def packets(count: int, peer: int | None = None) -> list[bytes]:
    """Return random packets of every kind."""
    generator = PacketGenerator(random.Random(count), False)
    return [generator.packet(peer) for _ in range(count)]


def gro() -> Iterator[bytes]:
    """Features, refused writes, then packets."""
    for n, large in enumerate(larges()):
        first, *others = large.cut()
        headers = len(first) - large.size
        how = FOLLOW | (SAME_ID if n % 3 == 2 else 0)
        how |= PUSH if n % 4 == 1 and large.protocol == TCP else 0
        flow = record(FIXUP, first) + b"".join(
            record(how, packet[headers:]) for packet in others
        )
        yield bytes((BOTH_FEATURES, n % 3)) + flow
    for large in larges()[:1] + larges()[7:8] + larges()[11:]:
        first = record(FIXUP, large.cut()[0])
        # Time to live or hop limit; a fragment; TOS; ECE.
        bends = (
            b"\x08\x01",
            b"\x07\x01",
            b"\x06\x20",
            b"\x01\x03",
            b"\x21\x40",
            b"\x35\x40",
        )
        bent = (record(FOLLOW | BEND, bytes(300), bend) for bend in bends)
        yield bytes((BOTH_FEATURES, 0)) + first + b"".join(bent)
        fragment = record(FIXUP, large.cut()[0][:6] + b"\x20" + large.cut()[0][7:])
        follows = record(FOLLOW, bytes(300))
        yield bytes((BOTH_FEATURES, 0)) + first + fragment + follows * 2
        yield bytes((BOTH_FEATURES, 0)) + first + record(FOLLOW | LONG, bytes(40)) * 60
    mixed = (record(0, packet) for large in larges()[:6] for packet in large.cut())
    yield bytes((BOTH_FEATURES, 0)) + b"".join(mixed)
    yield bytes((BOTH_FEATURES, 0)) + b"".join(record(0, p) for p in packets(20))


def receive() -> Iterator[bytes]:
    """Whether large writes fail, then datagrams."""
    hows = (SEALED, SEALED | CONGESTED, SEALED | FROM_IPV6, SEALED | OTHER_PEER)
    for n, how in enumerate(hows):
        inner = packets(12, peer=n % 2)
        yield b"\0" + b"".join(record(how, packet) for packet in inner)
    for n, large in enumerate(larges()):
        pieces = b"".join(record(SEALED, packet) for packet in large.cut())
        yield bytes((n % 2,)) + pieces
    edges = (0, REPLAY_WINDOW_SIZE, REPLAY_WINDOW_SIZE + 1, 1, 0, 2**64 - 2**13)
    counters = (record(SEALED | COUNTER, b"", struct.pack(">Q", n)) for n in edges)
    yield b"\0" + b"".join(counters)
    yield b"\0" + record(SEALED | MANY, larges()[0].cut()[0], b"\5")
    yield b"\0" + b"".join(
        record(SEALED | DAMAGED, b"\x45" + bytes(40), struct.pack(">HB", at, 1))
        for at in (0, 4, 8, 16, 60)
    )
    for kind, size in (
        (MESSAGE_INITIATION, INITIATION_SIZE),
        (MESSAGE_RESPONSE, RESPONSE_SIZE),
        (MESSAGE_COOKIE_REPLY, COOKIE_REPLY_SIZE),
    ):
        message = struct.pack("<I", kind).ljust(size, b"\0")
        yield b"\0" + record(0, message) + record(FIXED_UP | MANY, message, b"\7")


def tun() -> Iterator[bytes]:
    """Which error large sends meet, then packets with their vnet header."""
    for n, large in enumerate(larges()):
        packet = struct.pack(">H", len(large.packet())) + large.packet()
        yield bytes((n % 4, FIXUP | PARTIAL)) + large.vnet() + packet
    # The checksum field would lie behind the packet.
    beyond = VNET.pack(1, 0, 0, 0, 53, 6)
    yield bytes((0, 0)) + beyond + struct.pack(">H", 60) + sized(60)
    plain = bytes(VNET.size)
    sizes = (96, 48, 48, 96, 96, 40, 100)
    burst = (struct.pack(">H", n) + sized(n) for n in sizes)
    yield b"\0" + b"".join(b"\0" + plain + packet for packet in burst)
    for count in (5, 6, 7, 8):
        some = (struct.pack(">H", len(p)) + p for p in packets(count))
        yield b"\0" + b"".join(b"\0" + plain + packet for packet in some)


TARGETS: dict[str, Callable[[], Iterator[bytes]]] = {
    "gro": gro,
    "receive": receive,
    "tun": tun,
}


def write(target: str, folder: Path) -> None:
    """Write the inputs of a target, one file each."""
    folder.mkdir(parents=True, exist_ok=True)
    for n, data in enumerate(TARGETS[target]()):
        (folder / f"{n:02}").write_bytes(data)


if __name__ == "__main__":
    for target in TARGETS:
        write(target, Path(sys.argv[1]) / target)
