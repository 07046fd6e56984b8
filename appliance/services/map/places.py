"""Where things lie in a tile: Web Mercator, as every map on the web is drawn (EPSG:3857)."""

import math
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from appliance.domain.errors import Invalid
from appliance.ports.pages import Box
from appliance.services.map.mvt import EXTENT

Floats = NDArray[np.float64]
Mask = NDArray[np.bool_]

MOST_ZOOM: Final = 22
BUFFER: Final = 64
"""Units around a tile that are drawn too, so that wide lines and icons are whole at its edge."""
NORTHERNMOST: Final = 85.0511287798066
"""Degrees, where Web Mercator ends."""


def world(longitudes: Floats, latitudes: Floats) -> Floats:
    """Give points as fractions of the world's map, x to the east and y to the south: (n, 2)."""
    bounded = np.radians(np.clip(latitudes, -NORTHERNMOST, NORTHERNMOST))
    north = np.arctanh(np.sin(bounded)) / (2 * math.pi)
    return np.column_stack((longitudes / 360 + 0.5, 0.5 - north))


def both(of: Mask) -> Mask:
    """Say where both columns are true; several times as quick as all(axis=1)."""
    said: Mask = of[:, 0] & of[:, 1]
    return said


@dataclass(frozen=True, slots=True)
class Square:
    """One tile. Invalid when there is none of this number."""

    z: int
    x: int
    y: int

    def __post_init__(self) -> None:
        """Refuse what lies beyond the world."""
        if not 0 <= self.z <= MOST_ZOOM:
            raise Invalid(field="z", problem=f"zooms are 0 to {MOST_ZOOM}")
        last = 2**self.z - 1
        for name, number in (("x", self.x), ("y", self.y)):
            if not 0 <= number <= last:
                raise Invalid(field=name, problem=f"at zoom {self.z} it is 0 to {last}")

    @property
    def box(self) -> Box:
        """What it covers with its buffer, in degrees."""
        side, wider = 2.0**self.z, BUFFER / EXTENT
        return Box(
            west=(self.x - wider) / side * 360 - 180,
            south=_latitude((self.y + 1 + wider) / side),
            east=(self.x + 1 + wider) / side * 360 - 180,
            north=_latitude((self.y - wider) / side),
        )

    @property
    def frame(self) -> tuple[float, float, float, float]:
        """What it covers with its buffer, in fractions of the world: from x, y to x, y."""
        side, wider = 2.0**self.z, BUFFER / EXTENT
        return (
            (self.x - wider) / side,
            (self.y - wider) / side,
            (self.x + 1 + wider) / side,
            (self.y + 1 + wider) / side,
        )

    @property
    def degrees_per_unit(self) -> float:
        """How many degrees of longitude one unit of the tile is."""
        return 360 / 2.0**self.z / EXTENT

    def units(self, points: Floats) -> Floats:
        """Give points of the world in the tile's own units."""
        scale = 2.0**self.z * EXTENT
        corner = np.array([self.x * EXTENT, self.y * EXTENT], np.float64)
        placed: Floats = points * scale - corner
        return placed


def _latitude(y: float) -> float:
    return math.degrees(math.atan(math.sinh(math.pi * (1 - 2 * y))))
