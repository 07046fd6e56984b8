"""Coordinates to WGS 84 through the PROJ that SpatiaLite brings along.

Whole arrays go through as one line geometry, so that a million points need no loop in Python.
Axis order is always easting or longitude first, whatever the registry says.
"""

import struct
from typing import Final

import apsw
import numpy as np

from storage.gis.crs import WGS84, Crs
from storage.gis.plan import Coordinates
from storage.sqlite import open_database

CHUNK: Final = 100_000
"""Points in one geometry: 1.6 MB."""

_HEAD: Final = struct.Struct("<BII")
_LINE: Final = 2
_TRANSFORM: Final = (
    "SELECT AsBinary(ST_Transform(GeomFromWKB(?, 4326), 4326, NULL, ?, 'EPSG:4326'))"
)


class CrsUnusable(Exception):
    """PROJ does not know the coordinate system, or can't get from it to WGS 84."""


class Projection:
    """Transforms to WGS 84. One thread at a time may use it."""

    def __init__(self) -> None:
        self._spatial = open_database(None, None, spatial=True)
        self._spatial.execute("SELECT InitSpatialMetaData(1, 'NONE')").fetchall()
        self._spatial.execute("SELECT InsertEpsgSrid(4326)").fetchall()

    def close(self) -> None:
        """Let go of SpatiaLite."""
        self._spatial.close()

    def to_wgs84(self, crs: Crs, points: Coordinates) -> Coordinates:
        """Give longitude and latitude of each point, same shape; what can't be placed is not finite.

        Raises CrsUnusable.
        """
        if crs == WGS84:
            return points
        chunks = [
            self._chunk(crs, points[start : start + CHUNK])
            for start in range(0, len(points), CHUNK)
        ]
        return np.concatenate([points[:0], *chunks])

    def _chunk(self, crs: Crs, points: Coordinates) -> Coordinates:
        line = np.concatenate([points, points[-1:]])  # one point alone is no line
        wkb = _HEAD.pack(1, _LINE, len(line)) + line.astype("<f8").tobytes()
        try:
            answer = self._spatial.execute(_TRANSFORM, (wkb, crs.definition)).fetchall()[0][0]
        except apsw.SQLError as error:
            raise CrsUnusable(str(error).rpartition(" - ")[2].strip(".")) from error
        if not isinstance(answer, bytes) or len(answer) != len(wkb):
            raise CrsUnusable("PROJ can't transform from it")
        return np.frombuffer(answer, "<f8", offset=_HEAD.size).reshape(-1, 2)[:-1]
