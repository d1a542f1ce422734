"""The result of a check, sent as one line of JSON over a virtio-serial port."""

import json
from typing import NamedTuple

Figures = dict[str, float]


class Report(NamedTuple):
    """The result of one check; ``figures`` maps a unit or label to a value."""

    check: str
    ok: bool
    detail: str
    figures: Figures

    def to_line(self) -> str:
        """Return the report as a line of JSON with its newline."""
        return json.dumps(self._asdict()) + "\n"

    @classmethod
    def from_line(cls, line: str) -> "Report":
        """Parse a line of JSON.

        Raises:
            ValueError: the line is not JSON.
        """
        return cls(**json.loads(line))

    def __str__(self) -> str:
        numbers = ", ".join(f"{value:g} {name}" for name, value in self.figures.items())
        line = f"{'ok' if self.ok else 'FAILED':7}{self.check:54}{numbers}".rstrip()
        return f"{line}\n{self.detail}" if self.detail else line
