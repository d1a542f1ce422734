"""The configuration from /etc/config/network, at the start and after each reload."""

import os

from ...control.keys import clamp, to_base64
from ...control.text import located
from ...core.errors import ConfigError, Error
from ...openwrt import uci_edit, uci_network, uci_store
from ...openwrt.options import GENERATE
from ...openwrt.uci_network import (
    ALLOWED_IP_LEFT_OUT,
    INTERFACE_REFUSED,
    PROTOCOL,
    VALUE_LEFT_OUT,
    WARNING,
)
from ..endpoints.tracker import EndpointTracker
from ..left_out import NAMED_PEERS, list_allowed_ips, reasons

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Protocol

    from ...control.diff import Surplus
    from ...openwrt.uci_network import Complaint
    from ..interface import Interface
    from ..log import Log

    class LinkBackend(Protocol):
        """What configures addresses, MTU and routes of the link."""

        def apply(self, configured: uci_network.InterfaceConfig, /) -> None:
            """Apply a configuration of the interface."""

        def update(self, routes_changed: bool) -> None:
            """Follow changes of routes and endpoints; called each second."""

        def close(self) -> None:
            """Remove what would remain without the interface."""


class UciConfig:
    """Reads the configuration and applies the differences.

    An invalid value of the interface itself, or one that cannot be applied, rejects the
    whole and keeps the running configuration; an invalid peer is left out. At the start
    there is nothing to keep: an invalid value that the interface can do without is left
    out, and does not reject later configurations either.

    ``link`` configures addresses, MTU and routes.
    ``configured`` is the configuration that was applied last; ``complaints`` are the
    problems of the one that was read last, and ``reload_error`` is why it was rejected,
    or empty. ``left_out`` are the public keys of peers with a complaint because a table
    is full.
    """

    def __init__(
        self,
        file: uci_store.NetworkFile,
        name: str,
        interface: "Interface",
        link: "LinkBackend",
        log: "Log",
    ) -> None:
        self._name = name
        self._file = file
        self._path = file.path
        self._interface = interface
        self.link = link
        self._log = log
        self.endpoints = EndpointTracker(interface, log)
        self.configured = uci_network.InterfaceConfig(name)
        self.complaints: list[Complaint] = []
        self.reload_error = ""
        self.left_out: frozenset[bytes] = frozenset()
        # The values left out of the applied configuration; None before the start.
        self._left_out: frozenset[str] | None = None

    def load(self) -> None:
        """Read the configuration and apply it.

        Raises:
            Error, OSError: it cannot be read, or is rejected.
        """
        configured = self._read()
        if configured.private_key == GENERATE:
            configured.private_key = self._generate_key()
        own_key = self._interface.device.public_key(configured.private_key)
        for complaint in configured.leave_out_own_key(own_key):
            self.complaints.append(complaint)
            self._log.error(str(complaint))
        endpoints = configured.endpoints()
        change = configured.to_change()
        self.endpoints.add_numeric_endpoints(change, endpoints)
        surplus = self._interface.configure(change)
        for complaint in self._leave_out(configured, surplus):
            self.complaints.append(complaint)
            self._log.error(str(complaint))
        self.left_out = frozenset(surplus.peers).union(surplus.allowed_ips)
        self.configured = configured
        self._left_out = frozenset(
            str(complaint)
            for complaint in self.complaints
            if complaint.severity == VALUE_LEFT_OUT
        )
        self.link.apply(configured)
        self.endpoints.set_names(configured.endpoints())

    def reload(self) -> None:
        """Load the configuration; keep and log the error if it is rejected."""
        try:
            self.load()
            self.reload_error = ""
            self._log.verbose("configuration reloaded")
        except (Error, OSError) as error:
            self.reload_error = str(error)
            self._log.error(
                f"configuration rejected, keeping the previous one: {error}"
            )

    def _read(self) -> uci_network.InterfaceConfig:
        sections = self._file.read()
        try:
            configured, complaints = uci_network.read_interface(sections, self._name)
            if configured.protocol != PROTOCOL:
                raise ConfigError(
                    f"interface {self._name} does not have protocol {PROTOCOL}; "
                    f"convert it with 'pywg migrate {self._name}'"
                )
        except ConfigError as error:
            raise located(self._path, error) from None
        self.complaints = complaints
        for complaint in complaints:
            write = (
                self._log.warning if complaint.severity == WARNING else self._log.error
            )
            write(str(complaint))
        for complaint in complaints:
            if self._is_refused(complaint):
                raise ConfigError(
                    f"{self._path}: invalid interface {self._name}: "
                    f"{complaint.location()}: {complaint.reason}"
                )
        return configured

    def _leave_out(
        self, configured: uci_network.InterfaceConfig, surplus: "Surplus"
    ) -> "Iterator[Complaint]":
        """Remove what the tables have no room for, and yield why."""
        too_many_peers, too_many_allowed_ips = reasons(surplus, self._interface.limits)
        yield from configured.leave_out_peers(
            surplus.peers, too_many_peers, NAMED_PEERS
        )
        for peer in configured.leave_out_allowed_ips(surplus.allowed_ips):
            listed = list_allowed_ips(surplus.allowed_ips[peer.public_key])
            reason = f"{listed}: {too_many_allowed_ips}"
            yield uci_network.Complaint(
                ALLOWED_IP_LEFT_OUT, peer.section, "allowed_ips", reason
            )

    def _is_refused(self, complaint: "Complaint") -> bool:
        if complaint.severity == VALUE_LEFT_OUT and self._left_out is not None:
            return str(complaint) not in self._left_out
        return complaint.severity == INTERFACE_REFUSED

    def _generate_key(self) -> bytes:
        key = clamp(os.urandom(32))
        text = uci_store.read_text(self._path)
        text = uci_edit.set_option(text, self._name, "private_key", to_base64(key))
        uci_store.replace_text(self._path, text)
        self._log.verbose(f"generated a private key and wrote it to {self._path}")
        return key
