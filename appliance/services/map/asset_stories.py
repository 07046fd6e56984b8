"""The story of one asset: work on it, what was noticed at it, and edits of it."""

import math
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

from appliance.domain.access import Grant, ViewNetwork
from appliance.domain.ids import AssetId
from appliance.domain.instant import Instant
from appliance.domain.network import Asset, NetworkNode
from appliance.domain.sensors import Position
from appliance.ports.map import Happened
from appliance.ports.pages import Box
from appliance.ports.tables import Tables
from appliance.services.assets import METRES_PER_DEGREE, found_asset
from appliance.services.world import World

NEAR: Final = 20.0
"""Metres: an incident so near to an asset is told in its story, and said to be near."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Chapter:
    """One thing that happened."""

    kind: str
    """`edit`, `maintenance`, `alert` or `incident`."""
    id: int
    at: Instant
    by: int | None
    what: str
    status: str
    metres: float | None = None
    """How far away, where it is told only because it was near."""


class AssetStories:
    """Tells stories."""

    def __init__(self, world: World) -> None:
        self._world = world

    async def of(self, grant: Grant[ViewNetwork], asset: AssetId, most: int) -> list[Chapter]:
        """Give the newest of what happened to an asset, newest first; NotFound without one.

        Of edits only those that can still be undone are kept; the audit log has all.
        """

        def query(tables: Tables) -> list[Chapter]:
            there = found_asset(tables, asset)
            path = path_of(there)
            happened = tables.map.story(asset, _around(path), most)
            told = [chapter for one in happened if (chapter := _told(one, path)) is not None]
            edits = [
                Chapter(
                    kind="edit",
                    id=edit.id,
                    at=edit.at,
                    by=edit.by,
                    what=edit.what,
                    status="" if edit.undone_by is None else "undone",
                )
                for edit in tables.edits.of(asset, most)
            ]
            return sorted([*told, *edits], key=lambda one: one.at, reverse=True)[:most]

        return await self._world.operations.read(grant.municipality, query)


def path_of(asset: Asset) -> tuple[Position, ...]:
    """Give where an asset is: one point, or a line."""
    return (asset.node.position,) if isinstance(asset, NetworkNode) else asset.link.path


def _told(one: Happened, path: tuple[Position, ...]) -> Chapter | None:
    away = None
    if one.longitude is not None and one.latitude is not None:
        away = metres_from(path, Position(one.longitude, one.latitude))
        if away > NEAR:
            return None
    return Chapter(
        kind=one.kind,
        id=one.id,
        at=one.at,
        by=one.by,
        what=one.what,
        status=one.status,
        metres=None if away is None else round(away, 1),
    )


def _around(path: tuple[Position, ...]) -> Box:
    latitudes = [point.latitude for point in path]
    longitudes = [point.longitude for point in path]
    high = NEAR / METRES_PER_DEGREE
    wide = high / max(math.cos(math.radians(max(map(abs, latitudes)))), 1e-6)
    return Box(
        min(longitudes) - wide, min(latitudes) - high, max(longitudes) + wide, max(latitudes) + high
    )


def metres_from(path: tuple[Position, ...], point: Position) -> float:
    """Give the distance of a point from a line, both within a few kilometres."""
    east = METRES_PER_DEGREE * math.cos(math.radians(point.latitude))
    flat = [
        ((p.longitude - point.longitude) * east, (p.latitude - point.latitude) * METRES_PER_DEGREE)
        for p in path
    ]
    if len(flat) == 1:
        return math.hypot(*flat[0])
    return min(_from_segment(*ends) for ends in pairwise(flat))


def _from_segment(one: tuple[float, float], other: tuple[float, float]) -> float:
    way = (other[0] - one[0], other[1] - one[1])
    length = way[0] ** 2 + way[1] ** 2
    along = 0.0 if length == 0 else -(one[0] * way[0] + one[1] * way[1]) / length
    part = min(max(along, 0.0), 1.0)
    return math.hypot(one[0] + part * way[0], one[1] + part * way[1])
