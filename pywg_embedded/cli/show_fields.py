"""The output of ``pywg show`` for scripts: a table of fields, each a list of rows."""

import socket
from collections.abc import Callable, Iterable, Iterator

from .. import crypto
from ..control.address import format_allowed_ip, format_endpoint
from ..control.keys import to_base64
from ..core.config import ZERO_KEY, InterfaceStatus, PeerStatus

TYPE_CHECKING = False
if TYPE_CHECKING:
    from ..core.config import EndpointTuple

NONE = "(none)"

Rows = Callable[[InterfaceStatus], Iterable[tuple[str, ...]]]


def _key(key: bytes | bytearray) -> str:
    return NONE if key == ZERO_KEY else to_base64(key)


def public_key(status: InterfaceStatus) -> str:
    """Return the public key of the interface in base64, or ``(none)``."""
    if status.private_key == ZERO_KEY:
        return NONE
    return to_base64(crypto.public_key(status.private_key))


def fwmark_text(status: InterfaceStatus) -> str:
    """Return the fwmark in hexadecimal, or ``off``."""
    return f"0x{status.fwmark:x}" if status.fwmark else "off"


def _scope_name(scope: int) -> str:
    try:
        return socket.if_indextoname(scope)
    except OSError:
        return str(scope)


def endpoint_text(endpoint: "EndpointTuple") -> str:
    """Return the text of an endpoint, with the name of its scope's interface."""
    return format_endpoint(endpoint, _scope_name)


def _endpoint_or_none(peer: PeerStatus) -> str:
    return endpoint_text(peer.endpoint) if peer.endpoint else NONE


def allowed_ips_text(peer: PeerStatus, separator: str) -> str:
    """Return the allowed IPs of a peer, or ``(none)``."""
    return separator.join(map(format_allowed_ip, peer.allowed_ips)) or NONE


def _transfer(peer: PeerStatus) -> tuple[str, str]:
    return str(peer.rx_bytes), str(peer.tx_bytes)


def _keepalive(peer: PeerStatus) -> str:
    return str(peer.persistent_keepalive or "off")


def _of_interface(text: Callable[[InterfaceStatus], str]) -> Rows:
    return lambda status: [(text(status),)]


def _of_peers(cells: Callable[[PeerStatus], tuple[str, ...]]) -> Rows:
    return lambda status: [
        (to_base64(peer.public_key),) + cells(peer) for peer in status.peers
    ]


def _dump(status: InterfaceStatus) -> Iterator[tuple[str, ...]]:
    port = str(status.listen_port)
    yield _key(status.private_key), public_key(status), port, fwmark_text(status)
    for peer in status.peers:
        yield (
            to_base64(peer.public_key),
            _key(peer.preshared_key),
            _endpoint_or_none(peer),
            allowed_ips_text(peer, ","),
            str(peer.last_handshake[0]),
            *_transfer(peer),
            _keepalive(peer),
        )


FIELDS: dict[str, Rows] = {
    "public-key": _of_interface(public_key),
    "private-key": _of_interface(lambda status: _key(status.private_key)),
    "listen-port": _of_interface(lambda status: str(status.listen_port)),
    "fwmark": _of_interface(fwmark_text),
    "peers": _of_peers(lambda peer: ()),
    "preshared-keys": _of_peers(lambda peer: (_key(peer.preshared_key),)),
    "endpoints": _of_peers(lambda peer: (_endpoint_or_none(peer),)),
    "allowed-ips": _of_peers(lambda peer: (allowed_ips_text(peer, " "),)),
    "latest-handshakes": _of_peers(lambda peer: (str(peer.last_handshake[0]),)),
    "transfer": _of_peers(_transfer),
    "persistent-keepalive": _of_peers(lambda peer: (_keepalive(peer),)),
    "dump": _dump,
}
