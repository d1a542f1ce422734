"""``pywg limits``: the memory that libpywg allocates, table by table."""

from .. import install_hints
from ..control.text import quote
from ..core.errors import ConfigError, Error
from ..dataplane.limits import OPTIONS, Limits
from . import units
from .show_format import heading, line
from .terminal import GREEN, RESET, write


def limits(words: list[str]) -> int:
    """Print the memory that an interface with these limits allocates."""
    chosen = _chosen(words)
    sizes = _tables(chosen)
    room = f"{chosen.peers} peers, {chosen.allowed_ips} allowed IPs"
    write(RESET + heading("limits", GREEN, room))
    for name, size in sizes:
        write(line(name, units.amount(size)))
    write(line("total", units.amount(sum(size for _, size in sizes))))
    return 0


def _chosen(words: list[str]) -> Limits:
    chosen, rest = Limits(), list(words)
    while rest:
        option, equals, text = rest.pop(0).partition("=")
        if option not in OPTIONS:
            expected = " or ".join(OPTIONS)
            raise ConfigError(f"unknown option {quote(option)} (expected {expected})")
        if not equals:
            text = rest.pop(0) if rest else ""
        chosen.take(option, text)
    return chosen


def _tables(chosen: Limits) -> list[tuple[str, int]]:
    # Imported here, because no other command needs the library.
    try:
        from ..dataplane import native
    except (ImportError, OSError) as error:
        raise Error(install_hints.explain_libpywg_error(error)) from error
    return native.tables(chosen)
