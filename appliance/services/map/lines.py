"""Many lines at once: clipped to a tile, thinned to what can be seen there, and drawn as commands.

Points are rounded to a grid (`quantum`): neighbours that fall together are one, points on a straight
line go. So lines that met meet still, and none is further off than half the grid.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

import numpy as np

from appliance.services.map.mvt import EXTENT
from appliance.services.map.places import BUFFER, Floats, Mask, Square, both, world
from appliance.services.map.varints import Ints, varints, zigzag

_HEAD: Final = 9
"""Bytes of a LineString before its points, as well-known binary."""
_MOVE_TO_ONE: Final = 1 << 3 | 1
_LINE_TO: Final = 2


@dataclass(frozen=True, slots=True)
class Lines:
    """Lines one after the other, in fractions of the world."""

    points: Floats
    """(n, 2), all lines' points together."""
    first: Ints
    """Which point each line begins with, and how many points there are."""

    def __len__(self) -> int:
        return len(self.first) - 1

    def only(self, chosen: Ints) -> "Lines":
        """Give some of the lines, in the order given."""
        lengths = np.diff(self.first)[chosen]
        first = np.zeros(len(chosen) + 1, np.int64)
        np.cumsum(lengths, out=first[1:])
        within = np.arange(int(first[-1])) - np.repeat(first[:-1], lengths)
        return Lines(self.points[np.repeat(self.first[:-1][chosen], lengths) + within], first)

    def boxes(self) -> tuple[Floats, Floats]:
        """Give the least and the greatest x and y of each line: two (n, 2)."""
        begins = self.first[:-1]
        return np.minimum.reduceat(self.points, begins), np.maximum.reduceat(self.points, begins)


