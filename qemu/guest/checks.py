"""The table of checks: an action and the implementations of its two peers."""

from collections.abc import Callable
from typing import NamedTuple

from qemu.guest import actions
from qemu.guest.peers import KernelBaseline, KernelPeer, Peer, PywgdPeer
from qemu.report import Figures

Action = Callable[[Peer, Peer], Figures]


class Check(NamedTuple):
    """An action and the classes of its two peers."""

    action: Action
    first: type[Peer]
    second: type[Peer]

    @property
    def name(self) -> str:
        return f"{self.first.kind}_{self.action.__name__}"


ACTIONS: tuple[Action, ...] = (
    actions.rekeys_without_loss,
    actions.starts_the_handshake,
    actions.pings_over_ipv4,
    actions.pings_over_ipv6,
    actions.sends_a_file,
    actions.pings_with_a_preshared_key,
    actions.needs_the_right_preshared_key,
    actions.roams_over_ipv4,
    actions.roams_over_ipv6,
    actions.keeps_alive,
    actions.changes_its_private_key,
    actions.removes_and_adds_the_peer,
)
ROLES = ((PywgdPeer, KernelPeer), (KernelPeer, PywgdPeer))
CHECKS = (
    *(Check(action, *kinds) for action in ACTIONS for kinds in ROLES),
    Check(actions.shows_the_same_with_wg_and_pywg, PywgdPeer, KernelPeer),
    # The baseline for the throughput of pywgd.
    Check(actions.sends_a_file, KernelBaseline, KernelPeer),
)
# These mostly wait and run in parallel; all other checks run one after another.
PARALLEL = (actions.rekeys_without_loss,)
