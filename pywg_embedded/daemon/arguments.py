"""The command line and environment, the same as of wireguard-go where it has one."""

import os

from ..control.text import located, parse_number
from ..core.errors import ConfigError, Error
from ..dataplane import tun
from ..dataplane.limits import MOST_ALLOWED_IPS, MOST_PEERS, OPTIONS, Limits
from .dataplane import LANES, LIBPYWG, NAMES, OFFLOADS, PYTHON
from .log import LEVELS

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

_DEFAULTS = Limits()
_WITH_VALUE = (*OPTIONS, "--dataplane", "--lanes", "--offload", "--state")
_STATE_FOLDER = "/etc/pywg"
_MOST_DESCRIPTORS = 2**31 - 1
_FOREGROUND = ("-f", "--foreground")

USAGE = f"""usage: pywgd [OPTION]... IFNAME

A WireGuard interface without a kernel module.

  -f, --foreground     do not become a daemon
  --max-peers N        room for so many peers, 1 to {MOST_PEERS} \
(default {_DEFAULTS.peers})
  --max-allowed-ips N  room for so many allowed IPs, 1 to {MOST_ALLOWED_IPS} \
(default {_DEFAULTS.allowed_ips})
  --dataplane NAME     what moves the packets: libpywg (default), or python, which is
                       much slower
  --offload LIST       what libpywg leaves to the kernel where that can do it: some of
                       tso,uso,gso,gro (default: all), or none
  --lanes N            2: let libpywg receive on a thread of its own, beside the one
                       that sends, where there is a second core (default 1)
  --state FOLDER       where to keep what must outlive a reboot: the last handshake's
                       stamp, for machines whose clock starts in the past
  --uci                configure the interface as /etc/config/network says, and again
                       on SIGHUP; implies --state {_STATE_FOLDER}
  --netifd             the same for OpenWrt's netifd to start: addresses, routes and the
                       state of things go through ubus, and messages to syslog
  --version            print the version
  -h, --help           print this

environment:
  LOG_LEVEL              silent, error (default), verbose or debug
  WG_PROCESS_FOREGROUND  1: as --foreground
  WG_TUN_FD              descriptor of an open TUN to use
  WG_UAPI_FD             descriptor of a listening control socket to use
  UCI_CONFIG_DIR         where --uci finds network, in place of /etc/config
"""


class UsageError(Error):
    """The command line makes no sense; says which part."""


class Arguments:
    """What was asked for; ``tun_fd`` and ``uapi_fd`` are None to make our own."""

    def __init__(self, arguments: list[str]) -> None:
        self.foreground = os.environ.get("WG_PROCESS_FOREGROUND") == "1"
        self.limits = Limits()
        self.dataplane = LIBPYWG
        self.state = ""
        self.uci = False
        self.netifd = False
        self.offloads = sum(OFFLOADS.values())
        self.lanes = 1
        self.name = self._read(list(arguments))
        if self.uci and not self.state:
            self.state = _STATE_FOLDER
        self.tun_fd = _descriptor("WG_TUN_FD")
        self.uapi_fd = _descriptor("WG_UAPI_FD")
        level = os.environ.get("LOG_LEVEL", "error")
        self.log_level = level if level in LEVELS else "error"
        # A daemon that was asked to log keeps its standard error.
        self.keep_stderr = "LOG_LEVEL" in os.environ and self.log_level != "silent"

    def _read(self, arguments: list[str]) -> str:
        names = []
        while arguments:
            word, equals, value = arguments.pop(0).partition("=")
            if word in _FOREGROUND and not equals:
                self.foreground = True
            elif word in ("--uci", "--netifd") and not equals:
                self.uci = True
                self.netifd = self.netifd or word == "--netifd"
            elif word in _WITH_VALUE:
                if not equals:
                    value = arguments.pop(0) if arguments else ""
                self._set(word, value)
            elif word.startswith("-"):
                raise UsageError(f"unknown option {word}; see pywgd --help")
            else:
                names.append(word + equals + value)
        if len(names) != 1:
            raise UsageError("name one interface, e.g. pywgd wg0; see pywgd --help")
        # It becomes part of a path before the kernel sees it.
        tun.check_name(names[0])
        if self.lanes > 1 and self.dataplane == PYTHON:
            raise UsageError(f"--lanes {self.lanes}: {PYTHON} has but one")
        return names[0]

    def _set(self, option: str, value: str) -> None:
        if option == "--dataplane":
            self.dataplane = _one_of(NAMES, option, value)
        elif option == "--lanes":
            self.lanes = int(_one_of(LANES, option, value))
        elif option == "--state":
            self.state = _folder(option, value)
        elif option == "--offload":
            names = [name for name in value.split(",") if name != "none"]
            self.offloads = sum(
                OFFLOADS[_one_of(OFFLOADS, option, name)] for name in set(names)
            )
        else:
            self.limits.take(option, value)


def _one_of(known: "Iterable[str]", option: str, value: str) -> str:
    if value not in known:
        choice = ", ".join(known)
        raise UsageError(f"{option}: {value!r} is none of {choice}")
    return value


def _folder(option: str, path: str) -> str:
    # A daemon leaves the folder it was started in.
    if not path.startswith("/"):
        raise UsageError(f"{option}: {path!r} does not start with /")
    return path


def _descriptor(variable: str) -> int | None:
    text = os.environ.get(variable)
    if not text:
        return None
    try:
        return parse_number(text, _MOST_DESCRIPTORS)
    except ConfigError as error:
        raise located(variable, error) from None
