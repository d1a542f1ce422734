"""libpywg behind the data plane's interface; ``reference.Plane`` is its oracle.

1. Results below zero are negated error numbers, and leave here as exceptions.
2. Keys are copied into the library, and wiped here.
"""

from array import array

from ..core.constants import DEFAULT_MTU
from ..core.secret import wipe
from . import layouts
from .library import functions as _library
from .library import strerror
from .limits import Limits, no_room_for_allowed_ips

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator
    from typing import Any

    from ..core.crypto import Bytes
    from ..core.endpoint import Endpoint
    from ..core.facts import Facts
    from ..core.keypair import Keypair

    AllowedIP = tuple[bytes, int]
    Event = tuple[Any, ...]

# Offloads, to be added up; the kernel's lack of one is found out at run time.
TSO, USO, GSO, GRO = 1, 2, 4, 8


_EVENTS_AT_ONCE = 32
_PREFIXES_AT_ONCE = 512
_NO_PEER = 0xFFFFFFFF


class Plane:
    """Moves packets between the TUN descriptor and UDP.

    ``offloads`` beyond GSO and GRO need a TUN with IFF_VNET_HDR. With two ``threads``
    a thread of its own receives, where there is a second core.
    """

    kind = "libpywg"

    def __init__(
        self, tun: int, limits: Limits, offloads: int = 0, threads: int = 1
    ) -> None:
        self._limits = limits
        self._mtu = DEFAULT_MTU
        self._peers: set[int] = set()
        self._events = bytearray(_EVENTS_AT_ONCE * layouts.EVENT_SIZE)
        self._facts = bytearray(layouts.FACTS_SIZE)
        self._number = -1
        self._number = _checked(
            _library["open"](
                tun,
                limits.peers,
                limits.allowed_ips,
                limits.staged,
                limits.staged_a_peer,
                offloads,
            )
        )
        self._call("set_threads", threads)

    def __del__(self) -> None:
        _library["close"](self._number)

    # Peers.

    def add_peer(self, peer_id: int) -> None:
        """Make room for a peer; it has nothing yet."""
        self._call("add_peer", peer_id)
        self._peers.add(peer_id)

    def remove_peer(self, peer_id: int) -> None:
        """Forget a peer and all that belongs to it."""
        self._call("remove_peer", peer_id)
        self._peers.remove(peer_id)

    def set_endpoint(self, peer_id: int, endpoint: "Endpoint") -> None:
        """Where this peer is, from configuration or an authenticated message."""
        self._call("set_endpoint", peer_id, layouts.pack_endpoint(endpoint))

    def clear_source(self, peer_id: int) -> None:
        """Let the kernel choose the local address again."""
        self._call("clear_source", peer_id)

    def note_handshake_sent(self, peer_id: int, size: int) -> None:
        """A handshake message of this size goes to the peer; it answers data."""
        self._call("note_handshake_sent", peer_id, size)

    def note_handshake_received(
        self, peer_id: int, size: int, source: "Endpoint"
    ) -> None:
        """An authenticated handshake message came; it answers data, and roams."""
        endpoint = layouts.pack_endpoint(source)
        self._call("note_handshake_received", peer_id, size, endpoint)

    def observe(self, peer_id: int) -> "Facts":
        """The facts; the next packet of this peer raises ACTIVE, once."""
        return self._read_facts(peer_id, observe=True)

    def facts(self, peer_id: int) -> "Facts":
        """The facts as they are now."""
        return self._read_facts(peer_id, observe=False)

    def _read_facts(self, peer_id: int, observe: bool) -> "Facts":
        self._call("peer_facts", peer_id, int(observe), self._facts)
        return layouts.unpack_facts(self._facts)

    # Allowed IPs.

    def allow(self, peer_id: int, allowed_ips: "Collection[AllowedIP]") -> None:
        """Give prefixes to a peer, whoever had them; LimitError if there is no room.

        Those before the first that there is no room for are given all the same.
        """
        packed = layouts.pack_allowed_ips(allowed_ips)
        if self._call("allow", peer_id, packed, len(allowed_ips)) < len(allowed_ips):
            raise no_room_for_allowed_ips(self._limits.allowed_ips)

    def disallow(self, peer_id: int, address: bytes, cidr: int) -> None:
        """Take a prefix from a peer, if it has it."""
        self._call("disallow", peer_id, address, len(address), cidr)

    def disallow_all(self, peer_id: int) -> None:
        """Take all prefixes from a peer."""
        self._call("disallow_all", peer_id)

    def allowed_ips(self, peer_id: int) -> "Iterator[AllowedIP]":
        """The prefixes of a peer: ``(address, prefix length)``.

        IPv4 first, longest first.
        """
        # One list a length sorts faster than one of pairs.
        addresses: dict[int, list[bytes]] = {}
        for address, cidr in self._allowed_ips(peer_id):
            order = 256 * len(address) - cidr
            if order in addresses:
                addresses[order].append(address)
            else:
                addresses[order] = [address]
        for order in sorted(addresses):
            cidr = -order % 256
            yield from [(address, cidr) for address in sorted(addresses[order])]

    def _allowed_ips(self, peer_id: int) -> "Iterator[AllowedIP]":
        cursor = bytearray(4)
        found = bytearray(_PREFIXES_AT_ONCE * layouts.ALLOWED_IP_SIZE)
        count = 1
        while count:
            room = _PREFIXES_AT_ONCE
            count = self._call("allowed_ips", peer_id, cursor, found, room)
            yield from layouts.unpack_allowed_ips(found, count)

    def allowed_ip_owners(
        self, allowed_ips: "Collection[AllowedIP]"
    ) -> "list[int | None]":
        """The peers that have exactly these prefixes, None for nobody."""
        owners = array("I", bytes(4 * len(allowed_ips)))
        packed = layouts.pack_allowed_ips(allowed_ips)
        self._call("allowed_ip_owners", packed, len(allowed_ips), owners)
        return [None if owner == _NO_PEER else owner for owner in owners]

    def allowed_ip_count(self) -> int:
        """How many prefixes there are, of all peers."""
        return self._call("allowed_ip_count")

    # Sessions.

    def install_keypair(
        self, peer_id: int, keypair: "Keypair", keep_next: bool
    ) -> None:
        """Start a session; one that we initiated sends at once to prove itself."""
        keys = keypair.send_key + keypair.receive_key
        self._call(
            "install_keypair",
            peer_id,
            keys,
            keypair.local_index,
            keypair.remote_index,
            keypair.created_at,
            int(keypair.initiator),
            int(keep_next),
        )
        wipe(keys)
        keypair.wipe()

    def expire_keypairs(self, peer_id: int) -> None:
        """Sessions may receive but no longer send."""
        self._call("expire_keypairs", peer_id)

    def wipe_keypairs(self, peer_id: int) -> None:
        """End all sessions of a peer and overwrite their keys."""
        self._call("wipe_keypairs", peer_id)

    def wipe(self) -> None:
        """End every session."""
        for peer_id in self._peers:
            self.wipe_keypairs(peer_id)

    def has_index(self, index: int) -> bool:
        """Whether a session may still receive under this local index."""
        return bool(self._call("has_index", index))

    def send_keepalive(self, peer_id: int) -> None:
        """Send what is staged, or an empty packet if there is nothing."""
        self._call("send_keepalive", peer_id)

    def send_staged(self, peer_id: int) -> None:
        """Send what is staged, or ask for the session that it waits for."""
        self._call("send_staged", peer_id)

    def purge_staged(self, peer_id: int) -> None:
        """Give up what is staged."""
        self._call("purge_staged", peer_id)

    # Handshake messages: which of them become events.

    def set_identity(self, public: "bytes | None") -> None:
        """Our public key, whose knowledge handshake messages show; None for none."""
        key = public or b""
        self._call("set_identity", key, len(key))

    def set_cookie_secret(self, secret: "Bytes", made_at: int) -> None:
        """Answer with cookies of this secret under load, as long as it lives."""
        self._call("set_cookie_secret", secret, made_at)

    def expect_cookie(self, index: int) -> None:
        """A message goes out under this index, that a cookie may answer."""
        self._call("expect_cookie", index)

    # The outer sockets and the wait.

    def listen(self, port: int) -> int:
        """Take this UDP port (0: any) and answer it; OSError if it is not to be had."""
        return self._call("listen", port)

    def close(self) -> None:
        """Give up the UDP port; nothing comes in or goes out until ``listen``."""
        self._call("unlisten")

    def port(self) -> int:
        """The UDP port in use, or 0."""
        return self._call("port")

    def set_fwmark(self, fwmark: int) -> None:
        """Mark the outer packets, 0 for not; OSError if that is not permitted."""
        self._call("set_fwmark", fwmark)

    @property
    def mtu(self) -> int:
        """No packet is padded beyond it."""
        return self._mtu

    @mtu.setter
    def mtu(self, mtu: int) -> None:
        self._call("set_mtu", mtu)
        self._mtu = mtu

    def send_datagram(self, data: bytes, endpoint: "Endpoint") -> None:
        """Send a handshake message or a cookie reply."""
        to = layouts.pack_endpoint(endpoint)
        self._call("send_datagram", data, len(data), to)

    def watch(self, descriptor: int, writable: bool = False) -> None:
        """Let ``wait`` return READY when this descriptor is readable, or writable."""
        self._call("watch", descriptor, int(writable))

    def unwatch(self, descriptor: int) -> None:
        """Forget a descriptor, before it is closed."""
        self._call("unwatch", descriptor)

    def wait(self, timeout: "int | None") -> "list[Event]":
        """Move packets for at most so many milliseconds (None: for ever); the events.

        An empty list means that time is up.
        """
        patience = -1 if timeout is None else timeout
        count = self._call("wait", patience, self._events, _EVENTS_AT_ONCE)
        return [layouts.unpack_event(self._events, at) for at in range(count)]

    # What there is to report.

    @property
    def drops(self) -> dict[str, int]:
        """How many packets were dropped, by reason."""
        counts = [
            (_library["drops"](self._number, at), reason)
            for at, reason in enumerate(_REASONS)
        ]
        return {reason: count for count, reason in counts if count}

    def offloads(self) -> int:
        """The sum of the offloads in use by now."""
        return self._call("offloads")

    def stop_clock(self, now: int) -> None:
        """Let it be this time from now on, in milliseconds; 0 lets time pass again."""
        self._call("set_time", now)

    def _call(self, name: str, *arguments: "Any") -> int:
        return _checked(_library[name](self._number, *arguments))


def tables(limits: Limits) -> "list[tuple[str, int]]":
    """What there is room for under these limits: ``(name, bytes)``."""
    sizes = limits.peers, limits.allowed_ips, limits.staged
    return [
        (name, _library["table_size"](at, *sizes)) for at, name in enumerate(_TABLES)
    ]


def keep_capabilities(kept: int) -> None:
    """Give up what the process may do but for these bits of capabilities(7)."""
    _checked(_library["keep_capabilities"](kept & 0xFFFFFFFF, kept >> 32))


def trim() -> None:
    """Take no more memory for programs and libraries than what is used of them from
    now on."""
    _checked(_library["trim"]())


def _checked(result: int) -> int:
    if result < 0:
        raise OSError(-result, strerror(-result))
    return result


def _texts(function: "Callable[[int], str | None]") -> "list[str]":
    """What the function answers to 0, 1, ... until it has no more."""
    texts: list[str] = []
    while True:
        text = function(len(texts))
        if text is None:
            return texts
        texts.append(text)


_REASONS = _texts(_library["drop_reason"])
_TABLES = _texts(_library["table_name"])
