"""The configuration diff, and the limits of its outcome."""

from pywg_embedded.control.diff import ConfigDiff, StatusSnapshot, diff
from pywg_embedded.control.keys import clamp
from pywg_embedded.core.config import ZERO_KEY, InterfaceChange, InterfaceStatus
from pywg_embedded.core.errors import ENOSPC, LimitError
from tests.control.support import (
    Model,
    change,
    error_of,
    key,
    peer_change,
    peer_status,
    plain,
    status,
)

A, B, C = 1, 2, 3
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


def test_limits_apply_to_the_outcome() -> None:
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
        config_diff = ConfigDiff(StatusSnapshot(running()), wanted)
        config_diff.check_limits(*sizes)
        for limits in ((sizes[0] - 1, sizes[1]), (sizes[0], sizes[1] - 1)):
            assert "too many " in error_of(config_diff.check_limits, *limits), row


def test_a_limit_error_names_limit_and_option() -> None:
    config_diff = ConfigDiff(
        StatusSnapshot(running()), change(peer_change(C, "10.3.0.0/16"))
    )
    for row, (limits, message) in enumerate(
        (
            (
                (2, 9),
                "too many peers: 3 (limit 2); raise --max-peers to 3",
            ),
            (
                (9, 3),
                "too many allowed IPs: 4 (limit 3); raise --max-allowed-ips to 4",
            ),
        )
    ):
        assert error_of(config_diff.check_limits, *limits) == message, row
    try:
        config_diff.check_limits(0, 0)
    except LimitError as error:
        assert error.errno == ENOSPC
    else:
        raise AssertionError("nothing was raised")


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
