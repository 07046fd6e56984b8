"""A drawing in plain metres or feet, laid on the Earth around a point that somebody names."""

from dataclasses import dataclass
from typing import Final

from appliance.domain.errors import Invalid
from appliance.domain.sensors import Position
from storage.gis.crs import Crs
from storage.gis.numbers import number
from storage.gis.plan import Coordinates

FARTHEST_M: Final = 100_000.0
"""From the origin; at that distance the plane is off by 4 m, and somebody has mistaken something."""

UNITS_M: Final = {"m": 1.0, "ft": 0.3048}
_FORM: Final = (
    "write LONGITUDE,LATITUDE[,X,Y][,m|ft], for example 33.05,34.68 or 33.05,34.68,0,0,ft"
)


@dataclass(frozen=True, slots=True)
class LocalOrigin:
    """The plane that touches the ellipsoid at `position`, where the drawing has the point (x, y)."""

    position: Position
    x: float = 0.0
    y: float = 0.0
    metres_per_unit: float | None = None
    """None: metres, or feet where the lengths of the pipes say so."""

    def crs(self) -> Crs:
        """Give the azimuthal equidistant system of this origin, in metres."""
        at = self.position
        return Crs(
            f"local plane at {at.longitude:.6f},{at.latitude:.6f}",
            f"+proj=aeqd +lat_0={at.latitude:.10f} +lon_0={at.longitude:.10f} "
            "+datum=WGS84 +units=m +no_defs +type=crs",
        )

    def metres(self, points: Coordinates, metres_per_unit: float) -> Coordinates:
        """Give the points in metres from the origin, same shape."""
        return (points - (self.x, self.y)) * metres_per_unit


def parse_origin(text: str) -> LocalOrigin:
    """Read `LONGITUDE,LATITUDE[,X,Y][,m|ft]`; the last may be metres per unit. Raises Invalid."""
    parts = [part.strip() for part in text.split(",")]
    scale = _scale(parts.pop()) if len(parts) in {3, 5} else None
    numbers = [number(part) for part in parts]
    longitude, latitude, x, y = (*numbers, 0.0, 0.0)[:4] if len(numbers) in {2, 4} else (None,) * 4
    if longitude is None or latitude is None or x is None or y is None:
        raise Invalid(field="local-origin", problem=_FORM)
    if abs(longitude) > 180 or abs(latitude) > 90:  # noqa: PLR2004 - the globe's
        raise Invalid(field="local-origin", problem="longitude comes first, in degrees")
    return LocalOrigin(Position(longitude, latitude), x, y, scale)


def _scale(text: str) -> float:
    scale = UNITS_M.get(text.lower()) or number(text)
    if scale is None or scale <= 0:
        raise Invalid(field="local-origin", problem=f"{text!r} is no unit; {_FORM}")
    return scale
