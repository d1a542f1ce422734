"""Secrets are overwritten in place."""

from pywg_embedded.core.secret import wipe


def test_a_secret_is_overwritten_in_place() -> None:
    secret = bytearray(b"secret")
    same = secret
    wipe(secret)
    assert same == bytes(6)


def test_wiping_none_is_no_error() -> None:
    wipe(None)
