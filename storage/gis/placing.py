"""Places a drawing on the Earth: which coordinate system, then every coordinate, then the model."""

from collections import Counter
from collections.abc import Iterator
from typing import Final

import numpy as np
from numpy.typing import NDArray

from appliance.domain.errors import FileRefused
from appliance.domain.network import Link, NetworkModel, Node
from appliance.domain.sensors import Position
from storage.gis.crs import WGS84, Crs, from_file
from storage.gis.detecting import local_unit, looks_geographic, question
from storage.gis.local_plane import FARTHEST_M, LocalOrigin, middle
from storage.gis.plan import Coordinates, Drawing, Plan
from storage.gis.projection import CrsUnusable, Projection

MOST_LOST: Final = 0.01
"""Share of points that may lie outside a system's reach before the system must be the wrong one."""

_GLOBE: Final = (180.0, 90.0)


def place(drawing: Drawing, *, crs: Crs | None, origin: LocalOrigin | None) -> NetworkModel:
    """Give the network in WGS 84: by the origin or system given, else by what the file says.

    A code that occurs again among nodes or among links gets `#2`, `#3` …, so that nothing is lost.
    Raises FileRefused when nobody said where the drawing lies, or what was said can't be.
    """
    systems: list[str] = []
    skipped: Counter[str] = Counter()
    nodes = _Codes()
    links = _Codes()
    model_nodes: list[Node] = []
    model_links: list[Link] = []
    if origin is not None:  # all layers share one middle
        origin = origin.anchored(np.concatenate([plan.coordinates() for plan in drawing.plans]))
    projection = Projection()
    try:
        for plan in drawing.plans:
            skipped.update(plan.skipped)
            if not (plan.nodes or plan.links):
                continue
            system, lonlat = _placed(drawing.source, plan, crs, origin, projection)
            systems.append(system.name)
            model_nodes.extend(_nodes(plan, lonlat, nodes, skipped))
            model_links.extend(_links(plan, lonlat, links, skipped))
    finally:
        projection.close()
    return NetworkModel(
        nodes=tuple(model_nodes),
        links=tuple(model_links),
        source=drawing.source,
        source_crs=", ".join(dict.fromkeys(systems)),
        skipped=dict(skipped),
    )


def _placed(
    source: str, plan: Plan, crs: Crs | None, origin: LocalOrigin | None, projection: Projection
) -> tuple[Crs, Coordinates]:
    points = plan.coordinates()
    if origin is not None:
        chosen, points = _local_metres(source, plan, origin)
    else:
        chosen = crs or from_file(plan.crs) or _detected(source, plan)
    try:
        lonlat = projection.to_wgs84(chosen, points)
    except CrsUnusable as error:
        raise FileRefused(
            file=source,
            problem=f"{chosen.name} can't be used: {error}",
            remedy="pass --crs EPSG:n with the code of the system in which the file is drawn",
        ) from error
    _must_fit(source, plan, chosen, points, lonlat)
    return chosen, lonlat


def _detected(source: str, plan: Plan) -> Crs:
    if looks_geographic(plan):
        return WGS84
    raise question(source, plan)


def _local_metres(source: str, plan: Plan, origin: LocalOrigin) -> tuple[Crs, Coordinates]:
    unit = origin.metres_per_unit or local_unit(plan)
    if unit is None:
        raise question(source, plan)
    points = plan.coordinates()
    crs, metres = origin.metres(points, unit)
    farthest = float(np.abs(metres[np.isfinite(metres)]).max(initial=0.0))
    if farthest > FARTHEST_M:
        x, y = middle(points)
        raise FileRefused(
            file=source,
            problem=f"it would reach {farthest / 1000:.0f} km from the local origin",
            remedy=(
                "say which point of the drawing lies there: --local-origin LONGITUDE,LATITUDE,X,Y; "
                f"its middle is {x:.10g},{y:.10g}"
            ),
        )
    return crs, metres


def _must_fit(source: str, plan: Plan, crs: Crs, points: Coordinates, lonlat: Coordinates) -> None:
    given = np.isfinite(points).all(axis=1)
    lost = given & ~_on_globe(lonlat)
    if lost.sum() <= MOST_LOST * given.sum():
        return
    x, y = points[int(lost.argmax())]
    raise FileRefused(
        file=source,
        problem=f"{lost.sum()} of {len(points)} points, such as {x:.10g} {y:.10g} in {plan.name}, "
        f"are not within reach of {crs.name}",
        remedy="pass --crs EPSG:n with the code of the system in which the file is drawn",
    )


def _on_globe(lonlat: Coordinates) -> NDArray[np.bool_]:
    with np.errstate(invalid="ignore"):
        return np.asarray((np.abs(lonlat) <= _GLOBE).all(axis=1))


class _Codes:
    """Keeps codes apart."""

    def __init__(self) -> None:
        self._seen: Counter[str] = Counter()

    def unique(self, code: str) -> str:
        """Give the code, or the code with the next number that makes it a new one."""
        given = code
        while given in self._seen:
            self._seen[code] += 1
            given = f"{code}#{self._seen[code]}"
        self._seen[given] = 1
        return given


def _nodes(plan: Plan, lonlat: Coordinates, codes: _Codes, skipped: Counter[str]) -> Iterator[Node]:
    places = lonlat[: len(plan.nodes)]
    good = _on_globe(places).tolist()
    for drawn, (x, y), is_good in zip(plan.nodes, places.tolist(), good, strict=True):
        if not is_good:
            skipped["node with impossible coordinates"] += 1
            continue
        facts = drawn.facts.copy()
        facts["code"] = codes.unique(facts["code"])
        yield Node(position=Position(x, y), **facts)


def _links(plan: Plan, lonlat: Coordinates, codes: _Codes, skipped: Counter[str]) -> Iterator[Link]:
    points = lonlat[len(plan.nodes) :]
    good = _on_globe(points)
    positions = [Position(x, y) for x, y in points.tolist()]
    start = 0
    for drawn in plan.links:
        stop = start + len(drawn.path)
        if good[start:stop].all():
            facts = drawn.facts.copy()
            facts["code"] = codes.unique(facts["code"])
            yield Link(path=tuple(positions[start:stop]), **facts)
        else:
            skipped["link with impossible coordinates"] += 1
        start = stop
