"""A DNS server for the programs of a router."""

import socket
from pathlib import Path
from threading import Thread

from tests.lab import dns_message

ADDRESS = "127.0.0.1"


class NameServer:
    """Answers queries from ``records``, a table of addresses by name."""

    def __init__(self) -> None:
        self.records: dns_message.Records = {}
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.bind((ADDRESS, 53))
        Path("/etc/resolv.conf").write_text(f"nameserver {ADDRESS}\n")
        Thread(target=self._serve, daemon=True).start()

    def _serve(self) -> None:
        while True:
            query, client = self._socket.recvfrom(512)
            self._socket.sendto(dns_message.answer(query, self.records), client)
