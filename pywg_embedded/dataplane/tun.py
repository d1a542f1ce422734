"""The TUN device: creation, name, MTU and state."""

import errno
import fcntl
import os
import select
import socket
import struct

from ..core.errors import Error
from .architecture import IOCTL_DIRECTIONS_DIFFER

_IFF_TUN, _IFF_TAP, _IFF_NO_PI, _IFF_VNET_HDR = 0x0001, 0x0002, 0x1000, 0x4000
_PLAIN_TUN = _IFF_TUN | _IFF_NO_PI
_IFF_UP = 0x1
_SIOCGIFFLAGS, _SIOCGIFMTU, _SIOCSIFMTU, _SIOCGIFINDEX = 0x8913, 0x8921, 0x8922, 0x8933
_IFREQ = struct.Struct("16s24x")
_WRITE, _READ = 0x40000000, 0x80000000
if IOCTL_DIRECTIONS_DIFFER:
    _WRITE, _READ = _READ, _WRITE
_TUNSETIFF = _WRITE | 4 << 16 | ord("T") << 8 | 202
_TUNGETIFF = _READ | 4 << 16 | ord("T") << 8 | 210
_NO_DIRECTION = 0x20000000 if IOCTL_DIRECTIONS_DIFFER else 0
_TUNGETDEVNETNS = _NO_DIRECTION | ord("T") << 8 | 227
_OUR_NETNS = "/proc/self/ns/net"
_MAX_NAME = 15

_OPEN_ERRORS = {
    errno.ENOENT: "/dev/net/tun missing; load the module tun (OpenWrt: kmod-tun)",
    errno.ENODEV: "no TUN support; load the module tun (OpenWrt: kmod-tun)",
    errno.EBUSY: "an interface of this name exists; delete it first",
    errno.EPERM: "not permitted; run as root (CAP_NET_ADMIN)",
    errno.EACCES: "not permitted; run as root (CAP_NET_ADMIN)",
    errno.EINVAL: "not a TUN interface, or an invalid name",
}


class Tun:
    """A TUN descriptor, with the initial name and index of its interface.

    The methods that ask for or change a property of the interface raise OSError, ENODEV
    after it was moved to another network namespace; renaming it does no harm.
    """

    def __init__(self, descriptor: int) -> None:
        self.descriptor = descriptor
        self._flags: int = struct.unpack_from("@H", self._identity(), 16)[0]
        self.name = self.current_name()
        self.index: int = struct.unpack_from("@i", self._ask(_SIOCGIFINDEX), 16)[0]

    def current_name(self) -> str:
        """Return the name of the interface, from any network namespace."""
        return os.fsdecode(self._identity()[:16].rstrip(b"\0"))

    def flags(self) -> int:
        """Return the flags that the TUN device was created with, such as IFF_TUN."""
        try:
            with open(f"/sys/class/net/{self.name}/tun_flags") as file:
                return int(file.read(), 16)
        except OSError:
            # Less exact: another flag shares the bit of IFF_NO_PI (linux).
            return self._flags

    def is_up(self) -> bool:
        """Return whether the interface is up."""
        flags: int = struct.unpack_from("@H", self._ask(_SIOCGIFFLAGS), 16)[0]
        return bool(flags & _IFF_UP)

    def mtu(self) -> int:
        """Return the MTU."""
        mtu: int = struct.unpack_from("@i", self._ask(_SIOCGIFMTU), 16)[0]
        return mtu

    def set_mtu(self, mtu: int) -> None:
        """Set the MTU."""
        self._ask(_SIOCSIFMTU, struct.pack("@i", mtu))

    def probe(self) -> bool | None:
        """Return whether the interface is up, or None if it was deleted.

        Works from any network namespace: the descriptor is writable only while the
        interface is up.
        """
        poll = select.poll()
        poll.register(self.descriptor, select.POLLOUT)
        state = sum(flags for _, flags in poll.poll(0))
        return None if state & select.POLLERR else bool(state & select.POLLOUT)

    def close(self) -> None:
        """Close the descriptor, which deletes an interface that ``create`` made."""
        os.close(self.descriptor)

    def _identity(self) -> bytes:
        """Return an ifreq with the name and flags."""
        return fcntl.ioctl(self.descriptor, _TUNGETIFF, bytes(_IFREQ.size))

    def _ask(self, request: int, argument: bytes = b"") -> bytes:
        # Another interface may have the name in our network namespace.
        if not self._is_in_our_netns():
            raise OSError(errno.ENODEV, os.strerror(errno.ENODEV))
        return _ask(self.current_name(), request, argument)

    def _is_in_our_netns(self) -> bool:
        try:
            netns = fcntl.ioctl(self.descriptor, _TUNGETDEVNETNS)
        except OSError:
            return True  # Linux before 4.20: not known
        try:
            return os.path.samestat(os.fstat(netns), os.stat(_OUR_NETNS))
        except OSError:
            return True  # no /proc: not known
        finally:
            os.close(netns)


