"""Zones: named parts of the network."""

from operator import attrgetter
from typing import Annotated, Literal

from msgspec import Meta, Struct

from appliance.domain.access import EditNetwork, ViewNetwork
from appliance.domain.enclave import ZoneId
from appliance.domain.sensors import Position
from appliance.domain.zones import Area, Polygon, Zone, ZoneKind, ZonePart
from appliance.services.zones import Contents, ZoneFields
from web.api.people import Name
from web.asking import Ask, Reply
from web.listings import Listing
from web.paging import page_of_all
from web.routes import PREFIX, Route
from web.shapes import Id, Time, WholeListQuery, time

Point = Annotated[tuple[float, ...], Meta(min_length=2, max_length=3)]
Rings = Annotated[
    list[Annotated[list[Point], Meta(max_length=20_000)]], Meta(min_length=1, max_length=1_000)
]


class PolygonGeometry(Struct, frozen=True, tag_field="type", tag="Polygon"):
    """A GeoJSON Polygon (RFC 7946 3.1.6): an outline, then its holes; longitude first."""

    coordinates: Rings


class MultiPolygonGeometry(Struct, frozen=True, tag_field="type", tag="MultiPolygon"):
    """A GeoJSON MultiPolygon (RFC 7946 3.1.7)."""

    coordinates: Annotated[list[Rings], Meta(min_length=1, max_length=1_000)]


Geometry = PolygonGeometry | MultiPolygonGeometry


class ZoneIn(Struct, frozen=True):
    """A part of the network."""

    name: Name
    geometry: Geometry
    kind: ZoneKind = ZoneKind.DMA
    municipality_id: Id | None = None


class ZonePatch(Struct, frozen=True):
    """What to change; with another geometry, what lies in the zone is found anew."""

    name: Name | None = None
    geometry: Geometry | None = None
    kind: ZoneKind | None = None


class ZoneOut(Struct, frozen=True):
    """A part of the network."""

    id: int
    name: str
    kind: ZoneKind
    geometry: Geometry
    municipality_id: int
    created_at: Time
    updated_at: Time


class Override(Struct, frozen=True):
    """Something that is put into a zone or left out of it, whatever geometry says."""

    kind: Literal["sensor", "link", "node"]
    id: Id
    inside: bool | None
    """null: let geometry say again."""


class ContentsOut(Struct, frozen=True):
    """What lies in a zone, by id."""

    sensor_ids: list[int]
    link_ids: list[int]
    node_ids: list[int]
    incident_ids: list[int]
    overrides: list[Override]


async def list_zones(ask: Ask[ViewNetwork]) -> Reply:
    """Give all zones that one may see."""
    return (await page_of_all(ask, ask.services.zones.all)).written(ask, zone_out)


async def get_zone(ask: Ask[ViewNetwork]) -> ZoneOut:
    """Give one zone."""
    zone = ZoneId(ask.path["zone"])
    return zone_out(await ask.found(lambda grant: ask.services.zones.get(grant, zone)))


async def contents(ask: Ask[ViewNetwork]) -> ContentsOut:
    """Give what lies in a zone."""
    zone = ZoneId(ask.path["zone"])
    return _contents_out(await ask.found(lambda grant: ask.services.zones.contents(grant, zone)))


async def add_zone(ask: Ask[EditNetwork]) -> ZoneOut:
    """Add a zone."""
    said: ZoneIn = ask.body
    fields = ZoneFields(name=said.name, kind=said.kind, area=_area(said.geometry))
    return zone_out(await ask.services.zones.add(await ask.one(said.municipality_id), fields))


async def change_zone(ask: Ask[EditNetwork]) -> ZoneOut:
    """Change a zone."""
    said: ZonePatch = ask.body
    zone = ZoneId(ask.path["zone"])
    area = None if said.geometry is None else _area(said.geometry)
    fields = ZoneFields(name=said.name, kind=said.kind, area=area)
    return zone_out(await ask.found(lambda grant: ask.services.zones.change(grant, zone, fields)))


