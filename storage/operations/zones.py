"""Zones, and what lies in them."""

import struct
from typing import Final

from appliance.domain.enclave import ZoneId
from appliance.domain.errors import Invalid
from appliance.domain.ids import SensorId
from appliance.domain.sensors import Position
from appliance.domain.zones import Area, KnownZone, Polygon, Ring, Zone, ZoneKind, ZonePart
from storage.operations.statements import OwnStatements, Row, Statements, sql, unique

_SELECT = (
    "SELECT id, municipality, name, kind, AsBinary(area), created_at, updated_at FROM zone"
    " WHERE municipality = :mine"
)
_PUT = (
    "INSERT INTO zone VALUES (:id, :mine, :name, :name_key, :kind, GeomFromWKB(:area, 4326),"
    " :created_at, :updated_at) ON CONFLICT (id) DO UPDATE SET name = :name, name_key = :name_key,"
    " kind = :kind, area = GeomFromWKB(:area, 4326), updated_at = :updated_at"
    " WHERE municipality = :mine"
)
_THINGS: Final = {
    ZonePart.LINK: "link.path",
    ZonePart.NODE: "node.place",
    ZonePart.SENSOR: "sensor.place",
    ZonePart.INCIDENT: "MakePoint(incident.longitude, incident.latitude, 4326)",
}
"""In this order: where a sensor has no place of its own, its pipeline's zones are its zones."""
_NOT_LEFT_OUT = (
    "NOT EXISTS (SELECT 1 FROM zone_override AS said WHERE said.zone = zone.id"
    " AND said.kind = :kind AND said.thing = {table}.id AND NOT said.inside)"
)
_BY_GEOMETRY = (
    "INSERT INTO zone_member SELECT zone.id, :kind, {table}.id FROM zone JOIN {table}"
    " ON {table}.municipality = zone.municipality WHERE {which}"
    " AND ST_Intersects(zone.area, {place}) = 1 AND {not_left_out} ON CONFLICT DO NOTHING"
)
_BY_PIPELINE = (
    "INSERT INTO zone_member SELECT zone.id, :kind, sensor.id FROM sensor JOIN zone_member AS there"
    " ON there.kind = 'link' AND there.thing = sensor.pipeline JOIN zone ON zone.id = there.zone"
    " WHERE {which} AND sensor.place IS NULL AND {not_left_out} ON CONFLICT DO NOTHING"
)
_BY_WORD = (
    "INSERT INTO zone_member SELECT said.zone, said.kind, said.thing FROM zone_override AS said"
    " WHERE said.kind = :kind AND said.inside AND {which} ON CONFLICT DO NOTHING"
)
_STALE = "IN (SELECT thing FROM zone_stale WHERE kind = :kind)"
_NEIGHBOURS = (
    "INSERT INTO zone_stale SELECT 'sensor', sensor.id FROM sensor WHERE place IS NULL"
    " AND pipeline IN (SELECT thing FROM zone_stale WHERE kind = 'link') ON CONFLICT DO NOTHING"
)


class ZoneRows:
    """The port's ZoneTable."""

    def __init__(self, statements: OwnStatements) -> None:
        self._run = statements

    def all(self) -> list[Zone]:
        return [_zone(row) for row in self._run.rows(sql(_SELECT, "ORDER BY name_key"))]

    def get(self, zone: ZoneId) -> Zone | None:
        row = self._run.row(sql(_SELECT, "AND id = :id"), id=zone)
        return None if row is None else _zone(row)

    def put(self, zone: Zone) -> None:
        self._run.must_own(zone.municipality)
        area = area_wkb(zone.area)
        self._must_be_valid(area)
        with unique(f"there is a zone {zone.name!r} already"):
            self._run.put(
                _PUT,
                "zone",
                id=zone.id,
                name=zone.name,
                name_key=zone.name.casefold(),
                kind=zone.kind,
                area=area,
                created_at=zone.created_at,
                updated_at=zone.updated_at,
            )
        self._find_members(zone.id)

    def remove(self, zone: ZoneId) -> None:
        self._run.change("DELETE FROM zone WHERE municipality = :mine AND id = :id", id=zone)

    def members(self, zone: ZoneId, part: ZonePart) -> list[int]:
        rows = self._run.rows(
            "SELECT thing FROM zone_member WHERE zone = (SELECT id FROM zone"
            " WHERE municipality = :mine AND id = :zone) AND kind = :kind ORDER BY thing",
            zone=zone,
            kind=part,
        )
        return [thing for (thing,) in rows]

    def overridden(self, zone: ZoneId) -> list[tuple[ZonePart, int, bool]]:
        rows = self._run.rows(
            "SELECT kind, thing, inside FROM zone_override WHERE zone = (SELECT id FROM zone"
            " WHERE municipality = :mine AND id = :zone) ORDER BY kind, thing",
            zone=zone,
        )
        return [(ZonePart(kind), thing, bool(inside)) for kind, thing, inside in rows]

    def override(self, zone: ZoneId, part: ZonePart, thing: int, *, inside: bool | None) -> None:
        values = {"zone": zone, "kind": part, "thing": thing}
        self._run.change(
            "DELETE FROM zone_override WHERE zone = (SELECT id FROM zone WHERE municipality = :mine"
            " AND id = :zone) AND kind = :kind AND thing = :thing",
            **values,
        )
        if inside is not None:
            self._run.change(
                "INSERT INTO zone_override SELECT id, :kind, :thing, :inside FROM zone"
                " WHERE municipality = :mine AND id = :zone",
                **values,
                inside=inside,
            )
        self._find_members(zone)

    def limited_people(self, zone: ZoneId) -> int:
        return self._run.number(
            "SELECT (SELECT count(*) FROM person WHERE municipality = :mine AND zones IS NOT NULL"
            " AND :zone IN (SELECT value FROM json_each(person.zones)))"
            " + (SELECT count(*) FROM api_token WHERE municipality = :mine AND zones IS NOT NULL"
            " AND :zone IN (SELECT value FROM json_each(api_token.zones)))",
            zone=zone,
        )

    def _must_be_valid(self, area: bytes) -> None:
        row = Statements(self._run.connection).row(
            "SELECT ST_IsValid(area), ST_IsValidReason(area)"
            " FROM (SELECT GeomFromWKB(:area, 4326) AS area)",
            area=area,
        )
        valid, reason = row or (0, None)
        if valid != 1:
            raise Invalid(field="geometry", problem=f"the outline is not valid: {_said(reason)}")

    def _find_members(self, zone: ZoneId) -> None:
        """Find anew everything that lies in one zone."""
        run = Statements(self._run.connection)
        run.change("DELETE FROM zone_member WHERE zone = :zone", zone=zone)
        for part, place in _THINGS.items():
            _find(run, part, place, which="zone.id = :zone", said="said.zone = :zone", zone=zone)


