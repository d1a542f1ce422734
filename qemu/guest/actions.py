"""What pywgd and the kernel's WireGuard have to be able to do as each other's peer.

An action takes two peers, fresh, linked by a cable and strangers to each other. It
raises AssertionError if something is not as it should be, and returns the figures
worth printing. All of them are written for either kind of peer in either role.
"""

from pywg_embedded.core.constants import REKEY_AFTER_TIME, TRANSPORT_MIN_SIZE
from qemu.guest.peers import Peer
from qemu.guest.shell import eventually, run
from qemu.guest.traffic import ping, send
from qemu.report import Figures

FILE_SIZE = 8_000_000
# Longer than the five seconds after which a handshake is tried again.
SILENCE = 7


def starts_the_handshake(first: Peer, second: Peer) -> Figures:
    """The second knows no endpoint before it."""
    connect(first, second)
    assert second.session(first).endpoint == "(none)"
    assert_reaches(first, second)
    assert second.session(first).endpoint == first.endpoint(4)
    assert first.session(second).latest_handshake, "no handshake at the initiator"
    assert second.session(first).latest_handshake, "no handshake at the responder"
    return {}


def pings_over_ipv4(first: Peer, second: Peer) -> Figures:
    """Both families inside, IPv4 outside."""
    connect(first, second, outside=4)
    return assert_reaches(first, second)


def pings_over_ipv6(first: Peer, second: Peer) -> Figures:
    """Both families inside, IPv6 outside."""
    connect(first, second, outside=6)
    return assert_reaches(first, second)


def sends_a_file(first: Peer, second: Peer) -> Figures:
    """What arrives is what was sent."""
    connect(first, second)
    seconds = send(FILE_SIZE, first, second)
    megabytes = FILE_SIZE / 1e6
    speed = 8 * megabytes / seconds
    return {"MB": megabytes, "s": round(seconds, 1), "Mbit/s": round(speed, 1)}


def pings_with_a_preshared_key(first: Peer, second: Peer) -> Figures:
    """A secret that both have is mixed in."""
    key = run("wg", "genpsk")
    connect(first, second)
    set_preshared_keys(first, key, second, key)
    return assert_reaches(first, second)


def needs_the_right_preshared_key(first: Peer, second: Peer) -> Figures:
    """Nothing with a wrong one; once corrected, no restart."""
    right, wrong = run("wg", "genpsk"), run("wg", "genpsk")
    connect(first, second)
    set_preshared_keys(first, right, second, wrong)
    assert_does_not_reach(first, second)
    assert first.session(second).latest_handshake == 0, "a handshake all the same"
    set_preshared_keys(first, right, second, right)
    eventually(lambda: ping(first, second.inside[4]).received, "an answer")
    return {}


def rekeys_without_loss(first: Peer, second: Peer) -> Figures:
    """Pings go on while the session is replaced, and not too early."""
    connect(first, second)
    assert_reaches(first, second)
    start = second.session(first).latest_handshake
    lifetime = REKEY_AFTER_TIME // 1000
    pings = ping(first, second.inside[4], count=lifetime + 10)
    age = second.session(first).latest_handshake - start
    # The two stamps are whole seconds.
    assert age >= lifetime - 1, f"the next handshake came after {age} s"
    assert pings.received == pings.sent, f"{pings}, the handshake after {age} s"
    return {"s old when renewed": age, "pings": pings.sent, "ms": pings.average_ms}


def roams_over_ipv4(first: Peer, second: Peer) -> Figures:
    """``roams`` with IPv4 outside."""
    return roams(first, second, 4, "10.0.0.99")


def roams_over_ipv6(first: Peer, second: Peer) -> Figures:
    """``roams`` with IPv6 outside."""
    return roams(first, second, 6, "fd00::99")


def roams(first: Peer, second: Peer, family: int, address: str) -> Figures:
    """The first changes its outside address; the session goes on, both ways."""
    connect(first, second, outside=family)
    assert_reaches(first, second)
    handshake = second.session(first).latest_handshake
    first.move(family, address)
    assert_reaches(first, second)
    assert second.session(first).endpoint == first.endpoint(family)
    figures = assert_reaches(second, first)
    assert second.session(first).latest_handshake == handshake, "a new handshake"
    return figures


def keeps_alive(first: Peer, second: Peer) -> Figures:
    """Without any data: a handshake at once, then keepalives."""
    connect(first, second)
    first.set_peer(second, "persistent-keepalive", "1")
    eventually(lambda: second.session(first).latest_handshake, "a handshake")
    start = second.session(first).received
    enough = start + 3 * TRANSPORT_MIN_SIZE
    eventually(lambda: second.session(first).received >= enough, "three keepalives")
    return {}


def changes_its_private_key(first: Peer, second: Peer) -> Figures:
    """The first renews the session by itself."""
    connect(first, second)
    assert_reaches(first, second)
    second.forget(first)
    first.renew_key()
    second.admit(first)
    first.install_key()
    return assert_reaches(first, second)


def removes_and_adds_the_other(first: Peer, second: Peer) -> Figures:
    """A peer that was removed is a stranger, then welcome."""
    connect(first, second)
    assert_reaches(first, second)
    first.forget(second)
    assert_does_not_reach(second, first)
    connect(first, second)
    return assert_reaches(first, second)


def shows_the_same_to_wg_and_pywg(first: Peer, second: Peer) -> Figures:
    """Both tools read the same facts."""
    connect(first, second)
    assert_reaches(first, second)
    show = ("show", first.interface, "dump")
    assert first.run("pywg", *show) == first.run("wg", *show)
    return {}


def connect(first: Peer, second: Peer, outside: int = 4) -> None:
    """Let each know the other's key, but only the first the other's endpoint, so
    that only the first can begin."""
    second.admit(first)
    first.admit(second)
    first.set_peer(second, "endpoint", second.endpoint(outside))


def set_preshared_keys(
    first: Peer, of_first: str, second: Peer, of_second: str
) -> None:
    """Set the preshared key that each has for the other."""
    first.set_peer(second, "preshared-key", "-", text=of_first)
    second.set_peer(first, "preshared-key", "-", text=of_second)


def assert_reaches(first: Peer, second: Peer) -> Figures:
    """Every ping is answered, over IPv4 and IPv6 inside; the last round trips."""
    figures = {}
    for family, address in second.inside.items():
        # One by one: after an answer, ping(8) hardly waits for the next.
        pings = [ping(first, address) for _ in range(3)]
        assert all(each.received for each in pings), f"IPv{family} inside: {pings}"
        figures[f"ms IPv{family} inside"] = pings[-1].average_ms
    return figures


def assert_does_not_reach(first: Peer, second: Peer) -> None:
    """No ping is answered."""
    pings = ping(first, second.inside[4], wait=SILENCE)
    assert not pings.received, f"answered: {pings}"
