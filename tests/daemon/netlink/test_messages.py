"""What is said to the kernel, and how its answers are read."""

import errno
import struct

import pytest

from pywg_embedded.daemon.netlink import messages

LINK, DONE = 16, 3


def message(kind: int, body: bytes, size: int | None = None) -> bytes:
    """As the kernel sends it, padded; ``size`` is what it claims to have."""
    claimed = 16 + len(body) if size is None else size
    return struct.pack("@IHHII", claimed, kind, 0, 0, 0) + body + bytes(-len(body) % 4)


# What was received, and the messages in it.
RECEIVED: tuple[tuple[bytes, list[tuple[int, bytes]]], ...] = (
    (b"", []),
    (message(LINK, b"body"), [(LINK, b"body")]),
    (message(LINK, b"five5") + message(DONE, b""), [(LINK, b"five5"), (DONE, b"")]),
    (message(LINK, b"body")[:15], []),
    # A size that makes no sense must not be believed, nor read for ever.
    (message(LINK, b"", 0), [(LINK, b"")]),
    (message(LINK, b"body", 4_000), [(LINK, b"body")]),
)
# What follows a message's own header, and the attributes in it.
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
    # RTM_NEWLINK of an interface that is not there.
    nowhere = struct.pack("@BxHiII", 0, 0, 2**31 - 1, 0, 0)
    with pytest.raises(OSError) as refusal:
        messages.request(16, nowhere)
    assert refusal.value.errno in (errno.ENODEV, errno.EPERM)
