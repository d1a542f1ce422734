"""Keys as base64 and as hexadecimal digits."""

from pywg_embedded.control import keys
from tests.control.support import error_of

TEXT = "yAnz5TF+lXXJte14tji3zlMNq+hd2rYUIgJBgB3fBmk="
HEX = "c809f3e5317e9575c9b5ed78b638b7ce530dabe85ddab614220241801ddf0669"


def test_base64_and_hexadecimal_yield_the_same_key() -> None:
    key = keys.from_base64(TEXT)
    assert key == keys.from_hex(HEX) == keys.from_hex(HEX.upper())
    assert (keys.to_base64(key), keys.to_hex(key)) == (TEXT, HEX)


def test_a_base64_key_has_one_form_only() -> None:
    for row, text in enumerate(
        (
            "",
            TEXT[:-1],
            TEXT + "=",
            TEXT + "\n",
            TEXT[:-2] + "l=",
            TEXT[:-2] + "==",
            TEXT[:-1] + "A",
            TEXT[:20] + "\n" + TEXT[21:],
            TEXT[:20] + " " + TEXT[21:],
            TEXT[:20] + "\0" + TEXT[21:],
            TEXT[:20] + "-" + TEXT[21:],
            TEXT[:20] + "\u00e9" + TEXT[21:],
        )
    ):
        reason = error_of(keys.from_base64, text)
        assert "base64" in reason, (row, reason)


def test_a_hexadecimal_key_has_64_digits() -> None:
    for row, text in enumerate(
        (
            "",
            HEX[:-1],
            HEX + "0",
            HEX[:-1] + "g",
            HEX[:-1] + "\n",
            HEX[:-2] + "  ",
            HEX[:20] + "  " + HEX[22:],
            HEX[:-1] + "\u00e9",
        )
    ):
        reason = error_of(keys.from_hex, text)
        assert "hexadecimal" in reason, (row, reason)


def test_no_error_shows_the_key() -> None:
    for row, reason in enumerate(
        (
            error_of(keys.from_base64, TEXT + "x"),
            error_of(keys.from_base64, TEXT[:-1] + "x"),
            error_of(keys.from_hex, HEX + "x"),
            error_of(keys.from_hex, HEX[:-1] + "x"),
        )
    ):
        assert TEXT[:8] not in reason and HEX[:8] not in reason, row


def test_a_private_key_is_clamped_by_rfc_7748() -> None:
    clamped = keys.clamp(b"\xff" * 32)
    assert clamped == b"\xf8" + b"\xff" * 30 + b"\x7f"
    assert keys.clamp(bytes(32)) == bytes(31) + b"\x40"
    assert keys.clamp(clamped) == clamped
