"""Zones: named parts of a network. Geometry is WGS 84, longitude first (RFC 7946)."""

import math
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from itertools import pairwise
from typing import Final

from appliance.domain.enclave import ZoneId
from appliance.domain.errors import Invalid
from appliance.domain.ids import MunicipalityId, SensorId
from appliance.domain.instant import Instant
from appliance.domain.sensors import Position

Ring = tuple[Position, ...]
"""Closed: its last point is its first."""
Polygon = tuple[Ring, ...]
"""Its outline, then its holes."""
Area = tuple[Polygon, ...]

LEAST_OF_RING: Final = 4
MOST_POINTS: Final = 20_000
"""Of one zone; an outline that needs more is refused."""


MOST_POINTS_TOGETHER: Final = 200_000
"""Of all zones of a municipality, which everybody's devices share the memory with (some 20 MB)."""


class ZoneKind(StrEnum):
    """What a zone is for."""

    DMA = "dma"
    """A district metered area: what flows in is measured (IWA)."""
    PRESSURE = "pressure"
    """A pressure zone: fed at one head."""
    SUPPLY = "supply"
    """A supply zone: fed by one source."""
    SERVICE = "service"
    """What one crew looks after."""


class ZonePart(StrEnum):
    """What can lie in a zone."""

    SENSOR = "sensor"
    LINK = "link"
    NODE = "node"
    INCIDENT = "incident"


@dataclass(frozen=True, slots=True, kw_only=True)
class Zone:
    """A named part of a municipality's network."""

    id: ZoneId
    municipality: MunicipalityId
    name: str
    kind: ZoneKind
    area: Area
    created_at: Instant
    updated_at: Instant


@dataclass(frozen=True, slots=True)
class KnownZone:
    """A zone as the program has it in memory, to tell whose an event is."""

    area: Area
    sensors: frozenset[SensorId]

    def has(self, position: Position) -> bool:
        """Whether a point lies in it."""
        return any(_in_polygon(polygon, position) for polygon in self.area)


def must_be_an_area(area: Area) -> None:
    """Raise Invalid, with what is wrong and where, for what encloses nothing.

    That outlines cross nowhere is for the store to say, which has the means.
    """
    if not area:
        raise _wrong("it has no polygon")
    if points_of(area) > MOST_POINTS:
        raise _wrong(f"it has more than {MOST_POINTS:,} points; simplify it")
    for polygon in area:
        if not polygon:
            raise _wrong("a polygon has no outline")
        for ring in polygon:
            _must_be_a_ring(ring)


def points_of(area: Area) -> int:
    """Count the points of all outlines."""
    return sum(len(ring) for polygon in area for ring in polygon)


def _must_be_a_ring(ring: Ring) -> None:
    for point in ring:
        if not _is_on_earth(point):
            raise _wrong(f"{_said(point)} is no longitude and latitude in degrees")
    if len(ring) < LEAST_OF_RING:
        raise _wrong(f"a ring has at least {LEAST_OF_RING} points, its last the same as its first")
    if ring[0] != ring[-1]:
        raise _wrong(f"a ring that begins at {_said(ring[0])} does not end there")
    if len(set(ring)) < LEAST_OF_RING - 1 or not _doubled_area(ring):
        raise _wrong(f"the ring at {_said(ring[0])} encloses nothing")


def _is_on_earth(point: Position) -> bool:
    return abs(point.longitude) <= 180 and abs(point.latitude) <= 90  # noqa: PLR2004


def _doubled_area(ring: Ring) -> float:
    first = ring[0]
    return math.fsum(
        (a.longitude - first.longitude) * (b.latitude - first.latitude)
        - (b.longitude - first.longitude) * (a.latitude - first.latitude)
        for a, b in pairwise(ring)
    )


def _in_polygon(polygon: Polygon, point: Position) -> bool:
    """By how often a ray to the east crosses the rings: holes count like outlines."""
    return sum(_crossings(ring, point) for ring in polygon) % 2 == 1


def _crossings(ring: Iterable[Position], point: Position) -> int:
    count = 0
    for a, b in pairwise(ring):
        if (a.latitude > point.latitude) != (b.latitude > point.latitude):
            share = (point.latitude - a.latitude) / (b.latitude - a.latitude)
            count += point.longitude < a.longitude + share * (b.longitude - a.longitude)
    return count


def _said(point: Position) -> str:
    return f"{point.longitude:.12g}, {point.latitude:.12g}"


def _wrong(problem: str) -> Invalid:
    return Invalid(field="geometry", problem=problem)
