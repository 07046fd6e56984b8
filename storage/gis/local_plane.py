"""A drawing in plain metres or feet, laid on the Earth around a point that somebody names."""

from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from appliance.domain.errors import Invalid
from appliance.domain.sensors import Position
from storage.gis.crs import Crs
from storage.gis.numbers import number
from storage.gis.plan import Coordinates

FARTHEST_M: Final = 100_000.0
"""From the origin; at that distance the plane is off by 4 m, and somebody has mistaken something."""

UNITS_M: Final = {"m": 1.0, "ft": 0.3048}
_FORM: Final = "write LONGITUDE,LATITUDE[,X,Y][,m|ft], for example 33.05,34.68 or 33.05,34.68,0,0,m"


@dataclass(frozen=True, slots=True)
class LocalOrigin:
    """The plane that touches the ellipsoid at `position`, where the drawing has its point `anchor`.

    Without an anchor that is the middle of the drawing. Only an anchor keeps everything in place
    when a drawing that has grown is read again.
    """

    position: Position
    anchor: tuple[float, float] | None = None
    metres_per_unit: float | None = None
    """None: metres, or feet where the lengths of the pipes say so."""

    def anchored(self, points: Coordinates) -> "LocalOrigin":
        """Give the same origin with an anchor: its own, or the middle of these points."""
        return self if self.anchor else replace(self, anchor=middle(points))

    def metres(self, points: Coordinates, metres_per_unit: float) -> tuple[Crs, Coordinates]:
        """Give the azimuthal equidistant system of this origin, and the points in its metres."""
        anchor = self.anchor or middle(points)
        at = self.position
        crs = Crs(
            f"local plane: {anchor[0]:.10g},{anchor[1]:.10g} × {metres_per_unit:g} m "
            f"at {at.longitude:.7f},{at.latitude:.7f}",
            f"+proj=aeqd +lat_0={at.latitude:.10f} +lon_0={at.longitude:.10f} "
            "+datum=WGS84 +units=m +no_defs +type=crs",
        )
        return crs, (points - anchor) * metres_per_unit


def middle(points: Coordinates) -> tuple[float, float]:
    """Give the middle of the extent of the points that are finite; 0, 0 where none is."""
    known = points[np.isfinite(points).all(axis=1)]
    if not len(known):
        return 0.0, 0.0
    x, y = (known.min(axis=0) + known.max(axis=0)) / 2
    return float(x), float(y)


def parse_origin(text: str) -> LocalOrigin:
    """Read `LONGITUDE,LATITUDE[,X,Y][,m|ft]`; the last may be metres per unit. Raises Invalid."""
    parts = [part.strip() for part in text.split(",")]
    scale = _scale(parts.pop()) if len(parts) in {3, 5} else None
    numbers = [number(part) for part in parts]
    if len(numbers) not in {2, 4} or None in numbers:
        raise Invalid(field="local-origin", problem=_FORM)
    longitude, latitude, *anchor = (value for value in numbers if value is not None)
    if abs(longitude) > 180 or abs(latitude) > 90:  # noqa: PLR2004 - the globe's
        raise Invalid(field="local-origin", problem="longitude comes first, in degrees")
    return LocalOrigin(
        Position(longitude, latitude), (anchor[0], anchor[1]) if anchor else None, scale
    )


def _scale(text: str) -> float:
    scale = UNITS_M.get(text.lower()) or number(text)
    if scale is None or scale <= 0:
        raise Invalid(field="local-origin", problem=f"{text!r} is no unit; {_FORM}")
    return scale
