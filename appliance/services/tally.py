"""What came of the lines of a file."""

from collections import Counter
from dataclasses import dataclass, field
from typing import Final

from appliance.domain.work import RefusedLine, Report

MOST_REFUSED: Final = 10_000


@dataclass(slots=True)
class Tally:
    """Counts by name, and the first 10,000 lines that were refused."""

    figures: Counter[str] = field(default_factory=Counter)
    refused: list[RefusedLine] = field(default_factory=list)

    def refuse(self, line: int, reason: str, excerpt: str) -> None:
        """Count a line that was not taken, and keep it while there is room."""
        self.figures["refused"] += 1
        if len(self.refused) < MOST_REFUSED:
            self.refused.append(RefusedLine(line, reason, excerpt))

    def report(self, summary: str) -> Report:
        """Give the account."""
        return Report(summary, dict(self.figures), tuple(self.refused))
