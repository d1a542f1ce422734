"""Write the C sources that are generated from tables in Python.

usage: generate.py
"""

import runpy
from pathlib import Path

PACKAGE = Path(__file__).parents[2]
TABLE = PACKAGE / "core/drop_reasons.py"
OUTPUT = Path(__file__).parent / "src/drop_reason_list.h"
_COLUMNS = 80

_HEADER = """\
/* Generated from core/drop_reasons.py by "make generate"; do not edit. */
#ifndef PYWG_DROP_REASON_LIST_H
#define PYWG_DROP_REASON_LIST_H

/* The C name and the identifier of each drop reason. */
"""
_FOOTER = "\n#endif\n"


def drop_reason_list(reasons: list[str]) -> str:
    """Return the header that lists the drop reasons, formatted by clang-format."""
    rows = ["#define DROP_REASONS(X)"]
    rows += [f'\tX({reason.upper()}, "{reason}")' for reason in reasons]
    lines = []
    for row in rows[:-1]:
        width = len(row.expandtabs(8))
        lines.append(f"{row}{' ' * (_COLUMNS - 1 - width)}\\\n")
    return f"{_HEADER}{''.join(lines)}{rows[-1]}\n{_FOOTER}"


def generated() -> dict[Path, str]:
    """Return the text of each generated file."""
    table = runpy.run_path(str(TABLE))["DATA_PLANE"]
    return {OUTPUT: drop_reason_list([reason for reason, _ in table])}


def main() -> None:
    """Write each generated file."""
    for path, text in generated().items():
        path.write_text(text)


if __name__ == "__main__":
    main()
