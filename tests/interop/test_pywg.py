"""`pywg` prints and does the same as `wg`, with every implementation."""

from collections.abc import Iterator

import pytest

from tests.lab.topology import Lab, Tunnel
from tests.lab.wait import becomes
from tests.lab.wireguard import IMPLEMENTATIONS, PYWG

ASPECTS = [
    "public-key",
    "private-key",
    "listen-port",
    "fwmark",
    "peers",
    "preshared-keys",
    "endpoints",
    "allowed-ips",
    "latest-handshakes",
    "persistent-keepalive",
    "transfer",
    "dump",
]


@pytest.fixture(scope="module", params=IMPLEMENTATIONS)
def busy(request: pytest.FixtureRequest) -> Iterator[Tunnel]:
    """A tunnel with a session and a second peer that never answers."""
    with Lab() as lab:
        tunnel = lab.tunnel(request.param, request.param)
        tunnel.connect()
        tunnel.left.set("fwmark", "0x77")
        tunnel.left.set_peer(tunnel.right, "persistent-keepalive", "3600")
        tunnel.left.set("peer", "aaaa" * 10 + "aaA=")
        assert tunnel.left.pings(tunnel.right)
        yield tunnel


def lines(tunnel: Tunnel, tool: str, *arguments: str) -> list[str]:
    """Return the output of a tool, sorted because wireguard-go shuffles its peers."""
    return sorted(tunnel.left.host.run(tool, *arguments).stdout.splitlines())


def assert_same(tunnel: Tunnel, *command: str) -> None:
    """Check that both tools print the same. A packet may change the counters in
    between, so retry."""
    becomes(lambda: lines(tunnel, PYWG, *command) == lines(tunnel, "wg", *command))
    assert lines(tunnel, PYWG, *command) == lines(tunnel, "wg", *command)


@pytest.mark.parametrize("aspect", ASPECTS)
def test_show_prints_the_same_as_wg(busy: Tunnel, aspect: str) -> None:
    assert_same(busy, "show", busy.left.name, aspect)


def test_showconf_prints_the_same_as_wg(busy: Tunnel) -> None:
    assert_same(busy, "showconf", busy.left.name)


def test_setconf_accepts_the_output_of_showconf(busy: Tunnel) -> None:
    left = busy.left
    file = left.host.run(PYWG, "showconf", left.name).stdout
    left.remove_peers()
    left.host.run(PYWG, "setconf", left.name, "/dev/stdin", stdin=file)
    assert lines(busy, "wg", "showconf", left.name) == sorted(file.splitlines())
    assert left.pings(busy.right)
