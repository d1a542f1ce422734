"""``pywgd IFNAME``: make everything ready, step into the background, run.

The caller gets its prompt back only when the interface, the UDP socket and the
control socket can be used, and nothing that goes by the interface's name is left to
do: the next command may move the interface to another namespace.
"""

import os
import signal
import sys

from .. import __version__, crypto
from ..core.constants import DEFAULT_MTU
from ..core.device import Device
from ..core.errors import Error
from ..dataplane import tun as tuntap
from . import clock, process
from .arguments import USAGE, Options
from .dataplane import LIBPYWG, open_plane, takes_vnet_header
from .interface import Interface
from .log import Log, to_syslog
from .loop import ENDING_SIGNALS, SIGNALS, Loop
from .netlink.link_monitor import Links
from .timestamp_store import Stamps
from .uapi_socket import UapiServer

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from .openwrt.restart_backoff import Attempts
    from .openwrt.service import Router
    from .openwrt.uci_config import Source

_STANDARD_ERROR = 2
_VERSION = f"pywgd {__version__}"
_TEXTS = {"--version": _VERSION, "-h": USAGE, "--help": USAGE}


def main() -> int:
    """The exit code: 0 if the interface came up (and, in foreground, ended well)."""
    arguments = sys.argv[1:]
    for wanted, text in _TEXTS.items():
        if wanted in arguments:
            print(text.rstrip())
            return 0
    attempts = None
    try:
        _fill_standard_descriptors()
        options = Options(arguments)
        # Until the loop can clean up behind itself.
        signal.pthread_sigmask(signal.SIG_BLOCK, SIGNALS)
        attempts = _attempts(options)
        if attempts and not _gets_its_turn(options.name, attempts):
            return 0
        loop = _prepare(options, attempts)
        if not options.foreground:
            _step_back(loop, options.keep_stderr)
    except (Error, OSError) as error:
        print(f"pywgd: {error}", file=sys.stderr)
        if attempts:
            attempts.fail(str(error))
        return 1
    code = loop.run()
    if attempts:
        attempts.succeed()
    return code


def _fill_standard_descriptors() -> None:
    # Else the TUN would become one of them, and be replaced with /dev/null later.
    while (descriptor := os.open(os.devnull, os.O_RDWR)) <= _STANDARD_ERROR:
        pass
    os.close(descriptor)


def _prepare(options: Options, attempts: "Attempts | None") -> Loop:
    tun = _open_tun(options)
    log = Log(tun.name, options.log_level, to_syslog if options.netifd else None)
    process.drop_capabilities(log)
    process.trim()
    plane = open_plane(
        options.dataplane, tun, options.limits, options.offloads, options.lanes
    )
    if plane.kind == LIBPYWG:
        log.verbose(f"packets are moved by {plane.kind}")
    else:
        log.error(f"packets are moved by {plane.kind}, which is slow")
    device = Device(crypto, plane, _stamp_clock(options, log), options.limits.peers)
    interface = Interface(device, plane, options.limits, log)
    router = _router(interface, tun, log, attempts) if attempts else None
    source = None
    if options.uci:
        source = _configure(options.name, interface, tun, log, router)
    links = Links(tun)
    # Last, for whoever sees it may take the interface for ready.
    server = UapiServer(tun.name, options.uapi_fd, options.limits)
    loop = Loop(interface, links, server, log, source, router)
    loop.begin()
    process.trim()
    return loop


# Who is configured by others has no use for the memory that these take.


def _attempts(options: Options) -> "Attempts | None":
    if not options.netifd:
        return None
    from .openwrt.restart_backoff import Attempts

    return Attempts(options.name)


def _gets_its_turn(name: str, attempts: "Attempts") -> bool:
    from .openwrt.service import pass_on

    reason = attempts.reason()
    if reason:
        pass_on(name, reason)
    return attempts.wait(ENDING_SIGNALS)


def _router(
    interface: Interface, tun: tuntap.Tun, log: Log, attempts: "Attempts"
) -> "Router":
    from .openwrt.service import Router

    return Router(interface, tun, log, attempts)


def _configure(
    name: str,
    interface: Interface,
    tun: tuntap.Tun,
    log: Log,
    router: "Router | None",
) -> "Source":
    from .netlink.link_config import Host
    from .openwrt.uci_config import Source

    if router is None:
        source = Source(name, interface, Host(tun, log), log)
        source.load()
        return source
    source = Source(name, interface, router.netifd, log)
    router.present(source)
    return source


def _stamp_clock(options: Options, log: Log) -> "Callable[[], int]":
    if not options.state:
        return clock.wall
    path = f"{options.state}/{options.name}.stamp"
    return Stamps(path, clock.wall, clock.boottime, log)


def _open_tun(options: Options) -> tuntap.Tun:
    vnet_header = takes_vnet_header(options.dataplane)
    if options.tun_fd is not None:
        return tuntap.adopt(options.tun_fd, vnet_header)
    tun = tuntap.create(options.name, vnet_header)
    tun.set_mtu(DEFAULT_MTU)
    return tun


def _step_back(loop: Loop, keep_stderr: bool) -> None:
    try:
        child = os.fork()
    except OSError:
        loop.close()
        raise
    if child:
        # The parent ends here, without the clean-up that belongs to the child.
        os._exit(0)
    os.setsid()
    os.chdir("/")
    null = os.open(os.devnull, os.O_RDWR)
    for descriptor in (0, 1) if keep_stderr else (0, 1, 2):
        os.dup2(null, descriptor)
    os.close(null)
