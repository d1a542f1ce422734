"""``pywgd IFNAME``: prepare the interface, become a daemon, run the main loop.

The process that the user started exits only when the interface, the UDP socket and the
control socket are ready, and when nothing is left to do that needs the interface's
name: the next command may move the interface to another network namespace.
"""

import os
import signal
import sys

from .. import __version__, crypto
from ..control.timestamp_file import path as timestamp_path
from ..core.constants import DEFAULT_MTU
from ..core.device import Device
from ..core.errors import Error
from ..dataplane import tun as tuntap
from . import process, uapi_socket
from .arguments import USAGE, Arguments
from .clock import SystemClock
from .dataplane import LIBPYWG, open_plane, uses_vnet_header
from .icmp_sockets import open_icmp_sockets
from .interface import Interface
from .log import Log, Syslog
from .loop import ENDING_SIGNALS, SIGNALS, Loop
from .netlink.link_monitor import LinkMonitor
from .tasks import Tasks
from .timestamps import Timestamps
from .uapi_socket import UapiServer

TYPE_CHECKING = False
if TYPE_CHECKING:
    from ..openwrt.uci_store import NetworkFile
    from .netlink.host_routes import HostRoutes
    from .openwrt.restart_backoff import RestartBackoff
    from .openwrt.service import OpenwrtService
    from .openwrt.uci_config import UciConfig

_STANDARD_ERROR = 2
# Restart back-off, host routes, the clock.
RUN_FOLDER = "/var/run/pywg"
_VERSION = f"pywgd {__version__}"
_TEXTS = {"--version": _VERSION, "-h": USAGE, "--help": USAGE}


def main() -> int:
    """Run ``pywgd`` with the arguments of the process and return the exit code.

    It is 0 if the interface came up (and, in the foreground, ended normally), else 1.
    """
    words = sys.argv[1:]
    for option, text in _TEXTS.items():
        if option in words:
            print(text.rstrip())
            return 0
    backoff = None
    try:
        _fill_standard_descriptors()
        arguments = Arguments(words)
        # Blocked until the loop runs, which cleans up at the end.
        signal.pthread_sigmask(signal.SIG_BLOCK, SIGNALS)
        if arguments.netifd:
            backoff = _open_backoff(arguments)
            if not backoff.wait(ENDING_SIGNALS):
                return 0
        loop = _prepare(arguments, backoff)
        if not arguments.foreground:
            _daemonize(loop, arguments.keep_stderr)
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
    # Else the TUN device could become one of them, and _daemonize would replace it.
    while (descriptor := os.open(os.devnull, os.O_RDWR)) <= _STANDARD_ERROR:
        pass
    os.close(descriptor)


def _prepare(arguments: Arguments, backoff: "RestartBackoff | None") -> Loop:
    tun = _open_tun(arguments)
    log = Log(tun.name, arguments.log_level, Syslog() if arguments.netifd else None)
    process.forbid_dumps(log)
    icmp_sockets = open_icmp_sockets()
    process.drop_capabilities(log)
    process.release_startup_pages()
    host_routes = _open_host_routes(tun, log) if arguments.uci else None
    try:
        loop = _make_loop(arguments, tun, log, icmp_sockets, backoff, host_routes)
    except (Error, OSError):
        if host_routes:
            host_routes.close()
        raise
    process.restrict_writes(_used_folders(arguments), log)
    process.release_startup_pages()
    return loop


