"""libcrypto of OpenSSL, as far as the linker has to know it: names, and no code.

1. A router has its own, of version 3; libpywg is linked to a library that has nothing
   but the names it asks for.
2. They are declared as for this machine. What differs on others, libpywg does not use.
"""

import hashlib
import re
import subprocess
import tempfile
from pathlib import Path

from . import zig
from .paths import CACHE, LIBPYWG
from .targets import Target

SONAME = "libcrypto.so.3"
SOURCES = sorted(LIBPYWG.glob("src/*openssl.[ch]"))
DESCRIPTION = """\
Name: libcrypto
Description: ChaCha20-Poly1305 for libpywg
Version: 3
Cflags: -I{prefix}/include
Libs: -L{prefix}/lib -lcrypto
"""


def prefix(target: Target, kind: str) -> Path:
    """The folder that it is installed below; there is none but the "shared" one."""
    assert kind == "shared", "it has no code that a program could hold"
    headers = _headers()
    directory = CACHE / f"libcrypto-{target.name}-{_key(target, headers)}"
    if not directory.exists():
        CACHE.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=CACHE) as work:
            _install(target, headers, Path(work) / "made", directory)
    return directory


def names() -> list[str]:
    """The functions that libpywg calls."""
    text = "".join(source.read_text() for source in SOURCES)
    return sorted(set(re.findall(r"\b((?:CRYPTO|EVP|OPENSSL)_\w+)\(", text)))


def _headers() -> list[Path]:
    """Those of this machine that the sources include, one by way of another."""
    paths = (f"-I{LIBPYWG}/include", f"-I{LIBPYWG}/src", *map(str, SOURCES))
    command = ("cc", "-M", *paths)
    rules = subprocess.run(command, capture_output=True, text=True, check=True)
    found = {Path(word) for word in rules.stdout.split() if word.endswith(".h")}
    return sorted(path for path in found if path.parent.name == "openssl")


def _key(target: Target, headers: list[Path]) -> str:
    """Changes with all that the result follows from."""
    digest = hashlib.sha256(f"{target} {zig.key(target)}".encode())
    for file in (Path(__file__), *SOURCES, *headers):
        digest.update(file.read_bytes())
    return digest.hexdigest()[:16]


def _install(target: Target, headers: list[Path], made: Path, directory: Path) -> None:
    include, lib = made / "include/openssl", made / "lib"
    include.mkdir(parents=True)
    for header in headers:
        (include / header.name).write_bytes(header.read_bytes())
    (lib / "pkgconfig").mkdir(parents=True)
    description = DESCRIPTION.format(prefix=directory)
    (lib / "pkgconfig/libcrypto.pc").write_text(description)
    _link(target, made / "names.c", lib / "libcrypto.so")
    made.rename(directory)


def _link(target: Target, source: Path, library: Path) -> None:
    source.write_text("".join(f"void {name}(void) {{}}\n" for name in names()))
    bare = ("-shared", "-nostdlib", "-fno-builtin", f"-Wl,-soname,{SONAME}")
    zig.call(target, *bare, str(source), "-o", str(library))
