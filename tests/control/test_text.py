"""Numbers in text, and quoting."""

from pywg_embedded.control.text import located, parse_number, quote
from pywg_embedded.core.errors import EPROTO, ConfigError
from tests.control.support import error_of


def test_ascii_digits_are_parsed() -> None:
    for row, (text, expected) in enumerate((("0", 0), ("65535", 65535), ("007", 7))):
        assert parse_number(text, 65535) == expected, row


def test_other_texts_are_not_numbers() -> None:
    texts = ("", " 1", "1 ", "+1", "-1", "1_0", "0x1", "1e3", "\u0661", "\u00b2", "1\n")
    for row, text in enumerate(texts + ("65536", "9" * 21, "0" * 5000)):
        reason = "(expected 0 to 65535)"
        assert reason in error_of(parse_number, text, 65535), row


def test_a_quoted_text_is_one_short_line() -> None:
    assert quote("wg0") == "'wg0'"
    assert "\n" not in quote("a\nb\x1b[31m") and "\x1b" not in quote("\x1b")
    assert len(quote("x" * 10000)) < 80


KEY = "yAnz5TF+lXXJte14tji3zlMNq+hd2rYUIgJBgB3fBmk="
HEX = "c809f3e5317e9575c9b5ed78b638b7ce530dabe85ddab614220241801ddf0669"


def test_a_quoted_text_contains_no_key() -> None:
    texts = (KEY, KEY[:-1], KEY[:40], KEY[4:], KEY + KEY, HEX, HEX.upper(), HEX[:-1])
    around = ("{}", " {}", "PrivateKey {}", "[{}]", "Key:{}", "'{}',", "\u00e9{}")
    for text in texts:
        for frame in around:
            assert text[:10] not in quote(frame.format(text)), (text, frame)


def test_a_text_too_short_for_a_key_is_quoted() -> None:
    long_name = "a-host.of-some.example.with-a-very.long-name.example"
    for text in (KEY[:39], long_name, "0x" + "0" * 20):
        assert quote(text) == f"'{text}'", text


def test_a_located_error_keeps_its_errno() -> None:
    error = located("line 3", ConfigError("wrong", EPROTO))
    assert (str(error), error.errno) == ("line 3: wrong", EPROTO)
