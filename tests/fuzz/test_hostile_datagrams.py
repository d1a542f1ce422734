"""Invalid, forged, replayed and random datagrams for a peer with a session.

Nothing may raise, be answered, or leave a trace; the session goes on meanwhile.
"""

import random
import struct
import tracemalloc
from collections.abc import Callable, Iterator

import pytest

from pywg_embedded import crypto
from pywg_embedded.core.constants import (
    COOKIE_REPLY_SIZE,
    INITIATION_SIZE,
    RESPONSE_SIZE,
    UNDER_LOAD_BACKLOG,
)
from pywg_embedded.core.endpoint import Endpoint
from tests.simulation.network import Node, Simulation, pair

DATAGRAMS = 400_000
BATCH = 1_000
ELSEWHERE = Endpoint(b"\xc6\x33\x64\x07", 4242)
SIZES = (0, 1, 3, 4, 31, 32, 33, 63, 64, 65, 91, 92, 93, 147, 148, 149, 1452, 65_507)

Mutation = Callable[[random.Random, bytes], bytes]


def _flip_bits(rng: random.Random, data: bytes) -> bytes:
    changed = bytearray(data)
    for _ in range(rng.randint(1, 4)):
        changed[rng.randrange(len(data))] ^= 1 << rng.randrange(8)
    return bytes(changed)


def _cut(rng: random.Random, data: bytes) -> bytes:
    return data[: rng.randrange(len(data))]


def _extend(rng: random.Random, data: bytes) -> bytes:
    return data + rng.randbytes(rng.randint(1, 64))


def _replace_field(rng: random.Random, data: bytes) -> bytes:
    start = rng.randrange(len(data))
    size = rng.randint(1, min(32, len(data) - start))
    return data[:start] + rng.randbytes(size) + data[start + size :]


def _change_type(rng: random.Random, data: bytes) -> bytes:
    return struct.pack("<I", rng.choice((0, 1, 2, 3, 4, 5, 0x101, 2**31))) + data[4:]


def _change_counter(rng: random.Random, data: bytes) -> bytes:
    counter = rng.choice((0, 1, 2**32, 2**63, 2**64 - 2**13 - 1, 2**64 - 1))
    return data[:8] + struct.pack("<Q", counter) + data[16:]


def _fix_mac1(rng: random.Random, data: bytes) -> bytes:
    """Return invalid content with a valid mac1, which reaches the Diffie-Hellman."""
    if data[0] not in (1, 2):
        return data
    return _with_mac1(_flip_bits(rng, data[:-32]) + data[-32:])


def _random(rng: random.Random, data: bytes) -> bytes:
    return rng.randbytes(rng.choice(SIZES))


def _random_of_type(rng: random.Random, data: bytes) -> bytes:
    kind, size = rng.choice(
        (
            (1, INITIATION_SIZE),
            (2, RESPONSE_SIZE),
            (3, COOKIE_REPLY_SIZE),
            (4, rng.randint(16, 1500)),
        )
    )
    return struct.pack("<I", kind) + rng.randbytes(size - 4)


def _replay(rng: random.Random, data: bytes) -> bytes:
    return data


CHEAP: tuple[Mutation, ...] = (
    _flip_bits,
    _cut,
    _extend,
    _replace_field,
    _change_type,
    _change_counter,
    _random,
    _random_of_type,
    _replay,
)

_public_key = bytes(32)


def _with_mac1(data: bytes) -> bytes:
    if data[:1] not in (b"\x01", b"\x02") or len(data) < 64:
        return data  # the other messages have none
    key = crypto.blake2s(b"mac1----" + _public_key)
    return data[:-32] + crypto.blake2s(data[:-32], key, 16) + data[-16:]


def _hostile_datagrams(rng: random.Random, valid: list[bytes]) -> Iterator[bytes]:
    while True:
        mutate = _fix_mac1 if rng.random() < 0.03 else rng.choice(CHEAP)
        yield mutate(rng, rng.choice(valid))


def _pair_with_session() -> tuple[Simulation, Node, Node, list[bytes]]:
    """Return two peers with a session, and the datagrams that Alice sent."""
    global _public_key
    simulation, alice, bob = pair()
    for n in range(20):
        alice.send_text(bob, b"%d" % n * 40)
        bob.send_text(alice, b"reply")
        simulation.run(10)
    simulation.run(20_000)
    _public_key = bob.public
    recording = [data for _, data in alice.sent]
    assert {1, 4} <= {data[0] for data in recording}
    responses = [data for _, data in bob.sent if data[0] == 2]
    return simulation, alice, bob, recording + responses


def _state(node: Node) -> tuple[object, ...]:
    """Return the state that an unauthenticated datagram must not change."""
    (peer,) = node.device.peers
    facts = node.transport.facts(peer.id)
    return (
        [getattr(peer, name) for name in peer.__slots__ if name != "cookies"],
        [getattr(facts, name) for name in facts.__slots__],
        node.current_keypair(),
        node.timer(),
        len(node.transport._by_index),
        len(node.delivered),
        len(node.sent),
    )


@pytest.mark.parametrize("seed", range(4))
def test_hostile_datagrams_have_no_effect_and_no_answer(seed: int) -> None:
    simulation, alice, bob, valid = _pair_with_session()
    attack = _hostile_datagrams(random.Random(seed), valid)
    for _ in range(DATAGRAMS // 4 // BATCH):
        before = _state(bob)
        for _ in range(BATCH):
            bob.receive(next(attack), ELSEWHERE)
        assert _state(bob) == before
        simulation.run(1)
    counters = (bob.device.drops, bob.transport.drops)
    assert sum(sum(drops.values()) for drops in counters) == DATAGRAMS // 4
    assert {"malformed", "mac1_invalid", "unknown_index"} <= set(counters[0])
    assert {"malformed", "unknown_index", "replayed"} <= set(counters[1])
    alice.send_text(bob, b"still here")
    simulation.run(100)
    assert bob.received_texts()[-1] == b"still here"


def test_only_a_valid_mac1_gets_a_cookie_reply_under_load() -> None:
    _, _, bob, valid = _pair_with_session()
    attack = _hostile_datagrams(random.Random(7), valid)
    answered = len(bob.sent)
    for _ in range(20_000):
        data = next(attack)
        before = len(bob.sent)
        bob.receive(data, ELSEWHERE, backlog=UNDER_LOAD_BACKLOG)
        answers = [answer for _, answer in bob.sent[before:]]
        assert all(len(answer) == COOKIE_REPLY_SIZE for answer in answers)
        assert not answers or _with_mac1(data) == data
    assert len(bob.sent) > answered


def test_memory_does_not_grow_in_a_flood() -> None:
    _, _, bob, valid = _pair_with_session()
    attack = _hostile_datagrams(random.Random(11), valid)
    for _ in range(BATCH):
        bob.receive(next(attack), ELSEWHERE)
    tracemalloc.start()
    for _ in range(10 * BATCH):
        source = Endpoint(random.randbytes(4), random.randrange(65_536))
        bob.receive(next(attack), source, backlog=UNDER_LOAD_BACKLOG)
        bob.sent.clear()
    first = tracemalloc.get_traced_memory()[0]
    for _ in range(10 * BATCH):
        source = Endpoint(random.randbytes(4), random.randrange(65_536))
        bob.receive(next(attack), source, backlog=UNDER_LOAD_BACKLOG)
        bob.sent.clear()
    second = tracemalloc.get_traced_memory()[0]
    tracemalloc.stop()
    assert second - first < 4_096
