"""Well-known binary geometry (OGC 06-103r4, 8.2), as GeoPackage and SpatiaLite keep it.

Reads the ISO types with Z and M (1001, 2001, 3001 …) and the older EWKB flags. Heights and
measures are dropped. Counts are checked against the bytes that are there before anything is read.
"""

import struct
from dataclasses import dataclass, field
from typing import Final

import numpy as np

from storage.gis.plan import NOWHERE, Coordinates, Geometry

DEEPEST: Final = 16
"""Collections within collections; real data has one or two."""

MOST_DIMENSIONS: Final = 4

_DIMENSIONS: Final = {0: 2, 1: 3, 2: 3, 3: 4}
"""By the thousands of the ISO type: plain, Z, M, ZM."""

_NAMES: Final = {
    1: "point",
    2: "line",
    3: "polygon",
    4: "points",
    5: "lines",
    6: "polygons",
    7: "collection",
}
_HAS_Z, _HAS_M, _HAS_SRID = 0x80000000, 0x40000000, 0x20000000


class BadGeometry(ValueError):
    """The bytes are no geometry."""


def parse(data: bytes) -> Geometry:
    """Give the points and lines of a geometry; raises BadGeometry for anything malformed."""
    reading = _Reading(data)
    try:
        reading.geometry(0)
    except struct.error:
        raise BadGeometry("the geometry ends too early") from None
    points = np.concatenate(reading.points) if reading.points else NOWHERE
    return Geometry(points, tuple(reading.lines), tuple(reading.others))


@dataclass(slots=True)
class _Reading:
    """A place in the bytes, and what was found before it."""

    data: bytes
    place: int = 0
    points: list[Coordinates] = field(default_factory=list)
    lines: list[Coordinates] = field(default_factory=list)
    others: list[str] = field(default_factory=list)

    def geometry(self, depth: int) -> None:
        if depth > DEEPEST:
            raise BadGeometry(f"collections nested more than {DEEPEST} deep")
        order, kind, dimensions = self._head()
        match _NAMES.get(kind):
            case "point":
                self._point(order, dimensions)
            case "line":
                self._line(order, dimensions)
            case "polygon":
                self._polygon(order, dimensions)
            case "points" | "lines" | "polygons" | "collection":
                self._members(order, depth)
            case _:
                raise BadGeometry(f"geometry type {kind} is not known")

    def _head(self) -> tuple[str, int, int]:
        mark = self.data[self.place : self.place + 1]
        if mark not in {b"\x00", b"\x01"}:
            raise BadGeometry("no byte order mark")
        order = "<" if mark == b"\x01" else ">"
        (code,) = struct.unpack_from(f"{order}I", self.data, self.place + 1)
        self.place += 9 if code & _HAS_SRID else 5
        family, kind = divmod(code & 0x0FFFFFFF, 1000)
        dimensions = _DIMENSIONS.get(family, 0) + bool(code & _HAS_Z) + bool(code & _HAS_M)
        if family not in _DIMENSIONS or dimensions > MOST_DIMENSIONS:
            raise BadGeometry(f"geometry type {code} is not known")
        return order, kind, dimensions

    def _count(self, order: str, smallest: int) -> int:
        (count,) = struct.unpack_from(f"{order}I", self.data, self.place)
        self.place += 4
        if count * smallest > len(self.data) - self.place:
            raise BadGeometry(f"{count} parts are announced, but the geometry ends before")
        return int(count)

    def _take(self, order: str, count: int, dimensions: int) -> Coordinates:
        size = count * dimensions * 8
        if size > len(self.data) - self.place:
            raise BadGeometry("the geometry ends too early")
        flat = np.frombuffer(self.data, f"{order}f8", count * dimensions, self.place)
        self.place += size
        return flat.reshape(count, dimensions)[:, :2].astype(np.float64)

    def _point(self, order: str, dimensions: int) -> None:
        point = self._take(order, 1, dimensions)
        if not np.isnan(point).all():  # GeoPackage 1.3, 2.1.3: an empty point is all NaN
            self.points.append(point)

    def _line(self, order: str, dimensions: int) -> None:
        line = self._take(order, self._count(order, 8 * dimensions), dimensions)
        if len(line):
            self.lines.append(line)

    def _polygon(self, order: str, dimensions: int) -> None:
        for _ in range(self._count(order, 4)):
            self._take(order, self._count(order, 8 * dimensions), dimensions)
        self.others.append("polygon")

    def _members(self, order: str, depth: int) -> None:
        for _ in range(self._count(order, 5)):
            self.geometry(depth + 1)
