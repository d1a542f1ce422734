"""The structures of pywg.h as bytes, in the byte order of the machine, unpadded."""

import struct
import sys

from ..core.constants import INITIATION_SIZE
from ..core.endpoint import Endpoint
from ..core.facts import Facts
from . import events

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import Any

_ORDER = "<" if sys.byteorder == "little" else ">"

# address, source, scope, interface, port, and the sizes of both addresses
ENDPOINT = _ORDER + "16s16sIIHBB"
# last_sent to tx_bytes; the endpoint and 4 bytes of padding follow
FACTS = _ORDER + "9Q"
# address, its size, prefix length, and 2 bytes of padding
ALLOWED_IP = "16sBBH"
# kind, id, length; the data and an endpoint follow
EVENT = _ORDER + "III"

ENDPOINT_SIZE = struct.calcsize(ENDPOINT)
ALLOWED_IP_SIZE = struct.calcsize(_ORDER + ALLOWED_IP)
EVENT_DATA_AT = struct.calcsize(EVENT)
EVENT_ENDPOINT_AT = EVENT_DATA_AT + INITIATION_SIZE
EVENT_SIZE = EVENT_ENDPOINT_AT + ENDPOINT_SIZE
FACTS_ENDPOINT_AT = struct.calcsize(FACTS)
FACTS_SIZE = FACTS_ENDPOINT_AT + ENDPOINT_SIZE + 4

# By address size and prefix length: the bytes behind the address.
_ALLOWED_IP_RESTS = {
    size: [bytes(16 - size) + bytes((size, cidr, 0, 0)) for cidr in range(8 * size + 1)]
    for size in (4, 16)
}


def pack_endpoint(endpoint: Endpoint) -> bytes:
    """Return the bytes of ``struct pywg_endpoint``."""
    return struct.pack(
        ENDPOINT,
        endpoint.address,
        endpoint.source,
        endpoint.scope,
        endpoint.interface,
        endpoint.port,
        len(endpoint.address),
        len(endpoint.source),
    )


def unpack_endpoint(data: bytearray, offset: int) -> "Endpoint | None":
    """Return the endpoint at this offset, or None if it has no address."""
    address, source, scope, interface, port, size, source_size = struct.unpack_from(
        ENDPOINT, data, offset
    )
    if not size:
        return None
    return Endpoint(address[:size], port, scope, source[:source_size], interface)


def unpack_facts(data: bytearray) -> Facts:
    """Return the facts in ``struct pywg_facts``."""
    facts = Facts()
    (
        facts.last_sent,
        facts.last_received,
        facts.last_data_sent,
        facts.data_sent_since,
        facts.data_received_since,
        facts.data_failed_since,
        facts.last_failed,
        facts.rx_bytes,
        facts.tx_bytes,
    ) = struct.unpack_from(FACTS, data)
    facts.endpoint = unpack_endpoint(data, FACTS_ENDPOINT_AT)
    return facts


def pack_allowed_ips(allowed_ips: "Iterable[tuple[bytes, int]]") -> bytes:
    """Return prefixes, ``(address, prefix length)``, as an array of structures."""
    rests = _ALLOWED_IP_RESTS
    return b"".join([ip + rests[len(ip)][cidr] for ip, cidr in allowed_ips])


def unpack_allowed_ips(data: bytearray, count: int) -> "list[tuple[bytes, int]]":
    """Return the prefixes, ``(address, prefix length)``, of an array of structures."""
    flat = struct.unpack_from(_ORDER + ALLOWED_IP * count, data)
    fields = zip(flat[0::4], flat[1::4], flat[2::4])
    return [(address[:size], cidr) for address, size, cidr in fields]


def unpack_event(data: bytearray, index: int) -> "tuple[Any, ...]":
    """Return an event of an array as the tuple that ``dataplane.events`` defines."""
    offset = index * EVENT_SIZE
    kind, subject, length = struct.unpack_from(EVENT, data, offset)
    if kind == events.TUN_GONE:
        return (kind,)
    if kind != events.HANDSHAKE:
        return kind, subject
    start = offset + EVENT_DATA_AT
    source = unpack_endpoint(data, offset + EVENT_ENDPOINT_AT)
    return kind, bytes(data[start : start + length]), source, subject
