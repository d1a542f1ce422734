"""The command line and the environment of ``pywgd``, a superset of wireguard-go's."""

import os

from ..control.text import located, parse_number
from ..control.timestamp_file import FOLDER as STATE_FOLDER
from ..core.errors import ConfigError, Error
from ..dataplane import tun
from ..dataplane.limits import MOST_ALLOWED_IPS, MOST_PEERS, OPTIONS, Limits
from .dataplane import LIBPYWG, NAMES, OFFLOADS, PYTHON, THREADS, offload_bits
from .log import DEFAULT_LEVEL, LEVELS

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

_DEFAULTS = Limits()
# Spellings of earlier versions that are still accepted.
_RENAMED = {"--lanes": "--threads"}
_WITH_VALUE = (*OPTIONS, "--dataplane", "--offload", "--threads", "--state")
_MAX_DESCRIPTOR = 2**31 - 1
_FOREGROUND = ("-f", "--foreground")

USAGE = f"""usage: pywgd [OPTION]... IFNAME

Create a WireGuard interface in user space, without a kernel module.

  -f, --foreground     stay in the foreground
  --max-peers N        size of the peer table, 1 to {MOST_PEERS} \
(default {_DEFAULTS.peers})
  --max-allowed-ips N  size of the table of allowed IPs, 1 to {MOST_ALLOWED_IPS} \
(default {_DEFAULTS.allowed_ips})
  --dataplane NAME     data plane: libpywg (default), or python, which is much slower
  --offload LIST       kernel offloads that libpywg uses where the kernel has them, any
                       of tso,uso,gso,gro (default: all), or none
  --threads N          2: receive in a second thread of libpywg, for machines with two
                       or more cores (default 1)
  --state FOLDER       keep the last handshake timestamp in this folder, so that peers
                       accept handshakes after a reboot with an unset clock
  --uci                configure the interface from /etc/config/network, and reload it
                       on SIGHUP; implies --state {STATE_FOLDER}
  --netifd             run under OpenWrt's netifd: like --uci, but addresses, routes and
                       status go through ubus, and log messages to syslog
  --version            print the version and exit
  -h, --help           print this help and exit

environment:
  LOG_LEVEL              silent, error, warning (default), verbose or debug; if it is
                         set, the daemon keeps standard error open for its log
  WG_PROCESS_FOREGROUND  1: same as --foreground
  WG_TUN_FD              file descriptor of an open TUN device to use
  WG_UAPI_FD             file descriptor of a listening control socket to use
  UCI_CONFIG_DIR         folder of the file network for --uci (default /etc/config)
"""


class UsageError(Error):
    """Raised for a command line that cannot be understood."""


class Arguments:
    """The parsed command line and environment.

    ``tun_fd`` and ``uapi_fd`` are None if the daemon has to open its own; ``given`` are
    the options with a value on the command line.
    """

    def __init__(self, arguments: list[str]) -> None:
        """Parse ``arguments`` and the environment.

        Raises:
            Error: an argument or a variable is unknown, missing or malformed.
        """
        self.foreground = os.environ.get("WG_PROCESS_FOREGROUND") == "1"
        self.given: set[str] = set()
        self.limits = Limits()
        self.dataplane = LIBPYWG
        self.state = ""
        self.uci = False
        self.netifd = False
        self.offloads = sum(OFFLOADS.values())
        self.threads = 1
        self.name = self._read(list(arguments))
        if self.uci and not self.state:
            self.state = STATE_FOLDER
        self.tun_fd = _descriptor("WG_TUN_FD")
        self.uapi_fd = _descriptor("WG_UAPI_FD")
        level = os.environ.get("LOG_LEVEL", DEFAULT_LEVEL)
        self.log_level = level if level in LEVELS else DEFAULT_LEVEL
        # A user who sets LOG_LEVEL expects the log of the daemon in the terminal.
        self.keep_stderr = "LOG_LEVEL" in os.environ and self.log_level != "silent"

    def _read(self, arguments: list[str]) -> str:
        names = []
        while arguments:
            word, equals, value = arguments.pop(0).partition("=")
            option = _RENAMED.get(word, word)
            if option in _FOREGROUND and not equals:
                self.foreground = True
            elif option in ("--uci", "--netifd") and not equals:
                self.uci = True
                self.netifd = self.netifd or option == "--netifd"
            elif option in _WITH_VALUE:
                if not equals:
                    value = arguments.pop(0) if arguments else ""
                self._set(option, value)
                self.given.add(option)
            elif word.startswith("-"):
                raise UsageError(f"unknown option {word}; see 'pywgd --help'")
            else:
                names.append(word + equals + value)
        if len(names) != 1:
            raise UsageError(
                "expected one interface name, as in 'pywgd wg0'; see 'pywgd --help'"
            )
        # The name becomes part of a path before the kernel checks it.
        tun.check_name(names[0])
        if self.threads > 1 and self.dataplane == PYTHON:
            raise UsageError(f"--threads {self.threads} needs --dataplane {LIBPYWG}")
        return names[0]

    def _set(self, option: str, value: str) -> None:
        if option == "--dataplane":
            self.dataplane = _choice(NAMES, option, value)
        elif option == "--threads":
            self.threads = int(_choice(THREADS, option, value))
        elif option == "--state":
            # A daemon changes its working directory.
            if not value.startswith("/"):
                raise UsageError(f"{option}: {value!r} is not an absolute path")
            self.state = value
        elif option == "--offload":
            names = [name for name in value.split(",") if name != "none"]
            for name in names:
                _choice(OFFLOADS, option, name)
            self.offloads = offload_bits(names)
        else:
            self.limits.take(option, value)


def _choice(choices: "Iterable[str]", option: str, value: str) -> str:
    if value not in choices:
        expected = ", ".join(choices)
        raise UsageError(f"{option}: invalid value {value!r} (expected {expected})")
    return value


def _descriptor(variable: str) -> int | None:
    text = os.environ.get(variable)
    if not text:
        return None
    try:
        return parse_number(text, _MAX_DESCRIPTOR)
    except ConfigError as error:
        raise located(variable, error) from None
