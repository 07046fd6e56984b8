"""Zones: named parts of the network, by which lists are chosen and people are limited."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from typing import Final, TypeVar

from appliance.domain.access import EditNetwork, Grant, ViewNetwork
from appliance.domain.enclave import ZoneId
from appliance.domain.errors import Conflict, Invalid, NotFound
from appliance.domain.ids import AssetId, SensorId
from appliance.domain.sayings import saying
from appliance.domain.zones import (
    MOST_POINTS_TOGETHER,
    Area,
    Zone,
    ZoneKind,
    ZonePart,
    must_be_an_area,
    points_of,
)
from appliance.ports.tables import Tables
from appliance.services.names import must_be_named
from appliance.services.noting_zones import noted_zone
from appliance.services.world import World

T = TypeVar("T")

MOST_ZONES: Final = 500
"""Of a municipality; the next is refused."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ZoneFields:
    """A zone as somebody describes it; None leaves what is there."""

    name: str | None = None
    kind: ZoneKind | None = None
    area: Area | None = None


@dataclass(frozen=True, slots=True)
class Contents:
    """What lies in a zone, by id, and what people have said of it against geometry."""

    parts: dict[ZonePart, list[int]]
    overridden: list[tuple[ZonePart, int, bool]]


class Zones:
    """Keeps zones; what lies in them follows whatever is moved, in the same transaction."""

    def __init__(self, world: World) -> None:
        self._world = world

    async def all(self, grant: Grant[ViewNetwork]) -> list[Zone]:
        """Give all that one may see, by name."""
        return await self._world.operations.read(grant.municipality, lambda t: t.zones.all())

    async def get(self, grant: Grant[ViewNetwork], zone: ZoneId) -> Zone:
        """Give one."""
        return await self._world.operations.read(grant.municipality, lambda t: found(t, zone))

    async def contents(self, grant: Grant[ViewNetwork], zone: ZoneId) -> Contents:
        """Give what lies in one."""
        return await self._world.operations.read(grant.municipality, lambda t: _contents(t, zone))

    async def add(self, grant: Grant[EditNetwork], said: ZoneFields) -> Zone:
        """Add one; Invalid says what is wrong with its outline."""
        if said.name is None or said.kind is None or said.area is None:
            raise Invalid(
                field="geometry",
                problem=saying("zone_needs", "a zone has a name, a kind and a geometry"),
            )
        now = self._world.clock.now()
        zone = Zone(
            id=ZoneId(self._world.ids.new_id()),
            municipality=grant.municipality,
            name=said.name,
            kind=said.kind,
            area=said.area,
            created_at=now,
            updated_at=now,
        )

        def add(tables: Tables) -> Zone:
            must_have_place(tables)
            note = partial(noted_zone, self._world, grant, tables, zone.id, what="added")
            return note(lambda: _put(tables, zone, said))

        return await self._write(grant, add)

    async def change(self, grant: Grant[EditNetwork], zone: ZoneId, said: ZoneFields) -> Zone:
        """Change one; what lies in it is found anew."""
        now = self._world.clock.now()

        def change(tables: Tables) -> Zone:
            present = replace(found(tables, zone), updated_at=now)
            note = partial(noted_zone, self._world, grant, tables, zone, what="changed")
            return note(lambda: _put(tables, present, said))

        return await self._write(grant, change)

    async def remove(self, grant: Grant[EditNetwork], zone: ZoneId) -> None:
        """Remove one; Conflict while somebody is limited to it, for whom it must not end in more."""

        def remove(tables: Tables) -> None:
            found(tables, zone)
            limited = tables.zones.limited_people(zone)
            if limited:
                raise Conflict(
                    what=saying(
                        "limited_to_zone",
                        "{count} people or tokens are limited to this zone",
                        count=limited,
                    )
                )
            note = partial(noted_zone, self._world, grant, tables, zone, what="removed")
            note(lambda: tables.zones.remove(zone))

        await self._write(grant, remove)

    async def override(
        self,
        grant: Grant[EditNetwork],
        zone: ZoneId,
        part: ZonePart,
        thing: int,
        *,
        inside: bool | None,
    ) -> Contents:
        """Put something into a zone or leave it out; None: let geometry say."""

        def change(tables: Tables) -> Contents:
            found(tables, zone)
            _must_be_there(tables, part, thing)
            note = partial(noted_zone, self._world, grant, tables, zone, what="changed")
            note(lambda: tables.zones.override(zone, part, thing, inside=inside))
            return _contents(tables, zone)

        return await self._write(grant, change)

    async def _write(self, grant: Grant[EditNetwork], change: Callable[[Tables], T]) -> T:
        changed = await self._world.operations.write(grant.municipality, change)
        await self._world.directory.start()
        return changed


def found(tables: Tables, zone: ZoneId) -> Zone:
    """Give a zone, or raise NotFound."""
    there = tables.zones.get(zone)
    if there is None:
        raise NotFound(kind="zone", name=zone)
    return there


def must_have_place(tables: Tables) -> None:
    """Raise Conflict where there are as many zones as there may be."""
    if len(tables.zones.all()) >= MOST_ZONES:
        raise Conflict(
            what=saying("too_many_zones", "there are {most} zones already", most=MOST_ZONES)
        )


def must_all_be_zones(tables: Tables, zones: frozenset[ZoneId] | None) -> None:
    """Raise Invalid where one of these is no zone of the municipality."""
    known = {zone.id for zone in tables.zones.all()} if zones else set()
    for zone in sorted(zones or ()):
        if zone not in known:
            raise Invalid(
                field="zone_ids", problem=saying("no_zone", "there is no zone {name}", name=zone)
            )


def _put(tables: Tables, zone: Zone, said: ZoneFields) -> Zone:
    changed = replace(
        zone,
        name=zone.name if said.name is None else said.name.strip(),
        kind=said.kind or zone.kind,
        area=zone.area if said.area is None else said.area,
    )
    must_be_named(changed.name, "name")
    must_be_an_area(changed.area)
    must_have_room(tables, changed)
    tables.zones.put(changed)
    return changed


def must_have_room(tables: Tables, changed: Zone) -> None:
    """Raise Invalid where all zones together would have too many points."""
    others = (zone for zone in tables.zones.all() if zone.id != changed.id)
    together = sum(points_of(zone.area) for zone in others) + points_of(changed.area)
    if together > MOST_POINTS_TOGETHER:
        most = f"all zones together may have {MOST_POINTS_TOGETHER:,} points"
        raise Invalid(field="geometry", problem=f"{most}; simplify outlines")


def _contents(tables: Tables, zone: ZoneId) -> Contents:
    found(tables, zone)
    parts = {part: tables.zones.members(zone, part) for part in ZonePart}
    return Contents(parts, tables.zones.overridden(zone))


def _must_be_there(tables: Tables, part: ZonePart, thing: int) -> None:
    there: object = None
    if part is ZonePart.SENSOR:
        there = tables.sensors.get(SensorId(thing))
    elif part in {ZonePart.LINK, ZonePart.NODE}:
        there = tables.assets.get(AssetId(thing))
    if there is None:
        raise Invalid(field="id", problem=f"there is no {part.value} {thing}")
