"""The table of peers: lookups, limit, removal."""

from pywg_embedded import crypto
from pywg_embedded.core import messages, noise
from pywg_embedded.core.errors import ENOSPC, LimitError
from pywg_embedded.core.peers import Peers

A, B, C = (bytes((n,)) * 32 for n in (1, 2, 3))


def table(*keys: bytes) -> Peers:
    peers = Peers(crypto, 2)
    for key in keys:
        peers.add(key)
    return peers


def error_of_adding(peers: Peers, key: bytes) -> LimitError | None:
    try:
        peers.add(key)
    except LimitError as error:
        return error
    return None


def test_a_peer_is_found_by_key_and_by_id() -> None:
    peers = table()
    a, b = peers.add(A), peers.add(B)
    assert a.id != b.id
    for row, (peer, key) in enumerate(((a, A), (b, B))):
        assert peers.with_key(key) is peer, f"row {row}"
        assert peers.with_id(peer.id) is peer, f"row {row}"
    assert peers.with_key(C) is None
    assert peers.with_id(99) is None
    assert peers.keys() == {A, B}


def test_a_full_table_raises_an_error_and_stays_unchanged() -> None:
    peers = table(A, B)
    error = error_of_adding(peers, C)
    assert error is not None
    assert error.errno == ENOSPC
    assert "2" in str(error) and "--max-peers" in str(error)
    assert peers.keys() == {A, B}
    assert peers.with_key(C) is None


def test_the_id_of_a_removed_peer_is_reused() -> None:
    peers = table()
    a, b = peers.add(A), peers.add(B)
    peers.remove(a)
    assert peers.with_key(A) is None and peers.with_id(a.id) is None
    c = peers.add(C)
    assert c.id == a.id
    assert peers.with_id(b.id) is b


def test_an_index_finds_its_peer_until_it_is_released() -> None:
    peers = table()
    peer = peers.add(A)
    assert peers.with_index(0) is None
    for index in (0, 2**32 - 1):
        peers.claim_index(peer, index)
        assert peers.with_index(index) is peer, index
        peers.release_index(index)
        assert peers.with_index(index) is None, index
    peers.release_index(None)
    peers.release_index(7)


def test_no_index_finds_a_removed_peer() -> None:
    peers = table()
    peer = peers.add(A)
    state = noise.SymmetricState(crypto, bytearray(32), bytes(32))
    peer.handshake, peer.response_index = noise.Handshake(state, bytearray(32), 5), 6
    for index in (5, 6):
        peers.claim_index(peer, index)
    peers.remove(peer)
    for index in (5, 6):
        assert peers.with_index(index) is None, index


def test_the_secrets_of_a_removed_peer_are_wiped() -> None:
    peers = table()
    peer = peers.add(A)
    peer.preshared_key[:] = b"p" * 32
    peer.static_static = bytearray(b"s" * 32)
    message = messages.initiation(7, bytes(32), bytes(48), bytes(28))
    peer.cookies.add_macs(crypto, message, 0)
    assert peer.cookies.expects_reply(7)
    peers.remove(peer)
    assert not peer.cookies.expects_reply(7)
    assert peer.preshared_key == peer.static_static == bytes(32)


def test_peers_can_be_removed_during_iteration() -> None:
    peers = table(A, B)
    for peer in peers:
        peers.remove(peer)
    assert peers.keys() == set()
