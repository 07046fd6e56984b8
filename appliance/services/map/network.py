"""Rows of a network in memory, and where they lie: some go and others come, the rest stays."""

from collections.abc import Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from typing import Generic, TypeVar

import numpy as np

from appliance.ports.map import LinkRow, NodeRow, SensorRow
from appliance.services.map.layers import look_of, places_of
from appliance.services.map.lines import Lines, lines_of
from appliance.services.map.mvt import idents_of
from appliance.services.map.places import Floats
from appliance.services.map.varints import Ints

P = TypeVar("P", NodeRow, SensorRow)


@dataclass(frozen=True, slots=True)
class Points(Generic[P]):
    """Nodes or sensors."""

    rows: Sequence[P]
    places: Floats

    def only(self, chosen: Sequence[int]) -> "Points[P]":
        """Give some, in the order given."""
        return Points([self.rows[at] for at in chosen], self.places[np.array(chosen, np.int64)])

    def without(self, ids: AbstractSet[int]) -> "Points[P]":
        """Give all but these."""
        return self.only([at for at, row in enumerate(self.rows) if row.id not in ids])

    def joined(self, other: "Points[P]") -> "Points[P]":
        """Give these, then the others."""
        rows = list(self.rows)
        rows += other.rows
        return Points(rows, np.concatenate((self.places, other.places)))


@dataclass(frozen=True, slots=True)
class Links:
    """Links without their paths, which are in the lines."""

    rows: Sequence[LinkRow]
    idents: Sequence[bytes]
    """Their ids, as tiles write them."""
    lines: Lines
    least: Floats
    greatest: Floats
    widths: Floats
    style: Ints
    """Of each link: a number for what it looks like."""
    looks: dict[tuple[object, ...], int]
    """Those numbers; what joins adds its own."""

    def only(self, chosen: Ints) -> "Links":
        """Give some, in the order given."""
        numbers = chosen.tolist()
        return Links(
            [self.rows[at] for at in numbers],
            [self.idents[at] for at in numbers],
            self.lines.only(chosen),
            self.least[chosen],
            self.greatest[chosen],
            self.widths[chosen],
            self.style[chosen],
            self.looks,
        )

    def without(self, ids: AbstractSet[int]) -> "Links":
        """Give all but these."""
        kept = [at for at, row in enumerate(self.rows) if row.id not in ids]
        return self.only(np.array(kept, np.int64))

    def joined(self, other: "Links") -> "Links":
        """Give these, then the others, whose looks are numbered alike."""
        first = np.concatenate((self.lines.first, other.lines.first[1:] + self.lines.first[-1]))
        return Links(
            [*self.rows, *other.rows],
            [*self.idents, *other.idents],
            Lines(np.concatenate((self.lines.points, other.lines.points)), first),
            np.concatenate((self.least, other.least)),
            np.concatenate((self.greatest, other.greatest)),
            np.concatenate((self.widths, other.widths)),
            np.concatenate((self.style, other.style)),
            self.looks,
        )


def points_of(rows: Sequence[P]) -> Points[P]:
    """Put points where they lie."""
    return Points(rows, places_of(rows))


def links_of(rows: Sequence[LinkRow], looks: dict[tuple[object, ...], int]) -> Links:
    """Read the paths of links, and number what they look like."""
    lines = lines_of([row.path for row in rows])
    least, greatest = lines.boxes() if rows else (np.empty((0, 2)), np.empty((0, 2)))
    count = len(rows)
    widths = np.fromiter((row.diameter_m or 0.0 for row in rows), np.float64, count)
    numbers = (looks.setdefault(look_of(row), len(looks)) for row in rows)
    style = np.fromiter(numbers, np.int64, count)
    pathless = [row._replace(path=b"") for row in rows]
    idents = idents_of([row.id for row in rows])
    return Links(pathless, idents, lines, least, greatest, widths, style, looks)


def ranked(links: Links) -> Links:
    """Put the widest first, and of equally wide ones the longest."""
    lengths = np.hypot(*(links.greatest - links.least).T)
    return links.only(np.lexsort((-lengths, -links.widths)))
