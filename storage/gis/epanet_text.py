"""An EPANET input file as sections of words (EPANET 2.2 User Manual, appendix C.2)."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final

from appliance.domain.errors import FileRefused
from storage.gis.numbers import number

NAMED: Final = 5
"""How many bad lines a refusal quotes."""

_WORDS: Final = re.compile(r'"([^"]*)"?|(\S+)')
_LETTERS: Final = 4
"""EPANET compares the first letters only: `[JUNC]` is `[JUNCTIONS]`."""


@dataclass(frozen=True, slots=True)
class Row:
    """One line that says something."""

    line: int
    words: tuple[str, ...]


@dataclass(slots=True)
class InpText:
    """The sections of a file, and what is wrong with its lines."""

    file: str
    sections: dict[str, list[Row]] = field(default_factory=dict)
    problems: list[tuple[int, str]] = field(default_factory=list)

    def rows(self, section: str, *, least: int) -> Iterator[Row]:
        """Give the rows of a section; one with fewer words than `least` becomes a problem."""
        for row in self.sections.get(_short(section), ()):
            if len(row.words) < least:
                self.note(row, f"[{section}] needs {least} values, here are {len(row.words)}")
            else:
                yield row

    def numbers(self, row: Row, *places: int) -> tuple[float, ...] | None:
        """Give the numbers at these places of a row, or None and a problem."""
        found = tuple(number(row.words[place]) for place in places)
        for place, value in zip(places, found, strict=True):
            if value is None:
                self.note(row, f"{row.words[place]!r} is not a number")
                return None
        return tuple(value for value in found if value is not None)

    def note(self, row: Row, problem: str) -> None:
        """Remember what is wrong with a line."""
        self.problems.append((row.line, problem))

    def refuse_if_bad(self) -> None:
        """Raise FileRefused naming the first bad lines, if there are any."""
        if not self.problems:
            return
        first = sorted(self.problems)[:NAMED]
        said = "; ".join(f"line {line}: {problem}" for line, problem in first)
        more = len(self.problems) - len(first)
        raise FileRefused(
            file=self.file,
            problem=said + (f"; and {more} more" if more else ""),
            remedy="correct these lines, or export the model from EPANET again",
        )


def split(file: str, text: str) -> InpText:
    """Sort the lines of a file into its sections; blank lines and comments fall away."""
    inp = InpText(file)
    rows: list[Row] | None = None
    lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    for place, content in enumerate(lines, 1):
        said = content.partition(";")[0].strip().strip("\x00\x1a")
        if said.startswith("["):
            section = _short(said[1:])
            if section == _short("END"):
                break
            rows = inp.sections.setdefault(section, [])
        elif said and rows is not None:
            rows.append(Row(place, _words(said)))
    return inp


def is_inp(beginning: str) -> bool:
    """Say whether text looks like an EPANET file: a section of nodes or of links begins in it."""
    pattern = r"(^|[\r\n])[ \t]*\[(TITL|JUNC|RESE|TANK|PIPE)[A-Z]*\]?[ \t]*(;|[\r\n]|$)"
    return re.search(pattern, beginning, re.IGNORECASE) is not None


def _words(said: str) -> tuple[str, ...]:
    return tuple(quoted or plain for quoted, plain in _WORDS.findall(said))


def _short(section: str) -> str:
    return section.strip().upper()[:_LETTERS].rstrip("]")
