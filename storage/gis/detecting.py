"""What a drawing's numbers tell about its coordinate system, and the question when they tell nothing."""

from typing import Final

import numpy as np

from appliance.domain.errors import FileRefused
from storage.gis.local_plane import UNITS_M
from storage.gis.plan import Coordinates, Plan

WIDEST_DEGREES: Final = 5.0
"""No utility's network is wider; a schematic drawn from 0 to 100 is."""
METRES_PER_DEGREE: Final = 111_195.0
SAMPLE: Final = 2_000
CLOSE: Final = 1.25
ROUGH: Final = 2.0

_GRIDS: Final = (
    ("EPSG:27700 (British National Grid)", 0, 7e5, 0, 1.3e6),
    ("EPSG:28992 (Amersfoort / RD New)", -7e3, 3e5, 2.89e5, 6.29e5),
    ("EPSG:31370 (Belgian Lambert 72)", 1e4, 3e5, 1e4, 2.6e5),
    ("EPSG:2154 (Lambert-93)", 1e5, 1.25e6, 6e6, 7.2e6),
    ("EPSG:2056 (Swiss LV95)", 2.48e6, 2.84e6, 1.07e6, 1.3e6),
    ("EPSG:2100 (Greek Grid)", 9e4, 8.6e5, 3.85e6, 4.65e6),
    ("EPSG:3006 (SWEREF99 TM)", 2.6e5, 9.3e5, 6.1e6, 7.7e6),
    ("EPSG:3067 (ETRS-TM35FIN)", 5e4, 7.6e5, 6.6e6, 7.8e6),
    ("EPSG:31467 (Gauss-Krüger zone 3; zone 2, 4, 5 begin with that digit)", 2.5e6, 5.9e6, 5.2e6, 6.1e6),
    ("EPSG:5514 (Krovak East North)", -9.1e5, -4.3e5, -1.25e6, -9.3e5),
    ("EPSG:3763 (Portugal TM06)", -1.3e5, 1.7e5, -3.1e5, 2.9e5),
    ("EPSG:326zz or 327zz (UTM zone zz, north or south)", 1e5, 9e5, 1e5, 1e7),
    ("EPSG:3857 (Web Mercator)", -2e7, 2e7, -2e7, 2e7),
)  # fmt: skip
MOST_CANDIDATES: Final = 4
BEYOND_ARBITRARY: Final = 1e5
"""Who draws without a coordinate system begins near zero."""


def looks_geographic(plan: Plan) -> bool:
    """Say whether the numbers can be longitude and latitude; known pipe lengths must agree."""
    points = _finite(plan)
    if not len(points):
        return False
    low, high = points.min(axis=0), points.max(axis=0)
    within = bool((np.maximum(-low, high) <= (180, 90)).all())
    if not within or float((high - low).max()) > WIDEST_DEGREES:
        return False
    scale = METRES_PER_DEGREE * np.array([np.cos(np.radians((low[1] + high[1]) / 2)), 1.0])
    ratio = metres_per_unit(plan, scale)
    return ratio is None or 1 / ROUGH <= ratio <= ROUGH


def metres_per_unit(plan: Plan, scale: Coordinates | None = None) -> float | None:
    """Give by how much drawn lengths must be multiplied to be the stated ones, None if unknown.

    The median over at most 2,000 links that state a length; `scale` is applied to x and y before.
    """
    ratios: list[float] = []
    for link in plan.links:
        stated = link.facts.get("length_m")
        steps = np.diff(link.path, axis=0) * (1.0 if scale is None else scale)
        drawn = float(np.hypot(steps[:, 0], steps[:, 1]).sum())
        if stated and np.isfinite(drawn) and drawn > 0:
            ratios.append(stated / drawn)
        if len(ratios) >= SAMPLE:
            break
    return float(np.median(ratios)) if ratios else None


def local_unit(plan: Plan) -> float | None:
    """Give the metres of one unit of a local drawing; None where pipe lengths contradict both.

    Metres, unless the lengths of the pipes say feet.
    """
    ratio = metres_per_unit(plan)
    if ratio is None:
        return 1.0
    if 1 / CLOSE <= ratio / UNITS_M["ft"] <= CLOSE:
        return UNITS_M["ft"]
    return 1.0 if 1 / ROUGH <= ratio <= ROUGH else None


def question(source: str, plan: Plan) -> FileRefused:
    """Make the refusal that says what to pass, with the systems whose numbers look like these."""
    points = _finite(plan)
    low, high = points.min(axis=0, initial=np.inf), points.max(axis=0, initial=-np.inf)
    fits = candidates(points)
    extent = f"x {low[0]:.10g} to {high[0]:.10g}, y {low[1]:.10g} to {high[1]:.10g}"
    hint = f" The numbers look like {' or '.join(fits)}." if fits else ""
    unit = metres_per_unit(plan)
    scale = f" By the pipe lengths, one unit is about {unit:.3g} m." if unit else ""
    return FileRefused(
        file=source,
        problem=f"it does not say in which coordinate system it is drawn ({plan.name}: {extent})",
        remedy=(
            f"pass --crs EPSG:n.{hint} If the drawing has no coordinate system, pass "
            f"--local-origin LONGITUDE,LATITUDE[,X,Y][,m|ft]: where on the Earth its point X,Y "
            f"(its middle if left out) lies.{scale}"
        ),
    )


def candidates(points: Coordinates) -> list[str]:
    """Name the national grids and UTM into whose range all the points fall."""
    if not len(points) or float(np.abs(points).max()) < BEYOND_ARBITRARY:
        return []
    (left, bottom), (right, top) = points.min(axis=0), points.max(axis=0)
    return [
        name
        for name, west, east, south, north in _GRIDS
        if west <= left and right <= east and south <= bottom and top <= north
    ][:MOST_CANDIDATES]


def _finite(plan: Plan) -> Coordinates:
    points = plan.coordinates()
    return points[np.isfinite(points).all(axis=1)]
