"""Traffic over the life of a session, in real time."""

import re
import subprocess

from tests.lab.topology import Tunnel

# REKEY_AFTER_TIME is 120 s; the new session also has to carry traffic.
SECONDS = 128
_INTERVAL = 0.25
_COUNT = int(SECONDS / _INTERVAL)
# Far more than a slow machine needs.
_PATIENCE = 300
_SUMMARY = r"(\d+) packets transmitted, (\d+) received.*\t(\d+)\n"


class Journey:
    """A steady ping through a tunnel, begun when made."""

    def __init__(self, tunnel: Tunnel) -> None:
        tunnel.connect()
        if not tunnel.left.pings(tunnel.right):
            raise RuntimeError("no ping through the tunnel")
        self.first_handshake = tunnel.left.handshake_time(tunnel.right)
        ping = f"ping -n -q -c{_COUNT} -i{_INTERVAL} {tunnel.right.address(4)}"
        # The time of the handshake as it is when the ping ends, not when we look; on a
        # busy machine the new one may not be complete yet.
        show = f"wg show {tunnel.left.name} latest-handshakes"
        is_old = f"[ $({show} | cut -f 2) = {self.first_handshake} ]"
        wait = f"for _ in $(seq {_PATIENCE}); do {is_old} || break; sleep 1; done"
        self._ping = tunnel.left.host.start(
            *("sh", "-c", f"{ping}; {wait}; {show}"), stdout=subprocess.PIPE
        )

    def finish(self) -> None:
        """Wait for the end; then ``sent``, ``received`` and both handshakes tell."""
        said, _ = self._ping.communicate(timeout=SECONDS + 2 * _PATIENCE)
        found = re.search(_SUMMARY, said, re.DOTALL)
        if not found:
            raise RuntimeError(said)
        self.sent, self.received, self.last_handshake = map(int, found.groups())
