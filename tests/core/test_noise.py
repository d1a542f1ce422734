"""The handshake: known answers, forgeries at every field, low-order points, wiping."""

from binascii import unhexlify

from pywg_embedded import crypto
from pywg_embedded.core import messages, noise
from pywg_embedded.core.keypair import Keypair
from tests.core.support import (
    LOW_ORDER_POINTS,
    NOW,
    RecordingCrypto,
    SeededCrypto,
    drop_reason_of,
    flip_bit,
    private_key,
)
from tests.vectors import load

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    Fields = tuple[Any, ...]

PSK = b"p" * 32
STAMP = bytes(range(12))


class Party:
    """One side of a handshake, with crypto functions and static key."""

    def __init__(self, party_id: int, primitives: SeededCrypto | None = None) -> None:
        self.crypto = primitives or SeededCrypto(party_id)
        self.identity = noise.Identity(self.crypto, private_key(party_id))

    def initiate(self, peer: "Party") -> tuple[noise.Handshake, "Fields"]:
        """Return a handshake, and the fields of its initiation."""
        remote = peer.identity.public, self.shared_with(peer)
        handshake, message = noise.create_initiation(
            self.crypto, self.identity, remote, 1, STAMP
        )
        return handshake, messages.parse(message)[1]

    def read(self, fields: "Fields", peer: "Party") -> noise.ReceivedInitiation:
        """Return an authenticated initiation; raises Drop."""
        sender, ephemeral, static, stamp = fields[:4]
        received = noise.read_initiation(
            self.crypto, self.identity, sender, ephemeral, static
        )
        secret = self.shared_with(peer)
        noise.authenticate_initiation(received, secret, stamp)
        return received

    def respond(
        self, received: noise.ReceivedInitiation, psk: bytes = PSK
    ) -> tuple[Keypair, "Fields"]:
        """Return a keypair, and sender, ephemeral and empty text of the response."""
        keypair, message = noise.create_response(self.crypto, received, psk, 2, NOW)
        sender, _, ephemeral, nothing, _, _ = messages.parse(message)[1]
        return keypair, (sender, ephemeral, nothing)

    def finish(
        self, handshake: noise.Handshake, response: "Fields", psk: bytes = PSK
    ) -> Keypair:
        sender, ephemeral, nothing = response
        return noise.consume_response(
            self.crypto,
            self.identity,
            handshake,
            psk,
            (sender, ephemeral, nothing),
            NOW + 5,
        )

    def shared_with(self, peer: "Party") -> bytearray:
        return bytearray(
            self.crypto.dh(self.identity.private, peer.identity.public) or b""
        )


class Traced(noise.SymmetricState):
    """Records the copies of the handshake state."""

    def __init__(self, state: noise.SymmetricState) -> None:
        super().__init__(crypto, state.chaining_key, state.hash)
        self.copies: list[noise.SymmetricState] = []

    def copy(self) -> noise.SymmetricState:
        self.copies.append(super().copy())
        return self.copies[-1]


def known() -> "list[dict[str, Any]]":
    """Return the handshakes of the vectors, as bytes."""
    cases = load("noise_ikpsk2.json")["handshakes"]
    return [
        {k: v if k == "name" else unhexlify(v) for k, v in case.items()}
        for case in cases
    ]


def index_of(case: "dict[str, Any]", side: str) -> int:
    return int.from_bytes(case["sender_index_" + side], "little")


def party_of(case: "dict[str, Any]", side: str) -> Party:
    party = Party(1, SeededCrypto(1, (case["ephemeral_private_" + side],)))
    private = case["static_private_" + side]
    party.identity = noise.Identity(party.crypto, private)
    return party


def keys_of(keypair: Keypair) -> tuple[bytes, bytes]:
    return bytes(keypair.send_key), bytes(keypair.receive_key)


def test_the_initiator_agrees_with_an_independent_implementation() -> None:
    for case in known():
        initiator, responder = party_of(case, "initiator"), party_of(case, "responder")
        handshake, message = noise.create_initiation(
            initiator.crypto,
            initiator.identity,
            (responder.identity.public, initiator.shared_with(responder)),
            index_of(case, "initiator"),
            case["timestamp"],
        )
        assert message[:-32] == case["initiation"][:-32], case["name"]
        sender, _, ephemeral, nothing, _, _ = messages.parse(case["response"])[1]
        response = sender, ephemeral, nothing
        keypair = initiator.finish(handshake, response, case["preshared_key"])
        keys = case["initiator_sending_key"], case["initiator_receiving_key"]
        assert keys_of(keypair) == keys, case["name"]
        indices = index_of(case, "initiator"), index_of(case, "responder")
        found = keypair.local_index, keypair.remote_index
        assert found == indices, case["name"]
        assert keypair.initiator and keypair.created_at == NOW + 5, case["name"]


