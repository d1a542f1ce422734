"""A steady ping that outlasts a session, in real time."""

import re
import subprocess

from tests.lab.topology import Tunnel

# REKEY_AFTER_TIME is 120 s; the new session also has to carry traffic.
SECONDS = 128
_INTERVAL = 0.25
_COUNT = int(SECONDS / _INTERVAL)
# Seconds; far more than a slow machine needs.
_PATIENCE = 300
_SUMMARY = r"(\d+) packets transmitted, (\d+) received.*\t(\d+)\n"


class RekeyPing:
    """A ping through a tunnel that starts when the object is created."""

    def __init__(self, tunnel: Tunnel) -> None:
        tunnel.connect()
        if not tunnel.left.pings(tunnel.right):
            raise RuntimeError("no ping through the tunnel")
        self.first_handshake = tunnel.left.handshake_time(tunnel.right)
        ping = f"ping -n -q -c{_COUNT} -i{_INTERVAL} {tunnel.right.address(4)}"
        # The time of the last handshake is read when the ping ends. On a busy machine
        # the new handshake may not be complete then, so wait for it.
        show = f"wg show {tunnel.left.name} latest-handshakes"
        is_old = f"[ $({show} | cut -f 2) = {self.first_handshake} ]"
        wait = f"for _ in $(seq {_PATIENCE}); do {is_old} || break; sleep 1; done"
        self._ping = tunnel.left.host.start(
            *("sh", "-c", f"{ping}; {wait}; {show}"), stdout=subprocess.PIPE
        )

    def finish(self) -> None:
        """Wait for the end and set ``sent``, ``received`` and ``last_handshake``."""
        output, _ = self._ping.communicate(timeout=SECONDS + 2 * _PATIENCE)
        found = re.search(_SUMMARY, output, re.DOTALL)
        if not found:
            raise RuntimeError(output)
        self.sent, self.received, self.last_handshake = map(int, found.groups())
