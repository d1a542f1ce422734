"""``pywg limits``: the sizes of the tables, and the memory that libpywg allocates."""

from .. import install_hints
from ..control.text import quote
from ..core.errors import ConfigError, Error
from ..dataplane.limits import OPTIONS, Limits, available_memory
from . import client, units
from .show_format import heading, line
from .terminal import GREEN, RESET, write

_OPTIONS_TEXT = (
    "options max_peers and max_allowed_ips in /etc/config/network, or --max-peers and "
    "--max-allowed-ips of pywgd; then restart the interface"
)


def limits(words: list[str]) -> int:
    """Print the memory for these limits, or how full the tables of an interface are."""
    if words and not words[0].startswith("-"):
        return _limits_of(words)
    chosen = _chosen(words)
    tables = _tables(chosen)
    room = f"{chosen.peers} peers, {chosen.allowed_ips} allowed IPs"
    write(RESET + heading("limits", GREEN, room))
    _write_tables(tables)
    return 0


def _limits_of(words: list[str]) -> int:
    name = words[0]
    if len(words) > 1:
        raise ConfigError(f"{name} takes no option, but got {quote(words[1])}")
    status = client.get(name)
    if not status.max_peers:
        raise ConfigError(f"{name}: the daemon of this interface reports no limits")
    allowed_ips = sum(len(peer.allowed_ips) for peer in status.peers)
    left_out = sum(peer.allowed_ips_left_out for peer in status.peers)
    tables = []
    if not status.dataplane:
        tables = _tables(Limits(status.max_peers, status.max_allowed_ips))
    write(RESET + heading("limits", GREEN, name))
    for label, used, size, missing in (
        ("peers", len(status.peers), status.max_peers, len(status.peers_left_out)),
        ("allowed IPs", allowed_ips, status.max_allowed_ips, left_out),
    ):
        suffix = f", {missing} left out" if missing else ""
        write(line(label, f"{used} of {size}{suffix}"))
    if tables:
        _write_tables(tables)
    write(line("available memory", units.amount(available_memory())))
    write(line("to raise the limits", _OPTIONS_TEXT))
    return 0


def _write_tables(tables: list[tuple[str, int]]) -> None:
    for name, size in tables:
        write(line(name, units.amount(size)))
    write(line("total", units.amount(sum(size for _, size in tables))))


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
