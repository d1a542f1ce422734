"""A recent wireguard-go from a Debian package, unpacked without installing it.

The package comes from the mirrors of this machine's apt and is checked by its hash. If
it is not available, the installed version is measured, and named in the report.
"""

import hashlib
import subprocess
import sys
import urllib.request
from pathlib import Path

VERSION = "0.0.20260522-1"
SHA256 = {"amd64": "12ed4b9ae95bc6b1918aa0269ec3df6e97f68f94213a4cb62411005dc8042adb"}
_POOL = "pool/main/w/wireguard-go"
_FOLDER = Path(".cache/wireguard-go") / VERSION
_PROGRAM = _FOLDER / "usr/bin/wireguard-go"
_TIMEOUT = 30


def wireguard_go() -> tuple[str | None, str]:
    """Return the path of the program, None if it is installed, and its version."""
    if not _PROGRAM.exists():
        try:
            _unpack(_fetch())
        except (LookupError, OSError) as error:
            print(f"bench: wireguard-go {VERSION}: {error}", file=sys.stderr)
            return None, _output("dpkg-query", "-Wf", "${Version}", "wireguard-go")
    return str(_PROGRAM.resolve()), VERSION


def _fetch() -> bytes:
    architecture = _output("dpkg", "--print-architecture")
    expected = SHA256[architecture]
    file = f"{_POOL}/wireguard-go_{VERSION}_{architecture}.deb"
    for mirror in _mirrors():
        try:
            with urllib.request.urlopen(mirror + file, timeout=_TIMEOUT) as response:
                package: bytes = response.read()
        except OSError:
            continue
        if hashlib.sha256(package).hexdigest() == expected:
            return package
    raise LookupError("package not found on any mirror")


def _unpack(package: bytes) -> None:
    _FOLDER.mkdir(parents=True, exist_ok=True)
    command = ["dpkg-deb", "--extract", "/dev/stdin", str(_FOLDER)]
    subprocess.run(command, input=package, check=True)


def _mirrors() -> list[str]:
    """Return the URLs of the Debian mirrors of apt, each with a trailing slash."""
    wanted = ("$(REPO_URI)", "Origin: Debian", "Created-By: Packages")
    listing = _output("apt-get", "indextargets", "--format", *wanted)
    return [uri.rstrip("/") + "/" for uri in dict.fromkeys(listing.split())]


def _output(*command: str) -> str:
    return subprocess.run(command, capture_output=True, text=True).stdout.strip()