def find_zones_of_what_moved(statements: Statements) -> None:
    """Bring `zone_member` in line with what this transaction has moved; usually that is nothing."""
    if statements.row("SELECT 1 FROM zone_stale LIMIT 1") is None:
        return
    statements.change(_NEIGHBOURS)
    for part, place in _THINGS.items():
        statements.change(
            sql("DELETE FROM zone_member WHERE kind = :kind AND thing", _STALE), kind=part
        )
        _find(statements, part, place, which=f"{part}.id {_STALE}", said=f"said.thing {_STALE}")
    statements.change("DELETE FROM zone_stale")


def known_zones(statements: Statements) -> dict[ZoneId, KnownZone]:
    """Give every zone of every municipality with its sensors."""
    sensors: dict[ZoneId, set[SensorId]] = {}
    for zone, sensor in statements.rows(
        "SELECT zone, thing FROM zone_member WHERE kind = 'sensor'"
    ):
        sensors.setdefault(zone, set()).add(sensor)
    return {
        zone: KnownZone(area_of(area), frozenset(sensors.get(zone, ())))
        for zone, area in statements.rows("SELECT id, AsBinary(area) FROM zone")
    }


def _find(
    run: Statements, part: ZonePart, place: str, *, which: str, said: str, **values: object
) -> None:
    not_left_out = _NOT_LEFT_OUT.format(table=part)
    by_geometry = _BY_GEOMETRY.format(
        table=part, which=which, place=place, not_left_out=not_left_out
    )
    run.change(by_geometry, kind=part, **values)
    if part is ZonePart.SENSOR:
        by_pipeline = _BY_PIPELINE.format(which=which, not_left_out=not_left_out)
        run.change(by_pipeline, kind=part, **values)
    run.change(_BY_WORD.format(which=said), kind=part, **values)


def _zone(row: Row) -> Zone:
    return Zone(
        id=row[0],
        municipality=row[1],
        name=row[2],
        kind=ZoneKind(row[3]),
        area=area_of(row[4]),
        created_at=row[5],
        updated_at=row[6],
    )


def _said(reason: str | None) -> str:
    """Say what GEOS says in words of ours: `Self-intersection[13.4 52.5]`."""
    what, _, where = (reason or "it crosses or touches itself").partition("[")
    return f"{what} near {where.rstrip(']').replace(' ', ', ')}" if where else what


_COUNT: Final = struct.Struct("<BII")
"""Byte order, type, number of parts (OGC 06-103r4, 8.2.7)."""
_POLYGON: Final = 3
_MULTIPOLYGON: Final = 6
_NUMBER: Final = struct.Struct("<I")


def area_wkb(area: Area) -> bytes:
    """Write an area as well-known binary."""
    return _COUNT.pack(1, _MULTIPOLYGON, len(area)) + b"".join(map(_polygon_wkb, area))


def _polygon_wkb(polygon: Polygon) -> bytes:
    return _COUNT.pack(1, _POLYGON, len(polygon)) + b"".join(map(_ring_wkb, polygon))


def _ring_wkb(ring: Ring) -> bytes:
    numbers = [number for point in ring for number in (point.longitude, point.latitude)]
    return _NUMBER.pack(len(ring)) + struct.pack(f"<{len(numbers)}d", *numbers)


def area_of(wkb: bytes) -> Area:
    """Read what `area_wkb` or SpatiaLite's AsBinary wrote."""
    _, _, polygons = _COUNT.unpack_from(wkb)
    at, area = _COUNT.size, []
    for _ in range(polygons):
        _, _, rings = _COUNT.unpack_from(wkb, at)
        at += _COUNT.size
        polygon = []
        for _ in range(rings):
            (points,) = _NUMBER.unpack_from(wkb, at)
            numbers = struct.unpack_from(f"<{2 * points}d", wkb, at + _NUMBER.size)
            at += _NUMBER.size + 16 * points
            polygon.append(tuple(map(Position, numbers[::2], numbers[1::2])))
        area.append(tuple(polygon))
    return tuple(area)
