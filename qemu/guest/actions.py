"""The actions of the checks: what two peers must be able to do with each other.

An action takes two new peers that are connected by a veth pair and do not know each
other. It raises AssertionError if a check fails and returns figures for the report.
Each action works with either implementation in either role.
"""

from pywg_embedded.core.constants import REKEY_AFTER_TIME, TRANSPORT_MIN_SIZE
from qemu.guest.peers import Peer
from qemu.guest.shell import run, wait_until
from qemu.guest.traffic import ping, send
from qemu.report import Figures

FILE_SIZE = 8_000_000
# Seconds without a reply; longer than REKEY_TIMEOUT.
NO_REPLY_SECONDS = 7


def starts_the_handshake(first: Peer, second: Peer) -> Figures:
    """The responder learns the endpoint of the initiator from the handshake."""
    connect(first, second)
    assert second.session(first).endpoint == "(none)"
    assert_reaches(first, second)
    assert second.session(first).endpoint == first.endpoint(4)
    assert first.session(second).latest_handshake, "no handshake at the initiator"
    assert second.session(first).latest_handshake, "no handshake at the responder"
    return {}


def pings_over_ipv4(first: Peer, second: Peer) -> Figures:
    """Both IP versions inside, IPv4 outside."""
    connect(first, second, outside=4)
    return assert_reaches(first, second)


def pings_over_ipv6(first: Peer, second: Peer) -> Figures:
    """Both IP versions inside, IPv6 outside."""
    connect(first, second, outside=6)
    return assert_reaches(first, second)


def sends_a_file(first: Peer, second: Peer) -> Figures:
    """A TCP transfer through the tunnel arrives complete and unchanged."""
    connect(first, second)
    seconds = send(FILE_SIZE, first, second)
    megabytes = FILE_SIZE / 1e6
    speed = 8 * megabytes / seconds
    return {"MB": megabytes, "s": round(seconds, 1), "Mbit/s": round(speed, 1)}


def pings_with_a_preshared_key(first: Peer, second: Peer) -> Figures:
    """Both peers use the same preshared key."""
    key = run("wg", "genpsk")
    connect(first, second)
    set_preshared_keys(first, key, second, key)
    return assert_reaches(first, second)


def needs_the_right_preshared_key(first: Peer, second: Peer) -> Figures:
    """No handshake with different preshared keys; one once they are corrected."""
    right, wrong = run("wg", "genpsk"), run("wg", "genpsk")
    connect(first, second)
    set_preshared_keys(first, right, second, wrong)
    assert_does_not_reach(first, second)
    assert first.session(second).latest_handshake == 0, (
        "handshake with different preshared keys"
    )
    set_preshared_keys(first, right, second, right)
    wait_until(lambda: ping(first, second.inside[4]).received, "ping reply")
    return {}


def rekeys_without_loss(first: Peer, second: Peer) -> Figures:
    """No ping is lost when the keypair is replaced, after REKEY_AFTER_TIME."""
    connect(first, second)
    assert_reaches(first, second)
    start = second.session(first).latest_handshake
    lifetime = REKEY_AFTER_TIME // 1000
    pings = ping(first, second.inside[4], count=lifetime + 10)
    age = second.session(first).latest_handshake - start
    # Both times are whole seconds.
    assert age >= lifetime - 1, f"rekey after {age} s"
    assert pings.received == pings.sent, f"{pings}, rekey after {age} s"
    return {"s until rekey": age, "pings": pings.sent, "ms": pings.average_ms}


def roams_over_ipv4(first: Peer, second: Peer) -> Figures:
    """``roams`` with IPv4 outside."""
    return roams(first, second, 4, "10.0.0.99")


def roams_over_ipv6(first: Peer, second: Peer) -> Figures:
    """``roams`` with IPv6 outside."""
    return roams(first, second, 6, "fd00::99")


def roams(first: Peer, second: Peer, family: int, address: str) -> Figures:
    """The first peer changes its outer address; the keypair stays in use."""
    connect(first, second, outside=family)
    assert_reaches(first, second)
    handshake = second.session(first).latest_handshake
    first.move(family, address)
    assert_reaches(first, second)
    assert second.session(first).endpoint == first.endpoint(family)
    figures = assert_reaches(second, first)
    assert second.session(first).latest_handshake == handshake, (
        "unexpected new handshake"
    )
    return figures


def keeps_alive(first: Peer, second: Peer) -> Figures:
    """Persistent keepalive causes a handshake at once and then keepalives."""
    connect(first, second)
    first.set_peer(second, "persistent-keepalive", "1")
    wait_until(lambda: second.session(first).latest_handshake, "handshake")
    start = second.session(first).received
    enough = start + 3 * TRANSPORT_MIN_SIZE
    wait_until(lambda: second.session(first).received >= enough, "three keepalives")
    return {}


def changes_its_private_key(first: Peer, second: Peer) -> Figures:
    """The first peer changes its private key and initiates a new handshake."""
    connect(first, second)
    assert_reaches(first, second)
    second.remove_peer(first)
    first.renew_key()
    second.add_peer(first)
    first.install_key()
    return assert_reaches(first, second)


def removes_and_adds_the_peer(first: Peer, second: Peer) -> Figures:
    """A removed peer is not reachable until it is added again."""
    connect(first, second)
    assert_reaches(first, second)
    first.remove_peer(second)
    assert_does_not_reach(second, first)
    connect(first, second)
    return assert_reaches(first, second)


def shows_the_same_with_wg_and_pywg(first: Peer, second: Peer) -> Figures:
    """pywg and wg print the same dump."""
    connect(first, second)
    assert_reaches(first, second)
    show = ("show", first.interface, "dump")
    assert first.run("pywg", *show) == first.run("wg", *show)
    return {}


def connect(first: Peer, second: Peer, outside: int = 4) -> None:
    """Add each peer to the other; only the first has an endpoint, so it initiates."""
    second.add_peer(first)
    first.add_peer(second)
    first.set_peer(second, "endpoint", second.endpoint(outside))


def set_preshared_keys(
    first: Peer, of_first: str, second: Peer, of_second: str
) -> None:
    """Set the preshared key of each peer."""
    first.set_peer(second, "preshared-key", "-", text=of_first)
    second.set_peer(first, "preshared-key", "-", text=of_second)


def assert_reaches(first: Peer, second: Peer) -> Figures:
    """Check that every ping is answered, with IPv4 and IPv6 inside; return the last
    round trips."""
    figures = {}
    for family, address in second.inside.items():
        # One at a time: after a reply, ping(8) hardly waits for the next one.
        pings = [ping(first, address) for _ in range(3)]
        assert all(each.received for each in pings), (
            f"ping lost, IPv{family} inside: {pings}"
        )
        figures[f"ms IPv{family} inside"] = pings[-1].average_ms
    return figures


def assert_does_not_reach(first: Peer, second: Peer) -> None:
    """Check that no ping is answered."""
    pings = ping(first, second.inside[4], wait=NO_REPLY_SECONDS)
    assert not pings.received, f"unexpected reply: {pings}"
