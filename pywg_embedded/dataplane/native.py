"""The data plane in C: libpywg behind the interface of ``reference.Plane``.

1. A negative result is a negated errno, and is raised as OSError.
2. Keys are copied into the library, and overwritten here.
"""

from array import array

from ..core.constants import DEFAULT_MTU
from ..core.secret import wipe
from . import layouts
from .library import functions as _library
from .library import strerror
from .limits import MOST_ALLOWED_IPS, Limits, too_many_allowed_ips

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Iterator
    from typing import Any

    from ..core.crypto import Bytes
    from ..core.endpoint import Endpoint
    from ..core.facts import Facts
    from ..core.keypair import Keypair

    AllowedIP = tuple[bytes, int]
    Event = tuple[Any, ...]

# Offloads, as bits; the library probes which of them the kernel supports.
TSO, USO, GSO, GRO = 1, 2, 4, 8

_EVENTS_AT_ONCE = 32
_PREFIXES_AT_ONCE = 512
_NO_PEER = 0xFFFFFFFF


class Plane:
    """A data plane between a TUN descriptor and UDP sockets.

    ``offloads`` is a sum of TSO, USO, GSO and GRO; TSO and USO need a TUN with
    IFF_VNET_HDR. With 2 ``threads``, receiving has a thread of its own, if there is a
    second core. The descriptor must stay open as long as the plane exists.

    Raises:
        OSError: the descriptor cannot be used, or memory cannot be mapped.
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
        self._handle = -1
        self._handle = _checked(
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
        _library["close"](self._handle)

    # Peers. A method with a peer id raises FileNotFoundError for an unknown peer.

    def add_peer(self, peer_id: int) -> None:
        """Add a peer without keypairs, allowed IPs and endpoint.

        Raises:
            OSError: ENOSPC if the id is not below the limit of peers.
            FileExistsError: the peer exists; it is unchanged.
        """
        self._call("add_peer", peer_id)
        self._peers.add(peer_id)

    def remove_peer(self, peer_id: int) -> None:
        """Remove a peer with its keypairs, staged packets, allowed IPs and events."""
        self._call("remove_peer", peer_id)
        self._peers.remove(peer_id)

    def set_endpoint(self, peer_id: int, endpoint: "Endpoint") -> None:
        """Set the endpoint that packets for a peer are sent to."""
        self._call("set_endpoint", peer_id, layouts.pack_endpoint(endpoint))

    def clear_source(self, peer_id: int) -> None:
        """Let the kernel choose the source address for a peer again."""
        self._call("clear_source", peer_id)

    def record_handshake_sent(self, peer_id: int, size: int) -> None:
        """Record that a handshake message of ``size`` bytes was sent to a peer.

        It answers the data that was received.
        """
        self._call("record_handshake_sent", peer_id, size)

    def record_handshake_received(
        self, peer_id: int, size: int, source: "Endpoint"
    ) -> None:
        """Record an authentic handshake message of ``size`` bytes from a peer.

        It answers the data that was sent, and ``source`` becomes the endpoint.
        """
        endpoint = layouts.pack_endpoint(source)
        self._call("record_handshake_received", peer_id, size, endpoint)

    def observe(self, peer_id: int) -> "Facts":
        """Return the facts of a peer, and let its next packet raise ACTIVE once."""
        return self._read_facts(peer_id, observe=True)

    def facts(self, peer_id: int) -> "Facts":
        """Return the facts of a peer."""
        return self._read_facts(peer_id, observe=False)

    def _read_facts(self, peer_id: int, observe: bool) -> "Facts":
        self._call("peer_facts", peer_id, int(observe), self._facts)
        return layouts.unpack_facts(self._facts)

    # Allowed IPs.

    def allow(self, peer_id: int, allowed_ips: "Collection[AllowedIP]") -> None:
        """Move prefixes, ``(address, prefix length)``, to a peer.

        Raises:
            LimitError: the table is full; the prefixes before the first one without
                room were moved.
        """
        packed = layouts.pack_allowed_ips(allowed_ips)
        if self._call("allow", peer_id, packed, len(allowed_ips)) < len(allowed_ips):
            raise too_many_allowed_ips(self._limits.allowed_ips)

    def disallow(self, peer_id: int, address: bytes, cidr: int) -> None:
        """Remove a prefix from a peer, if it has it."""
        self._call("disallow", peer_id, address, len(address), cidr)

    def disallow_all(self, peer_id: int) -> None:
        """Remove all prefixes from a peer."""
        self._call("disallow_all", peer_id)

    def allowed_ips(
        self, peer_id: int, most: int = MOST_ALLOWED_IPS
    ) -> "Iterator[AllowedIP]":
        """Yield prefixes of a peer, ``(address, prefix length)``, at most so many.

        IPv4 comes first, and longer prefixes before shorter ones.
        """
        # One list for each length sorts faster than one of pairs.
        addresses: dict[int, list[bytes]] = {}
        for address, cidr in self._allowed_ips(peer_id, most):
            order = 256 * len(address) - cidr
            if order in addresses:
                addresses[order].append(address)
            else:
                addresses[order] = [address]
        for order in sorted(addresses):
            cidr = -order % 256
            yield from [(address, cidr) for address in sorted(addresses[order])]

    def _allowed_ips(self, peer_id: int, most: int) -> "Iterator[AllowedIP]":
        cursor = bytearray(4)
        found = bytearray(_PREFIXES_AT_ONCE * layouts.ALLOWED_IP_SIZE)
        count = 1
        while count and most:
            room = min(most, _PREFIXES_AT_ONCE)
            count = self._call("allowed_ips", peer_id, cursor, found, room)
            most -= count
            yield from layouts.unpack_allowed_ips(found, count)

    def allowed_ip_owners(
        self, allowed_ips: "Collection[AllowedIP]"
    ) -> "list[int | None]":
        """Return the id of the peer that has each of these prefixes, else None."""
        owners = array("I", bytes(4 * len(allowed_ips)))
        packed = layouts.pack_allowed_ips(allowed_ips)
        self._call("allowed_ip_owners", packed, len(allowed_ips), owners)
        return [None if owner == _NO_PEER else owner for owner in owners]

    def allowed_ip_count(self) -> int:
        """Return the number of prefixes of all peers."""
        return self._call("allowed_ip_count")

    # Keypairs.

    def install_keypair(
        self, peer_id: int, keypair: "Keypair", keep_next: bool
    ) -> None:
        """Install a keypair and overwrite it here.

        As initiator, send at once to confirm it. With ``keep_next`` the next keypair
        stays in its slot.
        """
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
        """Let the keypairs of a peer only receive from now on."""
        self._call("expire_keypairs", peer_id)

    def wipe_keypairs(self, peer_id: int) -> None:
        """Overwrite the keypairs of a peer."""
        self._call("wipe_keypairs", peer_id)

    def wipe(self) -> None:
        """Overwrite the keypairs of all peers."""
        for peer_id in self._peers:
            self.wipe_keypairs(peer_id)

    def lock_keys(self) -> None:
        """Keep the keypairs out of swap; a child process does not inherit this.

        Raises:
            OSError: RLIMIT_MEMLOCK is too low, or the kernel is too old.
        """
        self._call("lock_keys")

    def has_index(self, index: int) -> bool:
        """Return whether a keypair has this local index."""
        return bool(self._call("has_index", index))

    def send_keepalive(self, peer_id: int) -> None:
        """Send the staged packets of a peer, or an empty one if there are none."""
        self._call("send_keepalive", peer_id)

    def send_staged(self, peer_id: int) -> None:
        """Send the staged packets of a peer, or raise HANDSHAKE_NEEDED for them."""
        self._call("send_staged", peer_id)

    def purge_staged(self, peer_id: int) -> None:
        """Drop the staged packets of a peer."""
        self._call("purge_staged", peer_id)

    # The handshake filter.

    def set_identity(self, public: "bytes | None") -> None:
        """Check mac1 of handshake messages with this public key.

        With None, all handshake messages are dropped.
        """
        key = public or b""
        self._call("set_identity", key, len(key))

    def set_cookie_secret(self, secret: "Bytes", made_at: int) -> None:
        """Answer with cookies of this secret under load, until it expires."""
        self._call("set_cookie_secret", secret, made_at)

    def expect_cookie(self, index: int) -> None:
        """Accept a cookie reply to a message with this sender index."""
        self._call("expect_cookie", index)

    # The UDP sockets and the wait.

    def listen(self, port: int) -> int:
        """Listen on a UDP port (0: any) and return it.

        Raises:
            OSError: the port cannot be bound; the previous one stays open.
        """
        return self._call("listen", port)

    def close(self) -> None:
        """Close the UDP sockets; ``listen`` opens them again."""
        self._call("unlisten")

    def port(self) -> int:
        """Return the UDP port, 0 for none."""
        return self._call("port")

    def set_fwmark(self, fwmark: int) -> None:
        """Set the fwmark of the UDP sockets, 0 for none.

        Raises:
            OSError: EPERM if it is not permitted.
        """
        self._call("set_fwmark", fwmark)

    def set_icmp_sockets(self, v4: int, v6: int) -> None:
        """Send ICMP errors on these raw sockets, -1 for none.

        They are of IPPROTO_RAW and of IPPROTO_ICMPV6, and stay the caller's. Without
        one, IPv4 errors are written to the TUN, and IPv6 errors are not sent.
        """
        self._call("set_icmp_sockets", v4, v6)

    @property
    def mtu(self) -> int:
        """The size in bytes that packets are padded to at most."""
        return self._mtu

    @mtu.setter
    def mtu(self, mtu: int) -> None:
        """Set the size in bytes that packets are padded to at most."""
        self._call("set_mtu", mtu)
        self._mtu = mtu

    def check_source(self, endpoint: "Endpoint") -> "Endpoint":
        """Return the endpoint, without its source if that does not fit the route.

        It fits if the kernel would send from it through the interface of the endpoint.
        """
        fits = self._call("check_source", layouts.pack_endpoint(endpoint))
        return endpoint if fits else endpoint.without_source()

    def send_datagram(self, data: bytes, endpoint: "Endpoint") -> bool:
        """Send a handshake message or a cookie reply; return whether it was sent."""
        to = layouts.pack_endpoint(endpoint)
        return bool(self._call("send_datagram", data, len(data), to))

    def watch(self, descriptor: int, writable: bool = False) -> None:
        """Let ``wait`` return READY when a descriptor is readable, or writable.

        Raises:
            OSError: ENOSPC for more than 64 descriptors.
        """
        self._call("watch", descriptor, int(writable))

    def unwatch(self, descriptor: int) -> None:
        """Stop watching a descriptor; call this before it is closed."""
        self._call("unwatch", descriptor)

    def wait(self, timeout: "int | None") -> "list[Event]":
        """Move packets until there are events, and return them (see ``events``).

        ``timeout`` is in milliseconds, None for no limit; after it, return an empty
        list.
        """
        milliseconds = -1 if timeout is None else timeout
        count = self._call("wait", milliseconds, self._events, _EVENTS_AT_ONCE)
        return [layouts.unpack_event(self._events, at) for at in range(count)]

    # Statistics and tests.

    @property
    def drops(self) -> dict[str, int]:
        """The number of dropped packets by reason; only reasons that occurred."""
        counts = [
            (_library["drops"](self._handle, at), reason)
            for at, reason in enumerate(_REASONS)
        ]
        return {reason: count for count, reason in counts if count}

    def offloads(self) -> int:
        """Return the sum of the offloads in use."""
        return self._call("offloads")

    def stop_clock(self, now: int) -> None:
        """Stop the clock at ``now`` milliseconds, for tests; 0 lets it run again."""
        self._call("set_time", now)

    def _call(self, name: str, *arguments: "Any") -> int:
        return _checked(_library[name](self._handle, *arguments))


def tables(limits: Limits) -> "list[tuple[str, int]]":
    """Return the tables of a plane with these limits: ``(name, bytes)``."""
    sizes = limits.peers, limits.allowed_ips, limits.staged
    return [
        (name, _library["table_size"](at, *sizes)) for at, name in enumerate(_TABLES)
    ]


def keep_capabilities(kept: int) -> None:
    """Reduce the capabilities of the process to these bits of capabilities(7).

    Raises:
        OSError: the kernel refused.
    """
    _checked(_library["keep_capabilities"](kept & 0xFFFFFFFF, kept >> 32))


def restrict_writes(paths: "Iterable[str]") -> int:
    """Forbid programs, signals, and writes to files but those below ``paths``.

    It applies to this thread and to those that it starts; open files stay usable. A
    path that does not exist is left out. Return the version of Landlock.

    Raises:
        OSError: the kernel has no Landlock.
    """
    names = b"".join(path.encode() + b"\0" for path in paths)
    return _checked(_library["restrict_writes"](names, len(names)))


def forbid_dumps() -> None:
    """Forbid core dumps of this process, and ptrace by unprivileged processes.

    Raises:
        OSError: the kernel refused.
    """
    _checked(_library["forbid_dumps"]())


def trim() -> None:
    """Release the read-only pages of the program and its libraries.

    Those that are used again are read from the files.
    """
    _checked(_library["trim"]())


def clock_is_synchronized() -> bool:
    """Return whether the kernel counts the wall clock as set by NTP.

    Raises:
        OSError: the kernel does not tell.
    """
    return bool(_checked(_library["clock_is_synchronized"]()))


def _checked(result: int) -> int:
    if result < 0:
        raise OSError(-result, strerror(-result))
    return result


def _texts(function: "Callable[[int], str | None]") -> "list[str]":
    """Return the results for 0, 1, ... up to the first None."""
    texts: list[str] = []
    while True:
        text = function(len(texts))
        if text is None:
            return texts
        texts.append(text)


_REASONS = _texts(_library["drop_reason"])
_TABLES = _texts(_library["table_name"])
