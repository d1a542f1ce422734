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
from .arguments import USAGE, Arguments
from .dataplane import LIBPYWG, open_plane, uses_vnet_header
from .interface import Interface
from .log import Log, to_syslog
from .loop import ENDING_SIGNALS, SIGNALS, Loop
from .netlink.link_monitor import LinkMonitor
from .timestamp_store import TimestampStore
from .uapi_socket import UapiServer

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from .openwrt.restart_backoff import RestartBackoff
    from .openwrt.service import OpenwrtService
    from .openwrt.uci_config import UciConfig

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
    backoff = None
    try:
        _fill_standard_descriptors()
        options = Arguments(arguments)
        # Until the loop can clean up behind itself.
        signal.pthread_sigmask(signal.SIG_BLOCK, SIGNALS)
        backoff = _backoff(options)
        if backoff and not _gets_its_turn(options.name, backoff):
            return 0
        loop = _prepare(options, backoff)
        if not options.foreground:
            _step_back(loop, options.keep_stderr)
    except (Error, OSError) as error:
        print(f"pywgd: {error}", file=sys.stderr)
        if backoff:
            backoff.record_failure(str(error))
        return 1
    code = loop.run()
    if backoff:
        backoff.reset()
    return code


def _fill_standard_descriptors() -> None:
    # Else the TUN would become one of them, and be replaced with /dev/null later.
    while (descriptor := os.open(os.devnull, os.O_RDWR)) <= _STANDARD_ERROR:
        pass
    os.close(descriptor)


def _prepare(options: Arguments, backoff: "RestartBackoff | None") -> Loop:
    tun = _open_tun(options)
    log = Log(tun.name, options.log_level, to_syslog if options.netifd else None)
    process.drop_capabilities(log)
    process.release_startup_pages()
    plane = open_plane(
        options.dataplane, tun, options.limits, options.offloads, options.lanes
    )
    if plane.kind == LIBPYWG:
        log.verbose(f"packets are moved by {plane.kind}")
    else:
        log.error(f"packets are moved by {plane.kind}, which is slow")
    device = Device(crypto, plane, _stamp_clock(options, log), options.limits.peers)
    interface = Interface(device, plane, options.limits, log)
    service = _service(interface, tun, log, backoff) if backoff else None
    uci_config = None
    if options.uci:
        uci_config = _configure(options.name, interface, tun, log, service)
    links = LinkMonitor(tun)
    # Last, for whoever sees it may take the interface for ready.
    server = UapiServer(tun.name, options.uapi_fd, options.limits)
    loop = Loop(interface, links, server, log, uci_config, service)
    loop.begin()
    process.release_startup_pages()
    return loop


# Who is configured by others has no use for the memory that these take.


def _backoff(options: Arguments) -> "RestartBackoff | None":
    if not options.netifd:
        return None
    from .openwrt.restart_backoff import RestartBackoff

    return RestartBackoff(options.name)


def _gets_its_turn(name: str, backoff: "RestartBackoff") -> bool:
    from .openwrt.service import report_last_failure

    reason = backoff.last_failure()
    if reason:
        report_last_failure(name, reason)
    return backoff.wait(ENDING_SIGNALS)


def _service(
    interface: Interface, tun: tuntap.Tun, log: Log, backoff: "RestartBackoff"
) -> "OpenwrtService":
    from .openwrt.service import OpenwrtService

    return OpenwrtService(interface, tun, log, backoff)


def _configure(
    name: str,
    interface: Interface,
    tun: tuntap.Tun,
    log: Log,
    service: "OpenwrtService | None",
) -> "UciConfig":
    from .netlink.link_config import LinkConfig
    from .openwrt.uci_config import UciConfig

    if service is None:
        uci_config = UciConfig(name, interface, LinkConfig(tun, log), log)
        uci_config.load()
        return uci_config
    uci_config = UciConfig(name, interface, service.netifd, log)
    service.start(uci_config)
    return uci_config


def _stamp_clock(options: Arguments, log: Log) -> "Callable[[], int]":
    if not options.state:
        return clock.wall
    path = f"{options.state}/{options.name}.stamp"
    return TimestampStore(path, clock.wall, clock.boottime, log)


def _open_tun(options: Arguments) -> tuntap.Tun:
    vnet_header = uses_vnet_header(options.dataplane)
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
