"""Stub crypto libraries to link libpywg to: the symbols that it calls, without code.

1. The router has the real library; linking needs only its soname and symbols.
2. The headers are those of this machine. libpywg uses nothing in them that differs
   between architectures.
"""

import hashlib
import re
import subprocess
import tempfile
from pathlib import Path
from typing import NamedTuple

from . import toolchain
from .paths import CACHE, LIBPYWG
from .targets import Target


class Library(NamedTuple):
    """A library: its name after "lib", a version, and the prefixes of its symbols."""

    name: str
    version: str
    prefixes: str


LIBRARIES = {
    "openssl": Library("crypto", "3", "CRYPTO|EVP|OPENSSL"),
    "sodium": Library("sodium", "1.0.18", "crypto|randombytes|sodium"),
}
DESCRIPTION = """\
Name: lib{library.name}
Description: ChaCha20-Poly1305 for libpywg
Version: {library.version}
Cflags: -I{prefix}/include
Libs: -L{prefix}/lib -l{library.name}
"""


def prefix(target: Target, aead: str) -> Path:
    """Return the prefix that the stub for the AEAD library is installed below."""
    headers = _headers(aead)
    directory = CACHE / f"stubs-{target.name}-{aead}-{_key(target, aead, headers)}"
    if not directory.exists():
        CACHE.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=CACHE) as work:
            made = Path(work) / "made"
            _install(target, aead, headers, made)
            library = LIBRARIES[aead]
            description = DESCRIPTION.format(library=library, prefix=directory)
            (made / f"lib/pkgconfig/lib{library.name}.pc").write_text(description)
            made.rename(directory)
    return directory


def called_functions(aead: str) -> list[str]:
    """List the functions of the AEAD library that libpywg calls."""
    text = "".join(source.read_text() for source in _sources(aead))
    pattern = rf"\b((?:{LIBRARIES[aead].prefixes})_\w+)\("
    return sorted(set(re.findall(pattern, text)))


def _sources(aead: str) -> list[Path]:
    return sorted(LIBPYWG.glob(f"src/**/*{aead}.[ch]"))


def _headers(aead: str) -> dict[str, Path]:
    """Return the headers of the library that the sources include, by include name."""
    sources = map(str, _sources(aead))
    command = ("cc", "-M", f"-I{LIBPYWG}/include", f"-I{LIBPYWG}/src", *sources)
    rules = subprocess.run(command, capture_output=True, text=True, check=True)
    found = {Path(word) for word in rules.stdout.split() if word.endswith(".h")}
    inside = {f"{aead}/{path.name}": path for path in found if path.parent.name == aead}
    whole = {path.name: path for path in found if path.stem == aead}
    own = {path.name for path in _sources(aead)}
    return {**inside, **{name: whole[name] for name in whole.keys() - own}}


def _key(target: Target, aead: str, headers: dict[str, Path]) -> str:
    """Return a hash of everything that the stub depends on."""
    digest = hashlib.sha256(
        f"{target} {toolchain.cache_key(target)} {called_functions(aead)}".encode()
    )
    for file in (Path(__file__), *(headers[name] for name in sorted(headers))):
        digest.update(file.read_bytes())
    return digest.hexdigest()[:16]


def _install(target: Target, aead: str, headers: dict[str, Path], made: Path) -> None:
    (made / "include" / aead).mkdir(parents=True)
    (made / "lib/pkgconfig").mkdir(parents=True)
    for name, header in headers.items():
        (made / "include" / name).write_bytes(header.read_bytes())
    source = made / "stubs.c"
    source.write_text(
        "".join(f"void {name}(void) {{}}\n" for name in called_functions(aead))
    )
    bare = (
        "-shared",
        "-nostdlib",
        "-fno-builtin",
        f"-Wl,-soname,{target.soname(aead)}",
    )
    output = made / f"lib/lib{LIBRARIES[aead].name}.so"
    toolchain.compile(target, *bare, str(source), "-o", str(output))
