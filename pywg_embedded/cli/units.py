"""Amounts and times as text, in the format of wg(8)."""

from .terminal import CYAN, RED, RESET

_BYTES = (("TiB", 2**40), ("GiB", 2**30), ("MiB", 2**20), ("KiB", 2**10))
_TIMES = (
    ("year", 365 * 24 * 60 * 60),
    ("day", 24 * 60 * 60),
    ("hour", 60 * 60),
    ("minute", 60),
    ("second", 1),
)


def amount(count: int) -> str:
    """Return ``count`` bytes in the largest unit that is not above them."""
    for unit, size in _BYTES:
        if count >= size:
            return f"{count / size:.2f} {CYAN}{unit}{RESET}"
    return f"{count} {CYAN}B{RESET}"


def duration(seconds: int) -> str:
    """Return ``seconds``, above 0, as years, days, hours, minutes and seconds."""
    parts = []
    for unit, size in _TIMES:
        count, seconds = divmod(seconds, size)
        if count:
            parts.append(f"{count} {CYAN}{unit}{'s' if count > 1 else ''}{RESET}")
    return ", ".join(parts)


def ago(then: int, now: int) -> str:
    """Return how long ``then`` is before ``now``, both in seconds."""
    if then == now:
        return "Now"
    if then > now:
        text = "System clock wound backward; connection problems may ensue."
        return f"({RED}{text}{RESET})"
    return f"{duration(now - then)} ago"
