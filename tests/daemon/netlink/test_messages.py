"""rtnetlink messages and attributes."""

import errno
import struct

import pytest

from pywg_embedded.daemon.netlink import messages

LINK, DONE = 16, 3


def message(kind: int, body: bytes, size: int | None = None) -> bytes:
    """Return a padded message; ``size`` is the size in its header."""
    claimed = 16 + len(body) if size is None else size
    return struct.pack("@IHHII", claimed, kind, 0, 0, 0) + body + bytes(-len(body) % 4)


# A datagram, and the messages in it.
RECEIVED: tuple[tuple[bytes, list[tuple[int, bytes]]], ...] = (
    (b"", []),
    (message(LINK, b"body"), [(LINK, b"body")]),
    (message(LINK, b"five5") + message(DONE, b""), [(LINK, b"five5"), (DONE, b"")]),
    (message(LINK, b"body")[:15], []),
    # An invalid size must not lead to a read beyond the data, or to an endless loop.
    (message(LINK, b"", 0), [(LINK, b"")]),
    (message(LINK, b"body", 4_000), [(LINK, b"body")]),
)
# The data after the header of a message body, and the attributes in it.
ATTRIBUTES: tuple[tuple[bytes, dict[int, bytes]], ...] = (
    (b"", {}),
    (messages.pack_attribute(4, b"mtu4"), {4: b"mtu4"}),
    (struct.pack("@HH", 5, 3) + b"n\0\0\0" + messages.pack_attribute(4, b"mtu4"),
     {3: b"n", 4: b"mtu4"}),
    (struct.pack("@HH", 0, 3), {3: b""}),
    (struct.pack("@HH", 400, 3) + b"rest", {3: b"rest"}),
    (b"\x08\0\4", {}),
)  # fmt: skip


def test_messages_are_parsed() -> None:
    for row, (data, found) in enumerate(RECEIVED):
        assert list(messages.parse_messages(data)) == found, f"row {row}"


def test_attributes_are_parsed() -> None:
    for row, (data, found) in enumerate(ATTRIBUTES):
        assert messages.parse_attributes(data) == found, f"row {row}"


def test_kernel_replies_to_a_link_query() -> None:
    with messages.open_socket(0) as sock:
        sock.settimeout(60)
        # RTM_GETLINK of the interface with index 1.
        sock.send(messages.pack_request(18, struct.pack("@BxHiII", 0, 0, 1, 0, 0)))
        ((kind, body),) = messages.parse_messages(sock.recv(messages.BUFFER))
    assert kind == LINK
    assert messages.parse_attributes(body[16:])[3] == b"lo\0"


def test_error_is_raised_when_the_kernel_rejects_a_request() -> None:
    # RTM_NEWLINK of a missing interface.
    body = struct.pack("@BxHiII", 0, 0, 2**31 - 1, 0, 0)
    with pytest.raises(OSError) as rejection:
        messages.request(16, body)
    assert rejection.value.errno in (errno.ENODEV, errno.EPERM)