async def remove_zone(ask: Ask[EditNetwork]) -> Reply:
    """Remove a zone."""
    zone = ZoneId(ask.path["zone"])
    await ask.found(lambda grant: ask.services.zones.remove(grant, zone))
    return Reply(status=204)


async def override(ask: Ask[EditNetwork]) -> ContentsOut:
    """Put something into a zone, or leave it out."""
    said: Override = ask.body
    zone, zones, part = ZoneId(ask.path["zone"]), ask.services.zones, ZonePart(said.kind)
    found = await ask.found(
        lambda grant: zones.override(grant, zone, part, said.id, inside=said.inside)
    )
    return _contents_out(found)


def zone_out(zone: Zone) -> ZoneOut:
    """Write a zone."""
    polygons = [_rings(polygon) for polygon in zone.area]
    alone = len(polygons) == 1
    return ZoneOut(
        id=zone.id,
        name=zone.name,
        kind=zone.kind,
        geometry=PolygonGeometry(polygons[0]) if alone else MultiPolygonGeometry(polygons),
        municipality_id=zone.municipality,
        created_at=time(zone.created_at),
        updated_at=time(zone.updated_at),
    )


def _contents_out(found: Contents) -> ContentsOut:
    return ContentsOut(
        sensor_ids=found.parts[ZonePart.SENSOR],
        link_ids=found.parts[ZonePart.LINK],
        node_ids=found.parts[ZonePart.NODE],
        incident_ids=found.parts[ZonePart.INCIDENT],
        overrides=[
            Override(part.value, thing, inside)  # type: ignore[arg-type]
            for part, thing, inside in found.overridden
        ],
    )


def _area(geometry: Geometry) -> Area:
    if isinstance(geometry, PolygonGeometry):
        return (_polygon(geometry.coordinates),)
    return tuple(map(_polygon, geometry.coordinates))


def _polygon(rings: Rings) -> Polygon:
    return tuple(tuple(Position(point[0], point[1]) for point in ring) for ring in rings)


def _rings(polygon: Polygon) -> Rings:
    return [[(point.longitude, point.latitude) for point in ring] for ring in polygon]


ROUTES = (
    Route(
        method="GET",
        path=f"{PREFIX}/zones",
        access=ViewNetwork,
        handler=list_zones,
        query=WholeListQuery,
        answer=list[ZoneOut],
        listing=Listing(
            ("name",), {"name": attrgetter("name"), "created_at": attrgetter("created_at")}
        ),
        summary="Zones by name",
    ),
    Route(
        method="POST",
        path=f"{PREFIX}/zones",
        access=EditNetwork,
        handler=add_zone,
        body=ZoneIn,
        answer=ZoneOut,
        status=201,
        summary="Add a zone; what lies in it is found by its geometry",
    ),
    Route(
        method="GET",
        path=f"{PREFIX}/zones/{{zone}}",
        access=ViewNetwork,
        handler=get_zone,
        answer=ZoneOut,
        summary="One zone",
    ),
    Route(
        method="PATCH",
        path=f"{PREFIX}/zones/{{zone}}",
        access=EditNetwork,
        handler=change_zone,
        body=ZonePatch,
        answer=ZoneOut,
        summary="Change a zone",
    ),
    Route(
        method="DELETE",
        path=f"{PREFIX}/zones/{{zone}}",
        access=EditNetwork,
        handler=remove_zone,
        status=204,
        summary="Remove a zone to which nobody is limited",
    ),
    Route(
        method="GET",
        path=f"{PREFIX}/zones/{{zone}}/contents",
        access=ViewNetwork,
        handler=contents,
        answer=ContentsOut,
        summary="What lies in a zone",
    ),
    Route(
        method="POST",
        path=f"{PREFIX}/zones/{{zone}}/overrides",
        access=EditNetwork,
        handler=override,
        body=Override,
        answer=ContentsOut,
        summary="Put something into a zone or leave it out, whatever its geometry says",
    ),
)
