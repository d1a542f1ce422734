"""The command line and environment, the same as of wireguard-go where it has one."""

import argparse
import os

from .. import __version__
from ..core.errors import Error
from ..dataplane.limits import MOST_ALLOWED_IPS, MOST_PEERS, Limits
from .log import LEVELS

_ENVIRONMENT = """environment:
  LOG_LEVEL              silent, error (default), verbose or debug
  WG_PROCESS_FOREGROUND  1: as --foreground
  WG_TUN_FD              descriptor of an open TUN to use
  WG_UAPI_FD             descriptor of a listening control socket to use
"""


class Options:
    """What was asked for; ``tun_fd`` and ``uapi_fd`` are None to make our own."""

    def __init__(self, arguments: list[str]) -> None:
        given = _parser().parse_args(arguments)
        self.name: str = given.interface
        in_foreground = os.environ.get("WG_PROCESS_FOREGROUND") == "1"
        self.foreground: bool = given.foreground or in_foreground
        self.limits = Limits(given.max_peers, given.max_allowed_ips)
        self.tun_fd = _descriptor("WG_TUN_FD")
        self.uapi_fd = _descriptor("WG_UAPI_FD")
        self.log_level = _log_level()
        # A daemon that was asked to log keeps its standard error.
        self.keep_stderr = "LOG_LEVEL" in os.environ and self.log_level != "silent"


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="pywgd",
        description="A WireGuard interface without a kernel module.",
        epilog=_ENVIRONMENT,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--version", action="version", version=f"pywgd {__version__}")
    parser.add_argument(
        "-f", "--foreground", action="store_true", help="do not become a daemon"
    )
    for option, default, most in (
        ("--max-peers", Limits().peers, MOST_PEERS),
        ("--max-allowed-ips", Limits().allowed_ips, MOST_ALLOWED_IPS),
    ):
        parser.add_argument(
            option,
            type=_count(most),
            default=default,
            metavar="N",
            help=f"room for so many, 1 to {most} (default {default})",
        )
    parser.add_argument("interface", help="name of the interface to make, e.g. wg0")
    return parser


def _count(most: int):  # type: ignore[no-untyped-def]
    def number(text: str) -> int:
        if not (text.isascii() and text.isdigit() and 1 <= int(text) <= most):
            raise argparse.ArgumentTypeError(
                f"{text!r} is not a number from 1 to {most}"
            )
        return int(text)

    return number


def _descriptor(variable: str) -> int | None:
    text = os.environ.get(variable)
    if not text:
        return None
    if not (text.isascii() and text.isdigit()):
        raise Error(f"{variable}: {text!r} is not a file descriptor")
    return int(text)


def _log_level() -> str:
    level = os.environ.get("LOG_LEVEL", "error")
    return level if level in LEVELS else "error"
