"""The table of checks: an action each, with the kinds of peer in their roles."""

from collections.abc import Callable
from typing import NamedTuple

from qemu.guest import actions
from qemu.guest.peers import KernelPeer, Peer, PywgdPeer, Yardstick
from qemu.report import Figures

Action = Callable[[Peer, Peer], Figures]


class Check(NamedTuple):
    """An action, and the kinds of peer that it gets, in order."""

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
    actions.removes_and_adds_the_other,
)
ROLES = ((PywgdPeer, KernelPeer), (KernelPeer, PywgdPeer))
CHECKS = (
    *(Check(action, *kinds) for action in ACTIONS for kinds in ROLES),
    Check(actions.shows_the_same_to_wg_and_pywg, PywgdPeer, KernelPeer),
    # What pywgd's throughput is to be compared with.
    Check(actions.sends_a_file, Yardstick, KernelPeer),
)
# These mostly wait, so they run beside the others, which run one after another.
WAITING = (actions.rekeys_without_loss,)
