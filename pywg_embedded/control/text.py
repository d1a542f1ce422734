"""Numbers in configuration text, and how an error message quotes such text."""

from ..core.errors import ConfigError

QUOTED_LENGTH = 60
# A key in base64 or hex, perhaps without its last characters.
_KEY_LENGTH = 40
_BASE64 = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/="


def quote(text: str) -> str:
    """``text`` for an error message: on one line, not long, and no key."""
    if looks_like_key(text):
        return "what looks like a key"
    return repr(text if len(text) <= QUOTED_LENGTH else text[:QUOTED_LENGTH] + "...")


def looks_like_key(text: str) -> bool:
    """Whether this may hold a secret that was written in the wrong place."""
    run = 0
    for character in text:
        run = run + 1 if character in _BASE64 else 0
        if run == _KEY_LENGTH:
            return True
    return False


def parse_number(text: str, maximum: int) -> int:
    """A decimal number from 0 to ``maximum``, written with plain digits alone."""
    digits_only = text and not text.strip("0123456789")
    # The length first: converting many digits takes quadratic time.
    if not digits_only or len(text) > 20 or int(text) > maximum:
        raise ConfigError(f"{quote(text)} is not a number from 0 to {maximum}")
    return int(text)


def located(place: str, error: ConfigError) -> ConfigError:
    """The same error, its text led by the place where it was found."""
    return ConfigError(f"{place}: {error}", error.errno)
