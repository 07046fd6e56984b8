"""Has what is done to zones noted as edits, beside those of assets, and puts a zone back."""

from collections.abc import Callable
from typing import Final, TypeVar

import msgspec

from appliance.domain.access import EditNetwork, Grant
from appliance.domain.enclave import ZoneId
from appliance.domain.errors import Conflict
from appliance.domain.instant import Instant
from appliance.domain.sensors import Position
from appliance.domain.zones import Area, Zone, ZoneKind, ZonePart, points_of
from appliance.ports.map import EditPart
from appliance.ports.tables import Tables
from appliance.services.noting import new_edit
from appliance.services.world import World

T = TypeVar("T")

MOST_POINTS_NOTED: Final = 5_000
"""Of an outline before and after; what is done to a longer one can't be taken back by an undo."""

_Area = list[list[list[tuple[float, float]]]]


class _Shown(msgspec.Struct):
    """A zone as edits keep it, with what people have said of its contents."""

    name: str
    kind: ZoneKind
    area: _Area
    created_at: int
    said: list[tuple[ZonePart, int, bool]]


class _Kept(msgspec.Struct):
    zone: _Shown


def noted_zone(
    world: World,
    grant: Grant[EditNetwork],
    tables: Tables,
    zone: ZoneId,
    change: Callable[[], T],
    *,
    what: str,
) -> T:
    """Make a change, and note what it did to a zone; nothing is noted where it did nothing."""
    was = tables.zones.get(zone)
    before = zone_text(tables, zone)
    result = change()
    now = tables.zones.get(zone)
    after = zone_text(tables, zone)
    known = [one for one in (was, now) if one is not None]
    if before != after and all(points_of(one.area) <= MOST_POINTS_NOTED for one in known):
        part = EditPart(asset=zone, code=known[-1].name, before=before, after=after)
        tables.edits.add(new_edit(world, grant, (part,), what=what))
    return result


def zone_text(tables: Tables, zone: ZoneId) -> str | None:
    """Write a zone as edits keep it; None where there is none."""
    found = tables.zones.get(zone)
    if found is None:
        return None
    area = [
        [[(point.longitude, point.latitude) for point in ring] for ring in polygon]
        for polygon in found.area
    ]
    said = tables.zones.overridden(zone)
    shown = _Shown(found.name, found.kind, area, int(found.created_at), said)
    return msgspec.json.encode(_Kept(shown)).decode()


def is_of_zone(part: EditPart) -> bool:
    """Whether a part of an edit is about a zone, and not about an asset."""
    return (part.before or part.after or "").startswith('{"zone":')


def put_zone_back(tables: Tables, grant: Grant[EditNetwork], part: EditPart, now: Instant) -> None:
    """Have a zone as it was before; Conflict while somebody is limited to one that would go."""
    zone = ZoneId(part.asset)
    if part.before is None:
        limited = tables.zones.limited_people(zone)
        if limited:
            raise Conflict(what=f"{limited} people or tokens are limited to this zone")
        tables.zones.remove(zone)
        return
    shown = msgspec.json.decode(part.before, type=_Kept).zone
    tables.zones.put(
        Zone(
            id=zone,
            municipality=grant.municipality,
            name=shown.name,
            kind=shown.kind,
            area=_area(shown.area),
            created_at=Instant(shown.created_at),
            updated_at=now,
        )
    )
    wanted = set(shown.said)
    there = set(tables.zones.overridden(zone))
    for kind, thing, _ in there - wanted:
        tables.zones.override(zone, kind, thing, inside=None)
    for kind, thing, inside in wanted - there:
        tables.zones.override(zone, kind, thing, inside=inside)


def _area(shown: _Area) -> Area:
    return tuple(
        tuple(tuple(Position(east, north) for east, north in ring) for ring in polygon)
        for polygon in shown
    )
