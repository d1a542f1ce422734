"""The kernel's news about our link, and that there are others about routes.

A netlink socket hears of one network namespace, the one we were born in. When our
interface is moved out of it, its descriptor still tells whether it is up.
"""

from ...dataplane.tun import Tun
from . import messages
from .messages import (
    ERROR,
    IFF_UP,
    IFINFO,
    IFLA_MTU,
    NUMBER,
    RTM_DELLINK,
    RTM_GETLINK,
    RTM_NEWLINK,
)

_GROUPS = 0x1 | 0x10 | 0x40 | 0x100 | 0x400  # link; IPv4 and IPv6 address, route


class LinkMonitor:
    """``up`` and ``mtu`` of the TUN, None for ``up`` when it is gone.

    ``routes_changed`` is set when a route or an address came or went.
    """

    def __init__(self, tun: Tun) -> None:
        self._tun = tun
        self._socket = messages.open_socket(_GROUPS)
        self._socket.setblocking(False)
        self._away = False
        self.routes_changed = False
        self.up: bool | None = tun.is_up()
        self.mtu = tun.mtu()

    def descriptor(self) -> int:
        """What to watch."""
        return self._socket.fileno()

    def read(self) -> None:
        """Take in the news that wait."""
        lost = False
        while True:
            try:
                data = self._socket.recv(messages.BUFFER)
            except BlockingIOError:
                break
            except OSError:
                # ENOBUFS, told once: there was more than the socket holds.
                lost = True
                continue
            for kind, body in messages.parse_messages(data):
                self._note(kind, body)
        if lost:
            self._catch_up()

    def poll(self) -> None:
        """Ask the descriptor where no news come: cheap, but once a second will do."""
        if self._away:
            self.up = self._tun.probe()

    def close(self) -> None:
        """No more news."""
        self._socket.close()

    def _catch_up(self) -> None:
        # Asked once the socket is empty: until then it would lose the answer, which
        # comes as news.
        self.routes_changed = True
        question = IFINFO.pack(0, 0, self._tun.index, 0, 0)
        try:
            self._socket.send(messages.pack_request(RTM_GETLINK, question))
        except OSError:
            self._away = True

    def _note(self, kind: int, body: bytes) -> None:
        if kind == ERROR:
            self._away = True  # no such link, to what we asked
            return
        if kind not in (RTM_NEWLINK, RTM_DELLINK):
            self.routes_changed = True
            return
        _, _, index, flags, _ = IFINFO.unpack_from(body)
        if index != self._tun.index:
            return
        if kind == RTM_DELLINK:
            self._away = True
            self.poll()
            return
        self.up = bool(flags & IFF_UP)
        mtu = messages.parse_attributes(body[IFINFO.size :]).get(IFLA_MTU)
        if mtu is not None:
            self.mtu = NUMBER.unpack(mtu)[0]
