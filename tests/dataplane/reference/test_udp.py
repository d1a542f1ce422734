"""The outer sockets: one port, one mark, whatever the machine lacks."""

import contextlib
import os
import socket
from collections.abc import Iterator

import pytest

from pywg_embedded.dataplane.reference.udp import Udp

needs_root = pytest.mark.skipif(os.geteuid() != 0, reason="needs root")


@pytest.fixture
def udp() -> Iterator[Udp]:
    drops: list[str] = []
    udp = Udp(drops.append)
    yield udp
    udp.close()
    assert not drops


def copies(udp: Udp) -> list[socket.socket]:
    """The sockets, as ours to ask."""
    return [socket.socket(fileno=os.dup(fd)) for fd in udp.descriptors()]


def marks(udp: Udp) -> list[int]:
    found = []
    for sock in copies(udp):
        with sock:
            found.append(sock.getsockopt(socket.SOL_SOCKET, socket.SO_MARK))
    # The option is 32 bits without a sign.
    return [mark & 0xFFFF_FFFF for mark in found]


def test_both_families_have_the_same_port(udp: Udp) -> None:
    port = udp.listen(0)
    found = {}
    for sock in copies(udp):
        with sock:
            found[sock.family] = sock.getsockname()[1]
    assert found == {socket.AF_INET: port, socket.AF_INET6: port}


@needs_root
def test_the_mark_is_set_on_present_and_later_sockets(udp: Udp) -> None:
    udp.listen(0)
    udp.set_fwmark(0xFFFF_FFFF)
    assert marks(udp) == [0xFFFF_FFFF] * 2
    udp.listen(0)
    assert marks(udp) == [0xFFFF_FFFF] * 2
    udp.set_fwmark(0)
    assert marks(udp) == [0, 0]


@needs_root
def test_a_mark_can_be_set_without_sockets(udp: Udp) -> None:
    udp.set_fwmark(7)
    udp.listen(0)
    assert marks(udp) == [7, 7]


def test_sockets_are_opened_without_larger_buffers(
    udp: Udp, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("pywg_embedded.dataplane.reference.udp._SO_SNDBUFFORCE", 9999)
    assert udp.listen(0) == udp.port != 0


def sockets_of_this_process() -> set[str]:
    """All descriptors that are open, as /proc names them."""
    found = set()
    for fd in os.listdir("/proc/self/fd"):
        with contextlib.suppress(FileNotFoundError):
            found.add(os.readlink(f"/proc/self/fd/{fd}"))
    return found


def test_the_old_sockets_are_closed(udp: Udp) -> None:
    udp.listen(0)
    old = {os.readlink(f"/proc/self/fd/{fd}") for fd in udp.descriptors()}
    udp.listen(0)
    assert not old & sockets_of_this_process()