def test_the_responder_agrees_with_an_independent_implementation() -> None:
    for case in known():
        initiator, responder = party_of(case, "initiator"), party_of(case, "responder")
        received = responder.read(messages.parse(case["initiation"])[1], initiator)
        assert received.static == initiator.identity.public, case["name"]
        assert received.timestamp == case["timestamp"], case["name"]
        indices = index_of(case, "responder"), index_of(case, "initiator")
        keypair, message = noise.create_response(
            responder.crypto, received, case["preshared_key"], indices[0], NOW
        )
        assert message[:-32] == case["response"][:-32], case["name"]
        keys = case["initiator_receiving_key"], case["initiator_sending_key"]
        assert keys_of(keypair) == keys, case["name"]
        found = keypair.local_index, keypair.remote_index
        assert found == indices, case["name"]
        assert not keypair.initiator and keypair.created_at == NOW, case["name"]


def test_the_transport_keys_decrypt_the_known_keepalive() -> None:
    for case in known():
        key = case["initiator_sending_key"]
        sealed = case["keepalive"][16:]
        assert crypto.open_sealed(key, bytes(12), sealed, b"") == b"", case["name"]


def test_an_initiation_changed_anywhere_is_refused() -> None:
    a, b = Party(1), Party(2)
    fields = a.initiate(b)[1]
    assert drop_reason_of(b.read, fields, a) is None
    # field: 1 ephemeral, 2 static, 3 timestamp
    for field in (1, 2, 3):
        for position in range(len(fields[field])):
            changed = list(fields)
            changed[field] = flip_bit(fields[field], position)
            # X25519 ignores the top bit: only the hash changes.
            reason = drop_reason_of(b.read, changed, a)
            assert reason == "initiation_not_authentic", f"field {field}: {position}"


def test_a_truncated_field_of_an_initiation_is_refused() -> None:
    a, b = Party(1), Party(2)
    fields = a.initiate(b)[1]
    for field, sizes in ((2, (0, 15, 16, 47)), (3, (0, 15, 16, 27))):
        for size in sizes:
            changed = list(fields)
            changed[field] = fields[field][:size]
            reason = drop_reason_of(b.read, changed, a)
            assert reason == "initiation_not_authentic", f"field {field}: {size}"


def test_an_initiation_to_another_key_is_refused() -> None:
    a, b, c = Party(1), Party(2), Party(3)
    fields = a.initiate(b)[1]
    assert drop_reason_of(c.read, fields, a) == "initiation_not_authentic"


def test_an_initiation_that_claims_another_sender_is_refused() -> None:
    a, b, c = Party(1), Party(2), Party(3)
    fields = a.initiate(b)[1]
    assert drop_reason_of(b.read, fields, c) == "initiation_not_authentic"


def test_a_response_changed_anywhere_is_refused() -> None:
    a, b = Party(1), Party(2)
    handshake, fields = a.initiate(b)
    response = b.respond(b.read(fields, a))[1]
    # field: 1 ephemeral, 2 nothing
    for field in (1, 2):
        for position in range(len(response[field])):
            changed = list(response)
            changed[field] = flip_bit(response[field], position)
            reason = drop_reason_of(a.finish, handshake, changed)
            assert reason == "response_not_authentic", f"field {field}: {position}"


def test_a_truncated_response_is_refused() -> None:
    a, b = Party(1), Party(2)
    handshake, fields = a.initiate(b)
    sender, ephemeral, nothing = b.respond(b.read(fields, a))[1]
    for size in (0, 1, 15):
        changed = sender, ephemeral, nothing[:size]
        reason = drop_reason_of(a.finish, handshake, changed)
        assert reason == "response_not_authentic", size


def test_both_sides_need_the_same_preshared_key() -> None:
    a, b = Party(1), Party(2)
    # preshared key of the responder, of the initiator, whether the handshake completes
    for row, (theirs, ours, agree) in enumerate(
        (
            (PSK, PSK, True),
            (bytes(32), bytes(32), True),
            (PSK, bytes(32), False),
            (bytes(32), PSK, False),
            (PSK, flip_bit(PSK, 31), False),
        )
    ):
        handshake, fields = a.initiate(b)
        response = b.respond(b.read(fields, a), theirs)[1]
        reason = drop_reason_of(a.finish, handshake, response, ours)
        assert reason == (None if agree else "response_not_authentic"), f"row {row}"


def test_a_response_to_an_earlier_initiation_is_refused() -> None:
    a, b = Party(1), Party(2)
    response = b.respond(b.read(a.initiate(b)[1], a))[1]
    later = a.initiate(b)[0]
    assert drop_reason_of(a.finish, later, response) == "response_not_authentic"


