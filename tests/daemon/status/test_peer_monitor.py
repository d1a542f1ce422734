"""Events of the peer monitor."""

from typing import Any

from pywg_embedded.control.address import format_endpoint, parse_ip
from pywg_embedded.control.keys import to_base64
from pywg_embedded.daemon.interface import Interface
from pywg_embedded.daemon.status.peer_monitor import PeerMonitor
from tests.control.support import change, key, peer_change

FIRST, SECOND = (parse_ip("192.0.2.1"), 1, 0), (parse_ip("2001:db8::2"), 2, 0)


def test_roam_is_emitted_when_the_endpoint_changes_but_not_for_the_first_one(
    interface: Interface,
) -> None:
    events: list[tuple[str, dict[str, Any]]] = []
    monitor = PeerMonitor(interface, lambda *event: events.append(event))
    interface.configure(change(peer_change(2), private_key=key(1)))
    monitor.tick()
    interface.set_endpoint(key(2), FIRST)
    monitor.tick()
    assert events == []
    interface.set_endpoint(key(2), SECOND)
    monitor.tick()
    monitor.tick()
    details = {"public_key": to_base64(key(2)), "endpoint": format_endpoint(SECOND)}
    assert events == [("roam", details)]


def test_no_roam_is_emitted_for_a_peer_that_is_new_or_configured_again(
    interface: Interface,
) -> None:
    events: list[tuple[str, dict[str, Any]]] = []
    monitor = PeerMonitor(interface, lambda *event: events.append(event))
    interface.configure(change(peer_change(2, endpoint=FIRST), private_key=key(1)))
    monitor.tick()
    interface.configure(change(peer_change(2, remove=True)))
    monitor.tick()
    interface.configure(change(peer_change(2, endpoint=SECOND)))
    monitor.tick()
    assert events == []
