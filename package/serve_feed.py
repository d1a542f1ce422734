"""``python -m package.serve_feed ARCHITECTURE``: serve the feeds over HTTP.

The feeds are those that ``make feed`` and ``make apk`` wrote to ``build``: the one for
opkg at /opkg/ARCHITECTURE, the one for apk at /apk/ARCHITECTURE. The commands that
install from them are printed.
"""

import argparse
import http.server
import posixpath
import re
import socket
import sys
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import unquote, urlsplit

from .builder import apk
from .builder.paths import CHECKOUT
from .builder.targets import TARGETS

BUILD = CHECKOUT / "build"
# What a router looks a key for opkg up by.
_FINGERPRINT = re.compile(r"[0-9a-f]{16}")
# An address of RFC 5737. Nothing is sent to it.
_ANY_HOST = ("192.0.2.1", 9)
_PROMPT = """\
{manager}, on the router:
{commands}
"""


def opkg_commands(url: str, fingerprint: str) -> list[str]:
    """Return the commands that install from the feed for opkg at ``url``."""
    return [
        f"wget -O /etc/opkg/keys/{fingerprint} {url}/{fingerprint}",
        f"echo 'src/gz pywg {url}' >>/etc/opkg/customfeeds.conf",
        "opkg update",
        "opkg install luci-proto-pywg",
        "/etc/init.d/network restart",
    ]


def apk_commands(url: str) -> list[str]:
    """Return the commands that install from the feed for apk at ``url``."""
    return [
        f"wget -O /etc/apk/keys/{apk.PUBLIC_KEY} {url}/{apk.PUBLIC_KEY}",
        f"echo {url}/{apk.INDEX} >>/etc/apk/repositories.d/customfeeds.list",
        "apk update",
        "apk add luci-proto-pywg",
        "/etc/init.d/network restart",
    ]


def find_fingerprint(folder: Path) -> str | None:
    """Return the name of the public key file in a feed for opkg, or None."""
    names = sorted(path.name for path in folder.iterdir()) if folder.is_dir() else []
    return next((name for name in names if _FINGERPRINT.fullmatch(name)), None)


def instructions(build: Path, base_url: str, architecture: str) -> Iterator[str]:
    """Yield a text for each feed of ``architecture`` that is in ``build``."""
    fingerprint = find_fingerprint(build / "ipk" / architecture)
    if fingerprint:
        commands = opkg_commands(f"{base_url}/opkg/{architecture}", fingerprint)
        yield _format("OpenWrt 24.10 and earlier (opkg)", commands)
    if (build / "apk" / architecture / apk.INDEX).exists():
        commands = apk_commands(f"{base_url}/apk/{architecture}")
        yield _format("OpenWrt 25.12 and later (apk)", commands)


def make_server(
    build: Path, port: int, address: str = ""
) -> http.server.ThreadingHTTPServer:
    """Return a server of the feeds in ``build``; port 0 chooses a free port."""
    folders = {"opkg": build / "ipk", "apk": build / "apk"}

    class Handler(http.server.SimpleHTTPRequestHandler):
        """Serve the two folders, and nothing else."""

        def translate_path(self, path: str) -> str:
            """Return the file for the path of a URL."""
            parts = posixpath.normpath(unquote(urlsplit(path).path)).split("/")[1:]
            folder = folders.get(parts[0], build / "missing")
            return str(folder.joinpath(*parts[1:]))

    return http.server.ThreadingHTTPServer((address, port), Handler)


def main() -> int:
    """Serve until interrupted, and return the exit code."""
    parser = argparse.ArgumentParser(prog="python -m package.serve_feed")
    parser.add_argument("architecture", choices=TARGETS, metavar="ARCHITECTURE")
    parser.add_argument("--port", type=int, default=8080, help="default: %(default)s")
    parser.add_argument(
        "--host", default="", help="this machine's address as routers see it"
    )
    words = parser.parse_args()
    with make_server(BUILD, words.port) as server:
        base_url = f"http://{words.host or local_address()}:{server.server_port}"
        texts = list(instructions(BUILD, base_url, words.architecture))
        if not texts:
            missing = f"no feed for {words.architecture} in {BUILD}; run 'make feed'"
            print(missing, file=sys.stderr)
            return 1
        print(f"serving {base_url}, until interrupted (Ctrl-C)\n")
        print("\n".join(texts), flush=True)
        try:
            server.serve_forever()
        except KeyboardInterrupt:
            print()
    return 0


def local_address() -> str:
    """Return the source address of the default route, or 127.0.0.1."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        try:
            sock.connect(_ANY_HOST)
        except OSError:
            return "127.0.0.1"
        return str(sock.getsockname()[0])


def _format(manager: str, commands: list[str]) -> str:
    lines = "\n".join(f"  {command}" for command in commands)
    return _PROMPT.format(manager=manager, commands=lines)


if __name__ == "__main__":
    sys.exit(main())
