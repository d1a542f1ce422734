"""``python -m package.manual``: write the generated parts of the documentation."""

import sys
from collections.abc import Callable
from pathlib import Path

from . import completion, mdoc, tables

DOCS = Path(__file__).parents[2] / "docs"
BENCHMARKS = DOCS / "benchmarks.md"
PROTOCOL = DOCS / "protocol.md"
FILES: dict[Path, Callable[[], str]] = {
    DOCS / "man" / "pywgd.8": mdoc.pywgd,
    DOCS / "man" / "pywg.8": mdoc.pywg,
    DOCS / "completion" / "pywg.bash": completion.bash,
    BENCHMARKS: lambda: tables.benchmarks(BENCHMARKS),
    PROTOCOL: lambda: tables.protocol(PROTOCOL),
}


def main() -> int:
    """Write every generated file and return the exit code."""
    for path, content in FILES.items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content())
    return 0


if __name__ == "__main__":
    sys.exit(main())
