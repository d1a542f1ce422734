"""The configuration diff, and the limits of its outcome."""

from pywg_embedded.control.address import parse_allowed_ip
from pywg_embedded.control.diff import StatusSnapshot, Surplus, diff, fit
from pywg_embedded.control.keys import clamp
from pywg_embedded.core.config import ZERO_KEY, InterfaceChange, InterfaceStatus
from tests.control.support import (
    Model,
    change,
    key,
    peer_change,
    peer_status,
    plain,
    status,
)

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

A, B, C, D = 1, 2, 3, 4
ENDPOINT = (b"\xc0\x00\x02\x01", 51820, 0)
OTHER_ENDPOINT = (b"\xc0\x00\x02\x02", 51820, 0)
NET, HALF, HOST = "10.0.0.0/8", "10.0.0.0/9", "10.0.0.1/32"


def running() -> InterfaceStatus:
    """Return peer A with all values and two allowed IPs, and peer B with one."""
    a = peer_status(
        A,
        NET,
        HALF,
        preshared_key=key(9),
        endpoint=ENDPOINT,
        persistent_keepalive=25,
    )
    b = peer_status(B, HOST)
    return status(a, b, private_key=key(8), listen_port=51820, fwmark=1)


# A change, and its difference to ``running``.
DIFFERENCES = (
    (change(), change()),
    (
        change(private_key=key(8), listen_port=51820, fwmark=1),
        change(),
    ),
    (
        change(private_key=key(7), listen_port=0, fwmark=0),
        change(private_key=key(7), listen_port=0, fwmark=0),
    ),
    # Values that are set already.
    (change(peer_change(A, NET, preshared_key=key(9), endpoint=ENDPOINT)), change()),
    (
        change(peer_change(A, preshared_key=bytes(32), persistent_keepalive=25)),
        change(peer_change(A, preshared_key=bytes(32))),
    ),
    # New, removed, and unknown peers.
    (change(peer_change(C)), change(peer_change(C))),
    (change(peer_change(C, NET, update_only=True)), change()),
    (change(peer_change(C, remove=True)), change()),
    (change(peer_change(B, remove=True)), change(peer_change(B, remove=True))),
    (
        change(peer_change(C, NET), peer_change(C, remove=True)),
        change(peer_change(A, "-" + NET)),
    ),
    # A peer that is removed and added has no session.
    (
        change(peer_change(B, remove=True), peer_change(B, HOST)),
        change(peer_change(B, remove=True), peer_change(B, HOST)),
    ),
    (
        change(peer_change(A, remove=True), peer_change(A, endpoint=ENDPOINT)),
        change(peer_change(A, remove=True), peer_change(A, endpoint=ENDPOINT)),
    ),
    # Allowed IPs: replaced, removed, moved, moved and moved back.
    (
        change(peer_change(A, NET, "10.2.0.0/16", replace_allowed_ips=True)),
        change(peer_change(A, "-" + HALF), peer_change(A, "10.2.0.0/16")),
    ),
    (change(peer_change(A, "-" + NET)), change(peer_change(A, "-" + NET))),
    (change(peer_change(B, "-" + NET)), change()),
    (change(peer_change(B, NET)), change(peer_change(B, NET))),
    (change(peer_change(B, NET), peer_change(A, NET)), change()),
    (
        change(peer_change(B, NET), peer_change(B, "-" + NET)),
        change(peer_change(A, "-" + NET)),
    ),
    (
        change(peer_change(B, NET), peer_change(A, replace_allowed_ips=True)),
        change(peer_change(A, "-" + HALF), peer_change(B, NET)),
    ),
    # All peers replaced: a peer that is named again keeps session and endpoint.
    (
        change(replace_peers=True),
        change(peer_change(A, remove=True), peer_change(B, remove=True)),
    ),
    (
        change(peer_change(B, HOST), peer_change(A, NET), replace_peers=True),
        change(
            peer_change(A, "-" + HALF),
            peer_change(A, preshared_key=bytes(32), persistent_keepalive=0),
        ),
    ),
    (
        change(
            peer_change(A, endpoint=OTHER_ENDPOINT, preshared_key=key(9)),
            replace_peers=True,
        ),
        change(
            peer_change(A, "-" + NET, "-" + HALF),
            peer_change(B, remove=True),
            peer_change(A, endpoint=OTHER_ENDPOINT, persistent_keepalive=0),
        ),
    ),
    (
        change(peer_change(B, HOST, update_only=True), replace_peers=True),
        change(peer_change(A, remove=True), peer_change(B, remove=True)),
    ),
    (
        change(peer_change(B, remove=True), peer_change(B, HOST), replace_peers=True),
        change(
            peer_change(A, remove=True),
            peer_change(B, remove=True),
            peer_change(B, HOST),
        ),
    ),
)


def test_the_difference_has_only_real_changes() -> None:
    for row, (wanted, difference) in enumerate(DIFFERENCES):
        assert plain(diff(running(), wanted)) == plain(difference), row


def test_the_difference_has_the_outcome_of_the_change() -> None:
    for row, (wanted, _) in enumerate(DIFFERENCES):
        straight = Model(running()).apply(wanted)
        reduced = Model(running()).apply(diff(running(), wanted))
        assert reduced.outcome() == straight.outcome(), row


