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
from ..dataplane.reference import Plane
from . import clock
from .interface import Interface
from .links import Links
from .log import Log
from .loop import ENDING_SIGNALS, Loop
from .options import USAGE, Options
from .uapi import UapiServer

_VERSION = f"pywgd {__version__}"
_TEXTS = {"--version": _VERSION, "-h": USAGE, "--help": USAGE}


def main() -> int:
    """The exit code: 0 if the interface came up (and, in foreground, ended well)."""
    arguments = sys.argv[1:]
    for wanted, text in _TEXTS.items():
        if wanted in arguments:
            print(text.rstrip())
            return 0
    try:
        options = Options(arguments)
        loop = _prepare(options)
    except (Error, OSError) as error:
        print(f"pywgd: {error}", file=sys.stderr)
        return 1
    if not options.foreground:
        _step_back(options.keep_stderr)
    return loop.run()


def _prepare(options: Options) -> Loop:
    # Until the loop can clean up behind itself.
    signal.pthread_sigmask(signal.SIG_BLOCK, ENDING_SIGNALS)
    log = Log(options.name, options.log_level)
    tun = _open_tun(options)
    plane = Plane(tun.descriptor, options.limits, clock.boottime)
    device = Device(crypto, plane, clock.wall, options.limits.peers)
    interface = Interface(device, plane, options.limits, log)
    links = Links(tun)
    # Last, for whoever sees it may take the interface for ready.
    server = UapiServer(options.name, options.uapi_fd, options.limits)
    return Loop(interface, links, server, log)


def _open_tun(options: Options) -> tuntap.Tun:
    if options.tun_fd is not None:
        return tuntap.adopt(options.tun_fd)
    tun = tuntap.create(options.name)
    tun.set_mtu(DEFAULT_MTU)
    return tun


def _step_back(keep_stderr: bool) -> None:
    if os.fork():
        # The parent ends here, without the clean-up that belongs to the child.
        os._exit(0)
    os.setsid()
    os.chdir("/")
    null = os.open(os.devnull, os.O_RDWR)
    for descriptor in (0, 1) if keep_stderr else (0, 1, 2):
        os.dup2(null, descriptor)
    os.close(null)
