"""The table of drop reasons."""

from pywg_embedded.core import drop_reasons


def test_identifiers_and_texts_are_unique() -> None:
    rows = drop_reasons.DATA_PLANE + drop_reasons.PROTOCOL
    assert len(drop_reasons.TEXTS) == len(rows)
    assert len(set(drop_reasons.TEXTS.values())) == len(rows)


def test_identifiers_are_lower_case_words() -> None:
    for reason in drop_reasons.TEXTS:
        assert not reason.strip("abcdefghijklmnopqrstuvwxyz_1"), reason


def test_an_error_number_has_its_reason_if_it_is_in_the_table() -> None:
    for operation, name, reason in (
        ("send", "ENETUNREACH", "send_enetunreach"),
        ("send", "EIO", "send_error"),
        ("receive", "ECONNREFUSED", "receive_econnrefused"),
        ("receive", "ENETUNREACH", "receive_error"),
        ("tun", "EIO", "tun_eio"),
        ("tun", "", "tun_error"),
    ):
        assert drop_reasons.of_errno(operation, name) == reason, (operation, name)
