"""``python -m package.manual``: write the generated parts of the documentation."""

import sys
from collections.abc import Callable
from pathlib import Path

from . import completion, figures, mdoc

DOCS = Path(__file__).parents[2] / "docs"
BENCHMARKS = DOCS / "benchmarks.md"
FILES: dict[Path, Callable[[], str]] = {
    DOCS / "man" / "pywgd.8": mdoc.pywgd,
    DOCS / "man" / "pywg.8": mdoc.pywg,
    DOCS / "completion" / "pywg.bash": completion.bash,
    BENCHMARKS: lambda: figures.benchmarks(BENCHMARKS),
}


def main() -> int:
    """Write every generated file and return the exit code."""
    for path, content in FILES.items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content())
    return 0


if __name__ == "__main__":
    sys.exit(main())