def mtu_of(name: str) -> int:
    """Return the MTU of an interface; raises OSError if there is none of this name."""
    mtu: int = struct.unpack_from("@i", _ask(name, _SIOCGIFMTU), 16)[0]
    return mtu


def _ask(name: str, request: int, argument: bytes = b"") -> bytes:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        ifreq = struct.pack("16s24s", os.fsencode(name), argument)
        return fcntl.ioctl(sock, request, ifreq)


def create(name: str, vnet_header: bool = False) -> Tun:
    """Create a TUN interface; raises Error if that fails.

    With ``vnet_header``, each packet has a virtio-net header, and may be larger than
    the MTU (offloads).
    """
    check_name(name)
    try:
        descriptor = os.open("/dev/net/tun", os.O_RDWR | os.O_CLOEXEC)
    except OSError as error:
        raise _creation_error(name, error) from error
    flags = _PLAIN_TUN | (_IFF_VNET_HDR if vnet_header else 0)
    try:
        ifreq = struct.pack("16sH22x", os.fsencode(name), flags)
        fcntl.ioctl(descriptor, _TUNSETIFF, ifreq)
        tun = Tun(descriptor)
    except OSError as error:
        os.close(descriptor)
        raise _creation_error(name, error) from error
    _forbid_link_local(name)
    return tun


def adopt(descriptor: int, vnet_header: bool = False) -> Tun:
    """Use a TUN descriptor that the parent process opened; raises Error if unusable.

    ``vnet_header`` allows one with a virtio-net header before each packet.
    """
    try:
        tun = Tun(descriptor)
    except OSError as error:
        text = (
            f"WG_TUN_FD: descriptor {descriptor} is not a TUN device: {error.strerror}"
        )
        raise Error(text) from error
    flags = tun.flags()
    if flags & (_PLAIN_TUN | _IFF_TAP) != _PLAIN_TUN:
        raise Error(
            f"WG_TUN_FD: descriptor {descriptor} is not a TUN device with IFF_NO_PI"
        )
    if flags & _IFF_VNET_HDR and not vnet_header:
        raise Error(
            f"WG_TUN_FD: descriptor {descriptor} has IFF_VNET_HDR, "
            "which needs --dataplane libpywg"
        )
    return tun


def check_name(name: str) -> None:
    """Check a name by the rules of the kernel for interfaces; raises Error."""
    size = len(os.fsencode(name))
    forbidden = any(c.isspace() or c in "/:%" for c in name)
    if not 1 <= size <= _MAX_NAME or forbidden or name in (".", ".."):
        raise Error(
            f"invalid interface name {name!r} (expected 1 to {_MAX_NAME} bytes, "
            "no space, '/', ':' or '%')"
        )


def _forbid_link_local(name: str) -> None:
    # A WireGuard interface has configured addresses only.
    try:
        with open(f"/proc/sys/net/ipv6/conf/{name}/addr_gen_mode", "w") as file:
            file.write("1")
    except OSError:
        pass  # no IPv6, or /proc/sys is read-only: a link-local address does no harm


def _creation_error(name: str, error: OSError) -> Error:
    reason = _OPEN_ERRORS.get(error.errno or 0, error.strerror)
    return Error(f"cannot create interface {name}: {reason}")
