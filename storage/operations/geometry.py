"""Lines as SpatiaLite and the spatial index take them.

SpatiaLite's own triggers would keep the index, but they may not run: a schema that calls functions
of an extension is what `trusted_schema = OFF` forbids. So whoever writes a geometry calls `box`,
and puts it into `idx_<table>_<column>` in the same transaction.
"""

import math
import struct
from collections.abc import Sequence
from typing import Final

from appliance.domain.errors import Invalid
from appliance.domain.sensors import Position

SRID: Final = 4326
LEAST_POINTS: Final = 2
METRES_PER_DEGREE: Final = 111_319.490793
"""Of longitude at the equator, WGS 84."""
_LINE: Final = struct.Struct("<BII")
"""Byte order, type 2 (LineString), number of points (OGC 06-103r4, 8.2.7)."""


def line_wkb(path: Sequence[Position]) -> bytes:
    """Write a path as well-known binary; Invalid unless it has two points on the globe."""
    if len(path) < LEAST_POINTS:
        raise Invalid(field="path", problem="a line needs at least two points")
    numbers = [number for point in path for number in (point.longitude, point.latitude)]
    if not all(map(math.isfinite, numbers)):
        raise Invalid(field="path", problem="a coordinate is not a number")
    return _LINE.pack(1, 2, len(path)) + struct.pack(f"<{len(numbers)}d", *numbers)


def line_of(wkb: bytes) -> tuple[Position, ...]:
    """Read a path that `line_wkb` or SpatiaLite's AsBinary wrote."""
    _, _, points = _LINE.unpack_from(wkb)
    numbers = struct.unpack_from(f"<{2 * points}d", wkb, _LINE.size)
    return tuple(map(Position, numbers[::2], numbers[1::2]))


def box(path: Sequence[Position]) -> dict[str, float]:
    """Give the bounding box of a path, named as the spatial index has it."""
    longitudes = [point.longitude for point in path]
    latitudes = [point.latitude for point in path]
    return {
        "xmin": min(longitudes),
        "xmax": max(longitudes),
        "ymin": min(latitudes),
        "ymax": max(latitudes),
    }


def scale_at(latitude: float) -> tuple[float, float]:
    """Give metres per degree of longitude and latitude near a place.

    On a sphere of the equator's radius: within 1 % of the ellipsoid, and of no consequence for
    which of two lines is nearer.
    """
    east = METRES_PER_DEGREE * math.cos(math.radians(latitude))
    return max(east, 1e-6), METRES_PER_DEGREE
