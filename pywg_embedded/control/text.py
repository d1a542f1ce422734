"""Numbers in configuration text, and the quoting of such text in error messages."""

from ..core.errors import ConfigError

QUOTED_LENGTH = 60
# The length of a key in base64 or hexadecimal that lacks its last characters.
_KEY_LENGTH = 40
_BASE64 = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/="


def quote(text: str) -> str:
    """Return ``text`` for an error message: one line, at most 60 characters, no key."""
    if looks_like_key(text):
        return "(key not shown)"
    return repr(text if len(text) <= QUOTED_LENGTH else text[:QUOTED_LENGTH] + "...")


def looks_like_key(text: str) -> bool:
    """Return whether the text may contain a key that was put in the wrong place."""
    run = 0
    for character in text:
        run = run + 1 if character in _BASE64 else 0
        if run == _KEY_LENGTH:
            return True
    return False


def parse_number(text: str, maximum: int) -> int:
    """Parse a decimal number from 0 to ``maximum``, of ASCII digits only.

    Raises ConfigError.
    """
    digits_only = text and not text.strip("0123456789")
    # The length is checked first: conversion takes quadratic time.
    if not digits_only or len(text) > 20 or int(text) > maximum:
        raise ConfigError(f"invalid number {quote(text)} (expected 0 to {maximum})")
    return int(text)


def located(place: str, error: ConfigError) -> ConfigError:
    """Return the error with the place where it was found before its message."""
    return ConfigError(f"{place}: {error}", error.errno)
