"""The interface as /etc/config/network has it: at the start, and whenever asked."""

import os

from ...control.keys import clamp, to_base64
from ...control.text import located
from ...core.errors import ConfigError, Error
from ...openwrt import uci_edit, uci_network, uci_store
from ...openwrt.options import GENERATE
from ...openwrt.uci_network import INTERFACE_REFUSED, PROTOCOL
from ..endpoints.tracker import EndpointTracker

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Protocol

    from ...openwrt.uci_network import Complaint
    from ..interface import Interface
    from ..log import Log

    class LinkBackend(Protocol):
        """Whoever gives the link its addresses and routes."""

        def apply(self, wanted: uci_network.InterfaceConfig) -> None: ...


class UciConfig:
    """Reads the configuration, and applies what differs from what there is.

    A wrong value of the interface itself, or one that cannot be applied, refuses the
    whole, and leaves what there was; a wrong peer is left out.

    ``configured`` is what was applied last, ``complaints`` and ``reload_error`` (empty:
    none) are about what was read last.
    """

    def __init__(
        self, name: str, interface: "Interface", link: "LinkBackend", log: "Log"
    ) -> None:
        self._name = name
        self._path = uci_store.network_path()
        self._interface = interface
        self._link = link
        self._log = log
        self.endpoints = EndpointTracker(interface, log)
        self.configured = uci_network.InterfaceConfig(name)
        self.complaints: list[Complaint] = []
        self.reload_error = ""

    def load(self) -> None:
        """Read and apply; raises Error, or OSError, if that is refused."""
        wanted = self._read()
        if wanted.private_key == GENERATE:
            wanted.private_key = self._generate_key()
        configured = wanted.endpoints()
        change = wanted.to_change()
        self.endpoints.add_numeric_endpoints(change, configured)
        self._interface.configure(change)
        self.configured = wanted
        self._link.apply(wanted)
        self.endpoints.set_names(configured)

    def reload(self) -> None:
        """The same; a refusal is logged."""
        try:
            self.load()
            self.reload_error = ""
            self._log.verbose("configuration read again")
        except (Error, OSError) as error:
            self.reload_error = str(error)
            self._log.error(f"configuration left as it was: {error}")

    def _read(self) -> uci_network.InterfaceConfig:
        sections = uci_store.read_sections(self._path)
        try:
            wanted, complaints = uci_network.read_interface(sections, self._name)
            if wanted.protocol != PROTOCOL:
                text = f"{self._name} is not a {PROTOCOL} interface"
                raise ConfigError(f"{text}; try: pywg migrate {self._name}")
        except ConfigError as error:
            raise located(self._path, error) from None
        self.complaints = complaints
        for complaint in complaints:
            self._log.error(str(complaint))
        refused = [one for one in complaints if one.severity == INTERFACE_REFUSED]
        if refused:
            raise ConfigError(
                f"{self._path}: {self._name} has wrong values: {refused[0]}"
            )
        return wanted

    def _generate_key(self) -> bytes:
        key = clamp(os.urandom(32))
        text = uci_store.read_text(self._path)
        text = uci_edit.set_option(text, self._name, "private_key", to_base64(key))
        uci_store.replace_text(self._path, text)
        self._log.verbose(f"made a private key, written to {self._path}")
        return key
