"""Sizes are checked before the library is called, and secrets are compared by it."""

from collections.abc import Callable
from typing import Any

import pytest

from pywg_embedded import crypto
from pywg_embedded.crypto import _cpython
from tests.test_crypto import check_hkdf

KEY, NONCE, XNONCE, TAG = bytes(32), bytes(12), bytes(24), bytes(16)
WRONG: tuple[tuple[Callable[..., Any], tuple[Any, ...]], ...] = (
    (crypto.public_key, (KEY[1:],)),
    (crypto.dh, (KEY[1:], KEY)),
    (crypto.dh, (KEY, KEY + b"\0")),
    (crypto.kdf, (KEY[1:], b"", 1)),
    (_cpython.kdf, (KEY[1:], b"", 1)),
    (crypto.seal, (KEY[1:], NONCE, b"", b"")),
    (crypto.seal, (KEY, XNONCE, b"", b"")),
    (crypto.open_sealed, (KEY, NONCE[1:], TAG, b"")),
    (crypto.xseal, (KEY, NONCE, b"", b"")),
    (crypto.xopen, (KEY + b"\0", XNONCE, TAG, b"")),
)


@pytest.mark.parametrize(
    "row",
    range(len(WRONG)),
    ids=[f"{row[0].__name__} {n}" for n, row in enumerate(WRONG)],
)
def test_key_or_nonce_of_the_wrong_size_is_refused(row: int) -> None:
    function, arguments = WRONG[row]
    with pytest.raises(ValueError, match="invalid size"):
        function(*arguments)


def test_kdf_without_libpywg_matches_known_answers() -> None:
    check_hkdf(_cpython.kdf)


def test_equal_leaves_the_comparison_to_libsodium(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    # sodium_memcmp takes constant time, the operator == does not.
    class Library:
        sodium_memcmp = staticmethod(lambda a, b, size: 0)

    monkeypatch.setattr(_cpython, "_lib", Library)
    assert _cpython.equal(b"ab", b"ac")
