"""The messages on the wire: layouts, exact lengths, reserved bytes."""

import struct

from pywg_embedded.core import messages
from tests.core.support import drop_reason_of

EPHEMERAL, STATIC, STAMP = bytes(range(32)), bytes(range(48)), bytes(range(28))
NOTHING, NONCE, COOKIE = bytes(range(16)), bytes(range(24)), bytes(range(32))
SENDER, RECEIVER = 0x04030201, 0xA4A3A2A1
SENDER_BYTES, RECEIVER_BYTES = b"\1\2\3\4", b"\xa1\xa2\xa3\xa4"
NO_MAC = bytes(16)

INITIATION = messages.initiation(SENDER, EPHEMERAL, STATIC, STAMP)
RESPONSE = messages.response(SENDER, RECEIVER, EPHEMERAL, NOTHING)
COOKIE_REPLY = messages.cookie_reply(RECEIVER, NONCE, COOKIE)

# the message, and its parts (paper 5.4.2, 5.4.3, 5.4.7)
LAYOUTS = (
    (INITIATION, (b"\1\0\0\0", SENDER_BYTES, EPHEMERAL, STATIC, STAMP, NO_MAC * 2)),
    (
        RESPONSE,
        (b"\2\0\0\0", SENDER_BYTES, RECEIVER_BYTES, EPHEMERAL, NOTHING, NO_MAC * 2),
    ),
    (COOKIE_REPLY, (b"\3\0\0\0", RECEIVER_BYTES, NONCE, COOKIE)),
)
# the message, its type and size, its fields
MESSAGES = (
    (INITIATION, 1, 148, (SENDER, EPHEMERAL, STATIC, STAMP, NO_MAC, NO_MAC)),
    (RESPONSE, 2, 92, (SENDER, RECEIVER, EPHEMERAL, NOTHING, NO_MAC, NO_MAC)),
    (COOKIE_REPLY, 3, 64, (RECEIVER, NONCE, COOKIE)),
)


def test_messages_have_the_layout_of_the_paper() -> None:
    for row, (message, parts) in enumerate(LAYOUTS):
        assert message == b"".join(parts), f"row {row}"


def test_parse_returns_the_fields_of_a_message() -> None:
    for row, (message, kind, _, fields) in enumerate(MESSAGES):
        assert messages.parse(message) == (kind, fields), f"row {row}"


def test_only_the_exact_size_is_accepted() -> None:
    for row, (message, _, size, _) in enumerate(MESSAGES):
        assert len(message) == size, f"row {row}"
        for length in list(range(size)) + [size + 1, size + 16, 1500, 65_535]:
            data = (message + bytes(length))[:length]
            reason = drop_reason_of(messages.parse, data)
            assert reason == "malformed", f"row {row}, {length} bytes"


def test_other_types_are_refused_in_every_size() -> None:
    for kind in (0, 4, 5, 255, 2**31, 2**32 - 1):
        for size in (4, 32, 64, 92, 148):
            data = struct.pack("<I", kind) + bytes(size - 4)
            reason = drop_reason_of(messages.parse, data)
            assert reason == "malformed", f"type {kind}, {size} bytes"


def test_reserved_bytes_must_be_zero() -> None:
    for row, (message, _, _, _) in enumerate(MESSAGES):
        for position in (1, 2, 3):
            changed = message[:position] + b"\1" + message[position + 1 :]
            reason = drop_reason_of(messages.parse, changed)
            assert reason == "malformed", f"row {row}, byte {position}"


def test_macs_are_the_last_two_fields() -> None:
    for row, message in enumerate((INITIATION, RESPONSE)):
        marked = message[:-32] + b"1" * 16 + b"2" * 16
        _, fields = messages.parse(marked)
        assert marked[messages.MAC1_OFFSET : messages.MAC2_OFFSET] == fields[-2], row
        assert marked[messages.MAC2_OFFSET :] == fields[-1] == b"2" * 16, row
