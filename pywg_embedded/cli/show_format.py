"""The output of ``pywg show`` for people."""

import os
import time
from collections.abc import Iterator

from ..control.keys import to_base64
from ..core.config import ZERO_KEY, InterfaceStatus, PeerStatus
from . import units
from .show_fields import allowed_ips_text, endpoint_text, fwmark_text, public_key
from .terminal import BOLD, CYAN, GREEN, RESET, YELLOW


def _secret(key: bytes | bytearray) -> str:
    hidden = os.environ.get("WG_HIDE_KEYS") != "never"
    return "(hidden)" if hidden else to_base64(key)


def heading(label: str, color: str, value: str) -> str:
    """Return the heading of an interface or peer."""
    return f"{color}{BOLD}{label}{RESET}: {color}{value}{RESET}\n"


def line(label: str, value: object) -> str:
    """Return a line below a heading."""
    return f"  {BOLD}{label}{RESET}: {value}\n"


def is_incomplete(status: InterfaceStatus) -> bool:
    """Return whether the tables had no room for a peer or an allowed IP."""
    left_out = [peer for peer in status.peers if peer.allowed_ips_left_out]
    return bool(status.peers_left_out or left_out)


def pretty(name: str, status: InterfaceStatus) -> Iterator[str]:
    """Yield the lines of an interface and its peers, in colours."""
    yield RESET + heading("interface", GREEN, name)
    if status.private_key != ZERO_KEY:
        yield line("public key", public_key(status))
        yield line("private key", _secret(status.private_key))
    if status.listen_port:
        yield line("listening port", status.listen_port)
    if status.fwmark:
        yield line("fwmark", fwmark_text(status))
    if status.dataplane:
        yield line("data plane", status.dataplane)
    for public in status.peers_left_out:
        yield line("peer left out", f"{to_base64(public)} (limit {status.max_peers})")
    if is_incomplete(status):
        yield line("limits", f"see 'pywg limits {name}'")
    latest_first = sorted(
        status.peers, key=lambda peer: peer.last_handshake, reverse=True
    )
    for peer in latest_first:
        yield "\n"
        yield from _pretty_peer(peer)


def _pretty_peer(peer: PeerStatus) -> Iterator[str]:
    yield heading("peer", YELLOW, to_base64(peer.public_key))
    if peer.preshared_key != ZERO_KEY:
        yield line("preshared key", _secret(peer.preshared_key))
    if peer.endpoint:
        yield line("endpoint", endpoint_text(peer.endpoint))
    allowed_ips = allowed_ips_text(peer, ", ")
    yield line("allowed ips", allowed_ips.replace("/", f"{CYAN}/{RESET}"))
    if peer.allowed_ips_left_out:
        yield line("allowed ips left out", peer.allowed_ips_left_out)
    if peer.last_handshake[0]:
        now = int(time.time())
        yield line("latest handshake", units.ago(peer.last_handshake[0], now))
    if peer.rx_bytes or peer.tx_bytes:
        received, sent = units.amount(peer.rx_bytes), units.amount(peer.tx_bytes)
        yield line("transfer", f"{received} received, {sent} sent")
    if peer.persistent_keepalive:
        interval = units.duration(peer.persistent_keepalive)
        yield line("persistent keepalive", f"every {interval}")
