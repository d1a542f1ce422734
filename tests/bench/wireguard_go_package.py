"""wireguard-go of the newest version that Debian's suites carry, without installing it.

The package comes from the mirror that this machine uses anyway, and is known by its
hash; where it cannot be had, the installed one is measured, and named.
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
_PATIENCE = 30


def wireguard_go() -> tuple[str | None, str]:
    """The program's path, None for the installed one, and its version."""
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
            with urllib.request.urlopen(mirror + file, timeout=_PATIENCE) as answer:
                package: bytes = answer.read()
        except OSError:
            continue
        if hashlib.sha256(package).hexdigest() == expected:
            return package
    raise LookupError("no mirror has the package")


def _unpack(package: bytes) -> None:
    _FOLDER.mkdir(parents=True, exist_ok=True)
    command = ["dpkg-deb", "--extract", "/dev/stdin", str(_FOLDER)]
    subprocess.run(command, input=package, check=True)


def _mirrors() -> list[str]:
    """Where apt finds Debian, each with a slash at its end."""
    wanted = ("$(REPO_URI)", "Origin: Debian", "Created-By: Packages")
    listing = _output("apt-get", "indextargets", "--format", *wanted)
    return [uri.rstrip("/") + "/" for uri in dict.fromkeys(listing.split())]


def _output(*command: str) -> str:
    return subprocess.run(command, capture_output=True, text=True).stdout.strip()