def lines_of(paths: Sequence[bytes]) -> Lines:
    """Read LineStrings as SpatiaLite's AsBinary writes them, which is always little-endian."""
    lengths = np.fromiter(((len(path) - _HEAD) // 16 for path in paths), np.int64, len(paths))
    first = np.zeros(len(paths) + 1, np.int64)
    np.cumsum(lengths, out=first[1:])
    degrees = np.frombuffer(b"".join([path[_HEAD:] for path in paths]), "<f8").reshape(-1, 2)
    return Lines(world(degrees[:, 0], degrees[:, 1]), first)


def drawn(lines: Lines, owner: Ints, square: Square, quantum: int = 1) -> dict[int, bytes]:
    """Give the geometry of each owner of lines that has anything in the tile: packed commands (4.3).

    `owner` says for each line whose it is; the lines of one stand together.
    """
    if not len(lines):
        return {}
    come, go, whose = _clipped(square.units(lines.points), lines.first, owner)
    begins, ends = _rounded(come, quantum), _rounded(go, quantum)
    moved = ~both(begins == ends)
    begins, ends, whose = begins[moved], ends[moved], whose[moved]
    if not len(whose):
        return {}
    goes_on = np.zeros(len(whose), bool)
    goes_on[1:] = (whose[1:] == whose[:-1]) & both(begins[1:] == ends[:-1])
    bends = _bends(begins, ends, goes_on)
    return _commands(begins[~goes_on], ends[bends], whose, goes_on, bends)


def _clipped(points: Floats, first: Ints, owner: Ints) -> tuple[Floats, Floats, Ints]:
    """Cut every segment off at the frame, and leave out what is outside."""
    last = np.zeros(len(points), bool)
    last[first[1:] - 1] = True
    inner = np.flatnonzero(~last[:-1])
    whose = np.repeat(owner, first[1:] - first[:-1])[inner]
    begins, ends = points[inner], points[inner + 1]
    low, high = -float(BUFFER), float(EXTENT + BUFFER)
    near = both(np.maximum(begins, ends) >= low) & both(np.minimum(begins, ends) <= high)
    begins, ends, whose = begins[near], ends[near], whose[near]
    within = both(np.minimum(begins, ends) >= low) & both(np.maximum(begins, ends) <= high)
    crossing = np.flatnonzero(~within)  # few: most lie within the frame as they are
    begins[crossing], ends[crossing], within[crossing] = _cut(begins[crossing], ends[crossing])
    return begins[within], ends[within], whose[within]


def _cut(begins: Floats, ends: Floats) -> tuple[Floats, Floats, Mask]:
    """Cut segments off at the frame (Liang and Barsky, 1984), and say which have a part inside."""
    low, high = -float(BUFFER), float(EXTENT + BUFFER)
    way = ends - begins
    with np.errstate(divide="ignore", invalid="ignore"):
        one, other = (low - begins) / way, (high - begins) / way
    still = way == 0  # it runs along an axis, and lies within the frame: see `near`
    enters = np.where(still, 0.0, np.minimum(one, other)).max(axis=1).clip(min=0)[:, None]
    leaves = np.where(still, 1.0, np.maximum(one, other)).min(axis=1).clip(max=1)[:, None]
    cut_begins = np.where(enters == 0, begins, begins + enters * way)
    cut_ends = np.where(leaves == 1, ends, begins + leaves * way)
    return cut_begins, cut_ends, (enters <= leaves)[:, 0]


def _rounded(points: Floats, quantum: int) -> Ints:
    return np.rint(points / quantum).astype(np.int64) * quantum


def _bends(begins: Ints, ends: Ints, goes_on: Mask) -> Mask:
    """Say of which segments the end is needed: not where the next goes on straight ahead."""
    way = ends - begins
    before, after = way[:-1], way[1:]
    cross = before[:, 0] * after[:, 1] - before[:, 1] * after[:, 0]
    ahead = before[:, 0] * after[:, 0] + before[:, 1] * after[:, 1] > 0
    needed = np.ones(len(way), bool)
    needed[:-1] = ~(goes_on[1:] & (cross == 0) & ahead)
    return needed


def _commands(
    starts: Ints, corners: Ints, whose: Ints, goes_on: Mask, bends: Mask
) -> dict[int, bytes]:
    """Write MoveTo and LineTo (4.3.1) for runs of segments, given where each starts and bends."""
    run = np.cumsum(~goes_on) - 1
    line_tos = np.bincount(run[bends], minlength=len(starts))
    sizes = 2 * line_tos + 4
    at = np.cumsum(sizes) - sizes
    owner = whose[~goes_on]
    is_first = np.ones(len(starts), bool)
    is_first[1:] = owner[1:] != owner[:-1]
    begin = np.cumsum(line_tos + 1) - line_tos - 1  # of each run among all points
    points = np.empty((len(starts) + len(corners), 2), np.int64)
    corner = np.ones(len(points), bool)
    corner[begin] = False
    points[begin], points[corner] = starts, corners
    ways = np.diff(points, axis=0, prepend=points[:1] * 0)
    ways[begin[is_first]] = starts[is_first]  # the cursor of a feature starts at 0, 0
    numbers = np.empty(int(sizes.sum()), np.int64)
    numbers[at], numbers[at + 3] = _MOVE_TO_ONE, line_tos << 3 | _LINE_TO
    place = np.repeat(at + 1 - 2 * begin, line_tos + 1) + 2 * np.arange(len(points)) + corner
    folded = zigzag(ways)
    numbers[place], numbers[place + 1] = folded[:, 0], folded[:, 1]
    written, offsets = varints(numbers)
    cuts = [*offsets[at[is_first]].tolist(), len(written)]
    return {one: written[cuts[i] : cuts[i + 1]] for i, one in enumerate(owner[is_first].tolist())}


def points_drawn(places: Ints) -> list[bytes]:
    """Give the geometry of points that are features of their own."""
    numbers = np.empty((len(places), 3), np.int64)
    numbers[:, 0] = _MOVE_TO_ONE
    numbers[:, 1:] = zigzag(places)
    written, offsets = varints(numbers.reshape(-1))
    cuts = offsets[::3].tolist()
    return [written[one:other] for one, other in pairwise(cuts)]
