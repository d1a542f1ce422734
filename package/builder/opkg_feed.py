"""A feed for opkg: packages, their index, and its signature.

The signature format is that of usign, which is signify(1) without passwords.
"""

import base64
import hashlib
import io
import os
import tarfile
from pathlib import Path

from nacl.signing import SigningKey

from . import ipk
from .archive import gzip_compress

_ALGORITHM = b"Ed"
_FINGERPRINT_SIZE = 8


class UsignKey:
    """An Ed25519 key; ``fingerprint`` (8 bytes) identifies it in signatures.

    ``public`` is the content of the public key file.
    """

    def __init__(self, seed: bytes) -> None:
        self._key = SigningKey(seed)
        public = self._key.verify_key.encode()
        self.fingerprint = hashlib.sha256(public).digest()[:_FINGERPRINT_SIZE]
        self.public = _armoured("public key", _ALGORITHM + self.fingerprint + public)

    def sign(self, message: bytes) -> bytes:
        """Return the content of the signature file for ``message``."""
        signature = self._key.sign(message).signature
        return _armoured("signature", _ALGORITHM + self.fingerprint + signature)


def load_or_create_key(path: Path) -> UsignKey:
    """Return the key whose 32-byte seed is in ``path``; write a new one if missing."""
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch(mode=0o600)
        path.write_bytes(os.urandom(32))
    return UsignKey(path.read_bytes())


def write_index(folder: Path, key: UsignKey) -> None:
    """Write the index of the packages in ``folder``, its signature and the public key.

    Routers look for the key in /etc/opkg/keys, in a file named by its fingerprint.
    """
    entries = [_entry(path) for path in sorted(folder.glob("*.ipk"))]
    # opkg processes a line only when another one follows.
    index = "".join(f"{entry}\n" for entry in entries).encode()
    (folder / "Packages").write_bytes(index)
    (folder / "Packages.gz").write_bytes(gzip_compress(index))
    (folder / "Packages.sig").write_bytes(key.sign(index))
    (folder / key.fingerprint.hex()).write_bytes(key.public)


def _entry(path: Path) -> str:
    """Return the control file of a package, with name, size and hash of its file."""
    content = path.read_bytes()
    file = {
        "Filename": path.name,
        "Size": str(len(content)),
        "SHA256sum": hashlib.sha256(content).hexdigest(),
    }
    lines = "".join(f"{name}: {value}\n" for name, value in file.items())
    before, description = _control(content).split("Description:")
    return f"{before}{lines}Description:{description}"


def _control(package: bytes) -> str:
    with tarfile.open(fileobj=io.BytesIO(ipk.member(package, "control"))) as archive:
        file = archive.extractfile("./control")
        assert file
        return file.read().decode()


def _armoured(kind: str, content: bytes) -> bytes:
    text = base64.b64encode(content).decode()
    return f"untrusted comment: pywg-embedded {kind}\n{text}\n".encode()
