"""A small name server on a host, whose answers a test changes as it goes."""

import socket
import threading
from pathlib import Path
from types import TracebackType
from typing import Any

from . import dns_message
from .host import Host

# The longest that a resolver may be asked to wait: no query is repeated, however slow
# the machine is, and a test ends long before a lookup without an answer does.
_RESOLV_CONF = "nameserver 127.0.0.1\noptions timeout:30 attempts:5\n"


class NameServer:
    """Answers the programs that are started on ``host`` within ``with``.

    ``records`` has addresses by name; a name that it has not does not exist. While
    ``mute``, queries are kept until ``release``. ``asked`` are the names so far.
    """

    def __init__(self, host: Host) -> None:
        self.records: dict[str, list[str]] = {}
        self.mute = False
        self.asked: list[str] = []
        self._lock = threading.Lock()
        self._released: set[str] = set()
        self._kept: list[tuple[bytes, Any]] = []
        self._settings = Path("/etc/netns") / host.name
        self._socket = host.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.settimeout(0.1)
        self._over = False
        self._thread = threading.Thread(target=self._serve)

    def __enter__(self) -> "NameServer":
        # `ip netns exec` shows a program these files in place of those in /etc.
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
            self.asked.append(dns_message.name_in(query))
            with self._lock:
                self._kept.append((query, client))
            self._answer()

    def release(self, *names: str) -> None:
        """Answer the queries for ``names``, those kept and those to come."""
        with self._lock:
            self._released.update(names)
        self._answer()

    def _answer(self) -> None:
        with self._lock:
            kept, self._kept = self._kept, []
            for query, client in kept:
                if self.mute and dns_message.name_in(query) not in self._released:
                    self._kept.append((query, client))
                else:
                    self._socket.sendto(dns_message.answer(query, self.records), client)
