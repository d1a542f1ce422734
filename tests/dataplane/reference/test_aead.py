"""Sealing and opening in place.

Transport data has no associated data, and nonces that begin with four zero bytes.
Known answers with such nonces all have associated data; it enters the tag alone, so
their ciphertext must match, and the tag must be that of ``crypto``.
"""

from binascii import unhexlify

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pywg_embedded import crypto
from pywg_embedded.core.constants import TAG_SIZE
from pywg_embedded.dataplane.reference.aead import InPlaceAead
from tests.test_crypto import CHACHA20_POLY1305
from tests.vectors import load

KEY = bytes(range(32))
SIZE = 2048
KEYS = st.binary(min_size=32, max_size=32)
COUNTERS = st.one_of(st.integers(0, 2**64 - 1), st.sampled_from([0, 2**32, 2**64 - 1]))


def nonce_of(counter: int) -> bytes:
    return bytes(4) + counter.to_bytes(8, "little")


def sealed(key: bytes, counter: int, plaintext: bytes, offset: int = 16) -> bytes:
    buffer = bytearray(b"\xee" * SIZE)
    end = offset + len(plaintext)
    buffer[offset:end] = plaintext
    InPlaceAead(buffer).seal(bytearray(key), counter, offset, len(plaintext))
    around = buffer[:offset] + buffer[end + TAG_SIZE :]
    assert around == b"\xee" * len(around)
    return bytes(buffer[offset : end + TAG_SIZE])


def opened(key: bytes, counter: int, text: bytes, offset: int = 16) -> bytes | None:
    buffer = bytearray(SIZE)
    end = offset + len(text)
    buffer[offset:end] = text
    authentic = InPlaceAead(buffer).open(bytearray(key), counter, offset, len(text))
    return bytes(buffer[offset : end - TAG_SIZE]) if authentic else None


WYCHEPROOF = [
    (unhexlify(key), unhexlify(nonce), unhexlify(plaintext), unhexlify(text))
    for _, key, nonce, _, plaintext, text, valid in load(
        "wycheproof_chacha20_poly1305.json"
    )
    if valid
]
RFC_8439 = [
    (unhexlify(key), unhexlify(nonce), plaintext, unhexlify(text))
    for key, nonce, _, plaintext, text in CHACHA20_POLY1305
]
VECTORS = [v for v in RFC_8439 + WYCHEPROOF if v[1].startswith(bytes(4))]


def test_there_are_known_answers() -> None:
    assert len(VECTORS) > 1


@pytest.mark.parametrize("row", range(len(VECTORS)))
def test_known_answers(row: int) -> None:
    key, nonce, plaintext, ciphertext = VECTORS[row]
    text = sealed(key, int.from_bytes(nonce[4:], "little"), plaintext)
    assert text[:-TAG_SIZE] == ciphertext[:-TAG_SIZE]
    assert text == crypto.seal(key, nonce, plaintext, b"")


@given(KEYS, COUNTERS, st.binary(max_size=200), st.integers(0, 40))
def test_the_aead_matches_the_crypto_functions(
    key: bytes, counter: int, plaintext: bytes, offset: int
) -> None:
    text = sealed(key, counter, plaintext, offset)
    assert text == crypto.seal(key, nonce_of(counter), plaintext, b"")
    assert opened(key, counter, text, offset) == plaintext


@given(st.binary(max_size=100), st.data())
def test_one_changed_bit_is_refused(plaintext: bytes, data: st.DataObject) -> None:
    text = bytearray(sealed(KEY, 7, plaintext))
    bit = data.draw(st.integers(0, 8 * len(text) - 1))
    text[bit // 8] ^= 1 << bit % 8
    assert opened(KEY, 7, bytes(text)) is None


FORGERIES = (
    (KEY, 8, sealed(KEY, 7, b"text")),
    (KEY, 7 + 2**32, sealed(KEY, 7, b"text")),
    (KEY[::-1], 7, sealed(KEY, 7, b"text")),
    (KEY, 7, sealed(KEY, 7, b"text")[:-1]),
    (KEY, 7, sealed(KEY, 7, b"text") + b"\0"),
    (KEY, 7, sealed(KEY, 7, b"")[:-1]),
    (KEY, 7, b""),
)


@pytest.mark.parametrize(
    "row",
    range(len(FORGERIES)),
    ids=[
        "counter",
        "high half of the counter",
        "key",
        "truncated",
        "extended",
        "truncated tag",
        "empty",
    ],
)
def test_other_keys_counters_and_lengths_are_refused(row: int) -> None:
    assert opened(*FORGERIES[row]) is None
