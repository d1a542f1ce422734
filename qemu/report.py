"""What the machine says about a check: one line of JSON on a serial port.

The port carries nothing else; the console is for people.
"""

import json
from typing import NamedTuple

Figures = dict[str, float]


class Report(NamedTuple):
    """The outcome of one check; ``figures`` maps a unit or label to a number."""

    check: str
    ok: bool
    detail: str
    figures: Figures

    def to_line(self) -> str:
        """The report as the port carries it, with the newline."""
        return json.dumps(self._asdict()) + "\n"

    @classmethod
    def from_line(cls, line: str) -> "Report":
        """The report that ``line`` carries."""
        return cls(**json.loads(line))

    def __str__(self) -> str:
        numbers = ", ".join(f"{value:g} {name}" for name, value in self.figures.items())
        line = f"{'ok' if self.ok else 'FAILED':7}{self.check:54}{numbers}".rstrip()
        return f"{line}\n{self.detail}" if self.detail else line
