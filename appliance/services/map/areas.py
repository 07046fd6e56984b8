"""Areas in a tile: SpatiaLite has clipped them, here they are rounded and wound as they must be."""

import struct
from collections.abc import Iterator
from typing import Final

import numpy as np

from appliance.services.map.places import Square, world
from appliance.services.map.varints import Ints, varints, zigzag

_POLYGON: Final = 3
_COLLECTIONS: Final = frozenset({4, 5, 6, 7})
"""What has members: multipoint to collection (OGC 06-103r4, 8.2.7)."""
_POINT_BYTES: Final = 16
_LEAST: Final = 3
_MOVE_TO_ONE: Final = 1 << 3 | 1
_LINE_TO: Final = 2
_CLOSE_PATH: Final = 1 << 3 | 7


def area_drawn(wkb: bytes, square: Square) -> bytes:
    """Give the geometry of an area, packed; nothing when it is too small to be seen.

    Outlines have a positive area in the tile's own axes, holes a negative one (4.3.4.4). A hole
    stays with its outline, and goes with it.
    """
    numbers: list[Ints] = []
    cursor = np.zeros(2, np.int64)
    for polygon in _polygons(wkb):
        for position, ring in enumerate(polygon):
            corners = _rounded(ring, square)
            if len(corners) < _LEAST or (area := _twice_area(corners)) == 0:
                if position == 0:
                    break
                continue
            if (area > 0) != (position == 0):
                corners = corners[::-1]
            ways = zigzag(np.diff(corners, axis=0, prepend=cursor[None]))
            cursor = corners[-1]
            line_to = (len(corners) - 1) << 3 | _LINE_TO
            numbers += [np.array([_MOVE_TO_ONE]), ways[0], np.array([line_to])]
            numbers += [ways[1:].reshape(-1), np.array([_CLOSE_PATH])]
    return varints(np.concatenate(numbers))[0] if numbers else b""


def _rounded(ring: bytes, square: Square) -> Ints:
    """Give the corners of a closed ring, each once."""
    degrees = np.frombuffer(ring, "<f8").reshape(-1, 2)
    units = np.rint(square.units(world(degrees[:, 0], degrees[:, 1]))).astype(np.int64)
    differs = np.ones(len(units), bool)
    differs[1:] = (units[1:] != units[:-1]).any(axis=1)
    corners = units[differs]
    return corners[:-1] if len(corners) > 1 and (corners[0] == corners[-1]).all() else corners


def _twice_area(corners: Ints) -> int:
    after = np.roll(corners, -1, axis=0)
    return int((corners[:, 0] * after[:, 1] - after[:, 0] * corners[:, 1]).sum())


def _polygons(wkb: bytes) -> Iterator[list[bytes]]:
    """Give the rings of each polygon in well-known binary, the outline first; lines are left out."""
    at = 0
    while at < len(wkb):
        _, kind, count = struct.unpack_from("<BII", wkb, at)
        at += 9
        if kind in _COLLECTIONS:
            continue  # its members follow
        if kind != _POLYGON:
            at += _POINT_BYTES * count if kind != 1 else _POINT_BYTES - 4
            continue
        rings = []
        for _ in range(count):
            (points,) = struct.unpack_from("<I", wkb, at)
            at += 4
            rings.append(wkb[at : at + _POINT_BYTES * points])
            at += _POINT_BYTES * points
        yield rings
