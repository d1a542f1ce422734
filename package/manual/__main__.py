"""``python -m package.manual``: write the man pages and the shell completion."""

import sys
from pathlib import Path

from . import completion, mdoc

DOCS = Path(__file__).parents[2] / "docs"
FILES = {
    DOCS / "man" / "pywgd.8": mdoc.pywgd,
    DOCS / "man" / "pywg.8": mdoc.pywg,
    DOCS / "completion" / "pywg.bash": completion.bash,
}


def main() -> int:
    """Write every generated file and return the exit code."""
    for path, content in FILES.items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content())
    return 0


if __name__ == "__main__":
    sys.exit(main())