def test_a_forged_response_leaves_the_handshake_usable() -> None:
    a, b = Party(1), Party(2)
    handshake, fields = a.initiate(b)
    theirs, response = b.respond(b.read(fields, a))
    sender, ephemeral, nothing = response
    for forged in (
        (sender, flip_bit(ephemeral, 0), nothing),
        (sender, ephemeral, flip_bit(nothing, 0)),
        (sender, bytes(32), nothing),
    ):
        assert drop_reason_of(a.finish, handshake, forged) is not None
    ours = a.finish(handshake, response)
    assert keys_of(ours) == (bytes(theirs.receive_key), bytes(theirs.send_key))


def test_a_low_order_ephemeral_of_an_initiation_is_refused() -> None:
    a, b = Party(1), Party(2)
    fields = list(a.initiate(b)[1])
    for row, point in enumerate(LOW_ORDER_POINTS):
        fields[1] = unhexlify(point)
        assert drop_reason_of(b.read, fields, a) == "low_order_point", f"row {row}"


def test_a_low_order_ephemeral_of_a_response_is_refused() -> None:
    a, b = Party(1), Party(2)
    handshake, fields = a.initiate(b)
    sender, _, nothing = b.respond(b.read(fields, a))[1]
    for row, point in enumerate(LOW_ORDER_POINTS):
        response = sender, unhexlify(point), nothing
        reason = drop_reason_of(a.finish, handshake, response)
        assert reason == "low_order_point", f"row {row}"


def test_a_low_order_static_key_is_refused() -> None:
    a = Party(1)
    for row, text in enumerate(LOW_ORDER_POINTS):
        point = unhexlify(text)
        secret = crypto.dh(a.identity.private, point)
        assert secret is None, f"row {row}"
        reason = drop_reason_of(
            noise.create_initiation, crypto, a.identity, (point, secret), 1, STAMP
        )
        assert reason == "low_order_point", f"row {row}"


def test_an_initiation_from_a_peer_with_a_low_order_key_is_refused() -> None:
    a, b = Party(1), Party(2)
    sender, ephemeral, static, stamp = a.initiate(b)[1][:4]
    received = noise.read_initiation(b.crypto, b.identity, sender, ephemeral, static)
    reason = drop_reason_of(noise.authenticate_initiation, received, None, stamp)
    assert reason == "low_order_point"


def test_the_chaining_key_is_replaced_in_place() -> None:
    state = noise.SymmetricState(crypto, bytearray(b"c" * 32), bytes(32))
    before = state.chaining_key
    for mix in (state.mix_ephemeral, state.mix_secret, state.mix_psk):
        mix(b"m" * 32)
        assert state.chaining_key is before
    assert before != b"c" * 32


def test_the_initiator_keeps_only_secrets_of_the_response() -> None:
    watched = RecordingCrypto(1)
    a, b = Party(1, watched), Party(2)
    secret = a.shared_with(b)
    remote = b.identity.public, secret
    watched.secrets.clear()
    handshake = noise.create_initiation(watched, a.identity, remote, 1, STAMP)[0]
    left = watched.unwiped_secrets()
    assert len(left) == 1 and left[0] is handshake.ephemeral
    handshake.wipe()
    assert watched.unwiped_secrets() == []
    assert handshake.state.chaining_key == bytes(32)


def test_secrets_are_overwritten_when_a_response_fails() -> None:
    watched = RecordingCrypto(2)
    a, b = Party(1), Party(2, watched)
    # The low-order point: ephemeral of the initiation, or static key of the initiator.
    for row, field in enumerate(("ephemeral", "static")):
        received = b.read(a.initiate(b)[1], a)
        setattr(received, field, unhexlify(LOW_ORDER_POINTS[0]))
        assert drop_reason_of(b.respond, received) == "low_order_point", f"row {row}"
        left = watched.unwiped_secrets()
        assert len(left) == 1 and left[0] is b.identity.private, f"row {row}"
        assert received.state.chaining_key == bytes(32), f"row {row}"


def test_the_responder_keeps_only_the_keypair() -> None:
    watched = RecordingCrypto(2)
    a, b = Party(1), Party(2, watched)
    received = b.read(a.initiate(b)[1], a)
    b.respond(received)
    left = watched.unwiped_secrets()
    assert len(left) == 1 and left[0] is b.identity.private
    assert received.state.chaining_key == bytes(32)


def test_a_response_leaves_only_the_secrets_of_the_handshake() -> None:
    watched = RecordingCrypto(1)
    a, b = Party(1, watched), Party(2)
    handshake, fields = a.initiate(b)
    handshake.state = traced = Traced(handshake.state)
    sender, ephemeral, nothing = b.respond(b.read(fields, a))[1]
    for response in (
        (sender, ephemeral, flip_bit(nothing, 0)),
        (sender, bytes(32), nothing),
        (sender, ephemeral, nothing),
    ):
        drop_reason_of(a.finish, handshake, response)
        for secret in watched.unwiped_secrets():
            assert secret is a.identity.private or secret is handshake.ephemeral
    assert [bytes(copy.chaining_key) for copy in traced.copies] == [bytes(32)] * 3
