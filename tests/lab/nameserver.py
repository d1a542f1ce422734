"""A small DNS server on a host, with records that a test may change."""

import socket
import threading
from pathlib import Path
from types import TracebackType
from typing import Any

from . import dns_message
from .host import Host

# The longest timeout of a resolver: queries are not repeated on a slow machine, and a
# lookup without a reply outlasts every test.
_RESOLV_CONF = "nameserver 127.0.0.1\noptions timeout:30 attempts:5\n"


class NameServer:
    """A DNS server for programs that are started on ``host`` within ``with``.

    ``records`` maps names to addresses; any other name gets NXDOMAIN. While ``mute`` is
    set, queries are held until ``release``. ``queries`` lists the names so far.
    """

    def __init__(self, host: Host) -> None:
        self.records: dict[str, list[str]] = {}
        self.mute = False
        self.queries: list[str] = []
        self._lock = threading.Lock()
        self._released: set[str] = set()
        self._held: list[tuple[bytes, Any]] = []
        self._settings = Path("/etc/netns") / host.name
        self._socket = host.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.settimeout(0.1)
        self._over = False
        self._thread = threading.Thread(target=self._serve)

    def __enter__(self) -> "NameServer":
        # `ip netns exec` mounts these files over those in /etc.
        self._settings.mkdir(parents=True)
        (self._settings / "resolv.conf").write_text(_RESOLV_CONF)
        self._socket.bind(("127.0.0.1", 53))
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._over = True
        self._thread.join()
        self._socket.close()
        (self._settings / "resolv.conf").unlink()
        self._settings.rmdir()

    def _serve(self) -> None:
        while not self._over:
            try:
                query, client = self._socket.recvfrom(512)
            except TimeoutError:
                continue
            self.queries.append(dns_message.name_in(query))
            with self._lock:
                self._held.append((query, client))
            self._answer()

    def release(self, *names: str) -> None:
        """Answer the queries for ``names``: those held and later ones."""
        with self._lock:
            self._released.update(names)
        self._answer()

    def _answer(self) -> None:
        with self._lock:
            held, self._held = self._held, []
            for query, client in held:
                if self.mute and dns_message.name_in(query) not in self._released:
                    self._held.append((query, client))
                else:
                    self._socket.sendto(dns_message.answer(query, self.records), client)