def test_new_peers_keep_their_order() -> None:
    numbers = (40, 7, 99, 3, 65)
    wanted = change(*[peer_change(n) for n in numbers])
    peers = diff(InterfaceStatus(), wanted).peers
    assert [peer.public_key for peer in peers] == [key(n) for n in numbers]


def test_unclamped_private_key_is_no_difference_when_it_is_the_running_one() -> None:
    now = status(private_key=clamp(key(9)))
    assert diff(now, change(private_key=key(9))).private_key is None
    assert diff(now, change(private_key=key(10))).private_key == key(10)
    assert diff(now, change(private_key=ZERO_KEY)).private_key == ZERO_KEY


def test_diff_modifies_no_argument() -> None:
    for row, (wanted, _) in enumerate(DIFFERENCES):
        before = running()
        wanted_before = plain(wanted)
        diff(before, wanted)
        assert plain(before) == plain(running()), row
        assert plain(wanted) == wanted_before, row


def fitted(wanted: InterfaceChange, *sizes: int) -> "tuple[tuple[int, int], Surplus]":
    """Return the counts of the outcome, which its difference has too, and the rest."""
    outcome, surplus = fit(StatusSnapshot(running()), wanted, None, *sizes)
    model = Model(running()).apply(outcome.difference())
    assert model.counts() == outcome.counts()
    return outcome.counts(), surplus


def test_nothing_is_left_out_when_the_outcome_fits() -> None:
    full = (2, 3)
    for row, (wanted, sizes) in enumerate(
        (
            (change(), full),
            (change(peer_change(C)), (3, 3)),
            (change(peer_change(A, remove=True), peer_change(C, NET)), (2, 2)),
            (change(peer_change(C, NET), peer_change(A, remove=True)), (2, 2)),
            (change(peer_change(B, "10.3.0.0/16")), (2, 4)),
            (change(peer_change(B, NET, HALF)), full),
            (change(peer_change(C, NET, update_only=True)), full),
            (change(peer_change(C, HOST), replace_peers=True), (1, 1)),
        )
    ):
        counts, surplus = fitted(wanted, *sizes)
        assert counts == surplus.counts == sizes, row
        assert not surplus, row


# A change, the sizes of the tables, the counts of the outcome, the peers left out, and
# the numbers of allowed IPs left out by peer.
SURPLUS: "tuple[tuple[Any, ...], ...]" = (
    # One peer too many, and two.
    (change(peer_change(C), peer_change(D)), (3, 9), (3, 3), [D], {}),
    (change(peer_change(C), peer_change(D)), (2, 9), (2, 3), [C, D], {}),
    # What else the change has is applied.
    (
        change(peer_change(C, "10.3.0.0/16"), peer_change(A, remove=True)),
        (1, 9),
        (1, 1),
        [C],
        {},
    ),
    # An allowed IP of a peer that is left out stays with its owner.
    (change(peer_change(C, NET)), (2, 9), (2, 3), [C], {}),
    # Running peers and allowed IPs come before new ones.
    (
        change(peer_change(C), peer_change(B), peer_change(A), replace_peers=True),
        (2, 9),
        (2, 0),
        [C],
        {},
    ),
    (
        change(peer_change(C, "10.3.0.0/16", NET), replace_peers=True),
        (9, 1),
        (1, 1),
        [],
        {C: 1},
    ),
    (
        change(peer_change(B, "10.3.0.0/16", "10.4.0.0/16")),
        (9, 4),
        (2, 4),
        [],
        {B: 1},
    ),
    # Both tables are full.
    (
        change(peer_change(B, "10.3.0.0/16"), peer_change(C, "10.4.0.0/16")),
        (2, 3),
        (2, 3),
        [C],
        {B: 1},
    ),
)


def test_surplus_is_left_out_and_the_rest_applied() -> None:
    for row, (wanted, sizes, counts, peers, allowed_ips) in enumerate(SURPLUS):
        found, surplus = fitted(wanted, *sizes)
        left_out = {peer: len(ips) for peer, ips in surplus.allowed_ips.items()}
        assert found == counts, row
        assert surplus.peers == [key(peer) for peer in peers], row
        expected = {key(peer): count for peer, count in allowed_ips.items()}
        assert left_out == expected, row
        assert surplus and surplus.counts != counts, row


def test_running_allowed_ips_stay_when_new_ones_do_not_fit() -> None:
    wanted = change(peer_change(C, "10.3.0.0/16", NET), replace_peers=True)
    outcome, surplus = fit(StatusSnapshot(running()), wanted, None, 9, 1)
    assert surplus.allowed_ips == {key(C): [parse_allowed_ip("10.3.0.0/16")]}
    outcome, surplus = fit(
        StatusSnapshot(running()), change(peer_change(C, NET)), None, 2, 9
    )
    assert not outcome.difference().peers


def test_full_tables_do_not_overflow_between_changes() -> None:
    wanted = change(
        peer_change(C, "10.3.0.0/16", "10.4.0.0/16"),
        peer_change(B, "-" + HOST),
        peer_change(A, remove=True),
    )
    model = Model(running())
    for section in diff(running(), wanted).peers:
        single = InterfaceChange()
        single.peers.append(section)
        peers, allowed_ips = model.apply(single).counts()
        assert peers <= 2 and allowed_ips <= 3, plain(section)
