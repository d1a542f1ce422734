"""The options of UCI that take effect when the tables are mapped, at the start.

Without an option, the tables have room for twice what is configured, so that a reload
finds room for more. Pages of a table that were never used take no memory.
"""

from ...core.errors import ConfigError
from ...dataplane.limits import (
    MOST_ALLOWED_IPS,
    MOST_PEERS,
    Limits,
    available_memory,
)
from ...openwrt.uci_network import read_table_sizes
from ..dataplane import PYTHON, offload_bits

TYPE_CHECKING = False
if TYPE_CHECKING:
    from ...openwrt.uci_store import NetworkFile
    from ..arguments import Arguments
    from ..log import Log

# Resident bytes of the daemon with each entry in use, its part of libpywg's tables and
# the objects of Python; measured by tests/bench/table_memory.py.
BYTES_PER_PEER, BYTES_PER_ALLOWED_IP = 8_192, 512


def read_start_options(file: "NetworkFile", arguments: "Arguments", log: "Log") -> None:
    """Set sizes, threads and offloads that the command line leaves open.

    An error in the file is ignored here; it is reported when the file is loaded.
    """
    try:
        sections = file.read_ahead()
        configured, peers, allowed_ips = read_table_sizes(sections, arguments.name)
    except ConfigError:
        return
    given = arguments.given
    if "--threads" not in given and arguments.dataplane != PYTHON:
        arguments.threads = configured.threads
    if "--offload" not in given and configured.offloads:
        arguments.offloads = offload_bits(configured.offloads)
    limits = arguments.limits
    room = available_memory() // 2
    if "--max-peers" not in given:
        fitting = min(room // BYTES_PER_PEER, MOST_PEERS)
        _set_size(limits, "peers", configured.max_peers, peers, fitting)
    room -= min(peers, limits.peers) * BYTES_PER_PEER
    if "--max-allowed-ips" not in given:
        fitting = min(room // BYTES_PER_ALLOWED_IP, MOST_ALLOWED_IPS)
        wanted = configured.max_allowed_ips
        _set_size(limits, "allowed_ips", wanted, allowed_ips, fitting)
    log.verbose(f"tables for {limits.peers} peers and {limits.allowed_ips} allowed IPs")


def _set_size(
    limits: Limits, table: str, wanted: int | None, needed: int, fitting: int
) -> None:
    """Set the size of a table to ``wanted``, else by what is needed and what fits."""
    option = f"max_{table}"
    least = getattr(limits, table)
    if wanted is None:
        size = table_size(least, needed, max(least, fitting))
        remedy = "restart the interface to resize the table"
        if size < needed:
            remedy = f"free memory limits the table; set option {option} to override"
    else:
        size, remedy = wanted, f"raise option {option}"
    setattr(limits, table, size)
    setattr(limits, f"{table}_remedy", remedy)


def table_size(least: int, needed: int, most: int) -> int:
    """Return the least doubling of ``least`` for twice ``needed``, at most ``most``."""
    size = least
    while size < 2 * needed:
        size *= 2
    return min(size, most)
