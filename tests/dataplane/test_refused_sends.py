"""Datagrams that the kernel refuses to send do not affect others of the batch."""

import struct
from collections.abc import Callable

import pytest

from pywg_embedded.dataplane.limits import Limits
from tests.lab.host import Host

from .packets import sized
from .rig import Rig

PEER = 3
BURST = 8
# Counters of the datagrams that are refused.
REFUSED = ((), (0,), (7,), (0, 1), (2, 3, 5), (6, 7), tuple(range(BURST)))
# The lowest byte of the counter, after 8 bytes of UDP and 8 of WireGuard.
FIREWALL = """
table ip filter {{
    chain out {{
        type filter hook output priority 0;
        @th,128,8 {{ {} }} drop
    }}
}}
"""


@pytest.mark.parametrize(
    "row", range(len(REFUSED)), ids=["-".join(map(str, row)) for row in REFUSED]
)
def test_only_refused_datagrams_of_a_batch_are_lost(
    host: Host, make_rig: Callable[[Limits], Rig], row: int
) -> None:
    refused = REFUSED[row]
    with host.entered():
        rig = make_rig(Limits())
    if refused:
        host.nft(FIREWALL.format(", ".join(map(str, refused))))
    rig.add_peer(PEER, "10.1.0.0/16")
    for n in range(BURST):
        rig.write_tun(sized(100 + n))
    end = rig.session(PEER)
    arrived = [rig.remote.receive().data for _ in range(BURST - len(refused))]
    counters = [struct.unpack_from("<Q", datagram, 8)[0] for datagram in arrived]
    assert counters == [n for n in range(BURST) if n not in refused]
    for n, datagram in zip(counters, arrived):
        packet = end.open(datagram)
        assert packet is not None and packet.startswith(sized(100 + n))
    assert rig.drops() == ({"send_eperm": len(refused)} if refused else {})
    facts = rig.plane.facts(PEER)
    assert facts.tx_bytes == sum(map(len, arrived))
    assert (facts.data_failed_since > 0) == bool(refused)
    assert (facts.data_sent_since > 0) == bool(arrived)
