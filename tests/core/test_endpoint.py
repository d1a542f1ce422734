"""Endpoints: the remote address, and the source address."""

from pywg_embedded.core.endpoint import Endpoint


def test_an_endpoint_without_its_source_has_the_same_remote() -> None:
    endpoint = Endpoint(b"\xfe\x80" + bytes(14), 51820, 3, bytes(16), 4)
    bare = endpoint.without_source()
    assert bare.remote() == endpoint.remote() == (endpoint.address, 51820, 3)
    assert (bare.source, bare.interface) == (b"", 0)
    assert (endpoint.source, endpoint.interface) == (bytes(16), 4)
