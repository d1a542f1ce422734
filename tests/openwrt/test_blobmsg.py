"""The encoding of blobmsg; the samples were encoded by libubox."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pywg_embedded.openwrt import blobmsg
from pywg_embedded.openwrt.blobmsg import BlobmsgError

# Values, and the message that `ubus call` sent with them.
SAMPLES: tuple[tuple[dict[str, object], str], ...] = (
    ({"n": 5}, "8500000c00016e0000000005"),
    ({"v6": False}, "8700000d000276360000000000000000"),
    ({"big": 2**40}, "8400001400036269670000000000010000000000"),
    ({"f": 1.5}, "88000010000166003ff8000000000000"),
    ({"t": {}}, "8200000800017400"),
    (
        {"l": ["a", {"x": True}]},
        "8100002800016c008300000a0000000061000000820000140000000087000009000178"
        "0001000000",
    ),
    (
        {"target": "192.0.2.1"},
        "8300001a0006746172676574000000003139322e302e322e31000000",
    ),
)


@pytest.mark.parametrize(
    "values, encoded",
    SAMPLES,
    ids=["int32", "int8", "int64", "double", "table", "array", "string"],
)
def test_encoding_equals_that_of_libubox(
    values: dict[str, object], encoded: str
) -> None:
    assert blobmsg.pack_table(values).hex() == encoded
    assert blobmsg.unpack_table(bytes.fromhex(encoded)) == values


NAMES = st.text(max_size=40).filter(lambda text: "\0" not in text)
SCALARS = (
    st.booleans()
    | st.integers(-(2**63), 2**63 - 1)
    | st.floats(allow_nan=False)
    | NAMES
    | st.none()
)
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner) | st.dictionaries(NAMES, inner),
    max_leaves=8,
)


@given(st.dictionaries(NAMES, VALUES, max_size=4))
def test_encoded_values_are_decoded_to_the_same(values: dict[str, object]) -> None:
    written = blobmsg.pack_table(values)
    assert len(written) % 4 == 0
    assert blobmsg.unpack_table(written) == values


@given(st.binary(max_size=200))
def test_any_bytes_are_decoded_or_refused(data: bytes) -> None:
    try:
        blobmsg.unpack_table(data)
    except BlobmsgError:
        pass


@given(st.data())
def test_truncated_message_is_refused_or_has_fewer_members(data: st.DataObject) -> None:
    written = blobmsg.pack_table({"a": 1, "b": {"c": ["d", "e"]}})
    cut = data.draw(st.integers(0, len(written) - 1))
    try:
        assert blobmsg.unpack_table(written[:cut]) in ({}, {"a": 1})
    except BlobmsgError:
        pass


def test_decoding_is_refused_when_tables_are_nested_too_deeply() -> None:
    nested: dict[str, object] = {}
    for _ in range(100):
        nested = {"x": nested}
    with pytest.raises(BlobmsgError):
        blobmsg.unpack_table(blobmsg.pack_table(nested))


def test_encoding_is_refused_when_the_type_has_no_encoding() -> None:
    with pytest.raises(BlobmsgError, match="no blobmsg type for bytes"):
        blobmsg.pack_table({"x": b"bytes"})