def _make_loop(
    arguments: Arguments,
    tun: tuntap.Tun,
    log: Log,
    icmp_sockets: tuple[int, int],
    backoff: "RestartBackoff | None",
    host_routes: "HostRoutes | None",
) -> Loop:
    uci_file = _read_table_sizes(arguments, log) if arguments.uci else None
    plane = open_plane(
        arguments.dataplane,
        tun,
        arguments.limits,
        arguments.offloads,
        arguments.threads,
    )
    plane.set_icmp_sockets(*icmp_sockets)
    if plane.kind == LIBPYWG:
        log.verbose(f"using data plane {plane.kind}")
    else:
        log.warning(f"using data plane {plane.kind}, which is slow")
    path = timestamp_path(arguments.state, arguments.name) if arguments.state else ""
    timestamps = Timestamps(path, SystemClock(), log)
    device = Device(crypto, plane, timestamps, arguments.limits.peers)
    interface = Interface(device, plane, arguments.limits, log)
    tasks = Tasks(log)
    uci_config = service = None
    if uci_file and host_routes:
        uci_config, service = _configure(
            uci_file, arguments.name, interface, tun, host_routes, log, tasks, backoff
        )
    links = LinkMonitor(tun)
    # Last: programs take the control socket as the sign that the interface is ready.
    server = UapiServer(tun.name, arguments.uapi_fd, arguments.limits)
    loop = Loop(interface, links, server, log, timestamps, uci_config, service, tasks)
    loop.apply_link_state()
    return loop


def _used_folders(arguments: Arguments) -> list[str]:
    """Return the folders that a running daemon writes to."""
    folders = [uapi_socket.DIRECTORY]
    if arguments.state:
        try:
            os.makedirs(arguments.state, mode=0o700, exist_ok=True)
        except OSError:
            pass  # said when a timestamp is written
        folders.append(arguments.state)
    if arguments.uci:
        from ..openwrt.uci_store import network_path

        folders += [RUN_FOLDER, os.path.dirname(os.path.realpath(network_path()))]
    return folders


def _open_tun(arguments: Arguments) -> tuntap.Tun:
    vnet_header = uses_vnet_header(arguments.dataplane)
    if arguments.tun_fd is not None:
        return tuntap.adopt(arguments.tun_fd, vnet_header)
    tun = tuntap.create(arguments.name, vnet_header)
    tun.set_mtu(DEFAULT_MTU)
    return tun


# The imports of these functions take memory that a daemon needs for UCI only.


def _open_backoff(arguments: Arguments) -> "RestartBackoff":
    from .netlink.host_routes import remove_leftovers
    from .openwrt.restart_backoff import RestartBackoff
    from .openwrt.service import report_last_failure

    # Before the delay, in which the interface may be stopped for good.
    remove_leftovers(arguments.name, Log(arguments.name, arguments.log_level))
    backoff = RestartBackoff(arguments.name)
    reason = backoff.last_failure()
    if reason:
        report_last_failure(arguments.name, reason)
    return backoff


def _open_host_routes(tun: tuntap.Tun, log: Log) -> "HostRoutes":
    from .netlink.host_routes import HostRoutes

    return HostRoutes(tun, log)


def _read_table_sizes(arguments: Arguments, log: Log) -> "NetworkFile":
    from ..openwrt.uci_store import NetworkFile
    from .openwrt.table_sizes import read_start_options

    uci_file = NetworkFile()
    read_start_options(uci_file, arguments, log)
    return uci_file


def _configure(
    uci_file: "NetworkFile",
    name: str,
    interface: Interface,
    tun: tuntap.Tun,
    host_routes: "HostRoutes",
    log: Log,
    tasks: Tasks,
    backoff: "RestartBackoff | None",
) -> "tuple[UciConfig, OpenwrtService | None]":
    from .openwrt.uci_config import UciConfig

    if backoff is None:
        from .netlink.link_config import LinkConfig

        link = LinkConfig(interface, tun, host_routes, log)
        uci_config = UciConfig(uci_file, name, interface, link, log)
        uci_config.load()
        return uci_config, None

    from .openwrt.service import OpenwrtService

    service = OpenwrtService(interface, tun, log, backoff, tasks, host_routes)
    uci_config = UciConfig(uci_file, name, interface, service.netifd, log)
    service.start(uci_config)
    return uci_config, service


def _daemonize(loop: Loop, keep_stderr: bool) -> None:
    try:
        child = os.fork()
    except OSError:
        loop.close()
        raise
    if child:
        # Without clean-up handlers: the resources belong to the child now.
        os._exit(0)
    os.setsid()
    os.chdir("/")
    null = os.open(os.devnull, os.O_RDWR)
    for descriptor in (0, 1) if keep_stderr else (0, 1, 2):
        os.dup2(null, descriptor)
    os.close(null)
