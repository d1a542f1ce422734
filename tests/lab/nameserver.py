"""A small name server on a host, whose answers a test changes as it goes."""

import socket
import struct
import threading
from pathlib import Path
from types import TracebackType

from .host import FAMILIES, Host, version

_RESOLV_CONF = "nameserver 127.0.0.1\noptions timeout:1 attempts:1\n"
_HEADER = struct.Struct("!6H")
_ANSWER, _NXDOMAIN = 0x8580, 0x8583
_TYPES = {1: 4, 28: 6}  # A and AAAA, by IP version
_INTERNET = 1
_NAME_OF_QUESTION = 0xC000 | _HEADER.size


class NameServer:
    """Answers the programs that are started on ``host`` within ``with``.

    ``records`` has addresses by name; a name that it has not does not exist. While
    ``mute``, nothing is answered. ``asked`` are the names so far.
    """

    def __init__(self, host: Host) -> None:
        self.records: dict[str, list[str]] = {}
        self.mute = False
        self.asked: list[str] = []
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
            name, end = _read_name(query)
            self.asked.append(name)
            if not self.mute:
                self._socket.sendto(self._answer(query, name, end), client)

    def _answer(self, query: bytes, name: str, end: int) -> bytes:
        kind = struct.unpack_from("!H", query, end)[0]
        known = self.records.get(name)
        wanted = [a for a in known or [] if version(a) == _TYPES.get(kind)]
        flags = _NXDOMAIN if known is None else _ANSWER
        identity = struct.unpack_from("!H", query)[0]
        parts = [_HEADER.pack(identity, flags, 1, len(wanted), 0, 0)]
        parts.append(query[_HEADER.size : end + 4])
        for address in wanted:
            data = socket.inet_pton(FAMILIES[version(address)], address)
            head = (_NAME_OF_QUESTION, kind, _INTERNET, 0, len(data))
            parts.append(struct.pack("!HHHIH", *head) + data)
        return b"".join(parts)


def _read_name(query: bytes) -> tuple[str, int]:
    """The name that is asked for, and where in the query it ends."""
    labels = []
    at = _HEADER.size
    while query[at]:
        labels.append(query[at + 1 : at + 1 + query[at]].decode())
        at += 1 + query[at]
    return ".".join(labels), at + 1
