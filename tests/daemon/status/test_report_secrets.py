"""No report for ubus holds a secret, in any form; every secret of a device is tried."""

import json

from pywg_embedded.core.noise import Identity
from pywg_embedded.core.peer import Peer
from pywg_embedded.daemon.interface import Interface
from tests.control.support import change, key, peer_change
from tests.lab.memory import pieces

from .test_report import report_of

# Every field of a peer and of an identity is in one of these sets.
SECRETS = {"preshared_key", "static_static", "private", "cookies", "handshake"}
PUBLIC = {
    "fired", "greatest_timestamp", "handshake_requested_at", "handshake_sent_at", "id",
    "initiation_received_at", "initiation_sent_at", "initiations_unanswered", "jitter",
    "last_handshake_at", "last_timestamp_sent", "persistent_keepalive", "public",
    "public_key", "response_index", "session_created_at",
}  # fmt: skip


def buffers(value: object) -> list[bytes]:
    """Return the buffers in a field and in the fields of its value."""
    if isinstance(value, (bytes, bytearray)):
        return [bytes(value)] if len(value) >= 16 and any(value) else []
    found: list[bytes] = []
    for name in (*getattr(value, "__slots__", ()), *getattr(value, "__dict__", ())):
        if name not in ("_mac1_key", "_cookie_key", "hash", "_crypto"):
            found += buffers(getattr(value, name))
    return found


def test_report_holds_no_field_with_a_secret(interface: Interface) -> None:
    peer = peer_change(1, "10.0.0.0/8", preshared_key=key(9))
    peer.endpoint = (b"\x7f\0\0\1", 9, 0)
    interface.configure(change(peer, private_key=key(77)))
    interface.device.interface_up(1)
    (engine_peer,) = interface.device.peers
    interface.device.rekey(engine_peer.id, 10_000_000)
    identity = interface.device._identity
    assert isinstance(identity, Identity) and isinstance(engine_peer, Peer)
    assert engine_peer.handshake is not None
    fields = {*Peer.__slots__, *vars(identity)}
    assert not SECRETS & PUBLIC
    unsorted_fields = fields - SECRETS - PUBLIC
    assert not unsorted_fields, "put a new field into one of the two sets"
    report = report_of(interface)
    text = json.dumps([report.status(), report.history()], default=repr).encode()
    assert pieces(engine_peer.public_key)["base64"][0] in text
    secrets = [
        secret
        for holder in (engine_peer, identity)
        for field in sorted(SECRETS)
        for secret in buffers(getattr(holder, field, None))
    ]
    assert len(secrets) >= 5
    for secret in secrets:
        for form, parts in pieces(secret).items():
            assert not [part for part in parts if part in text], form
