"""What the map is made from, found by place in SpatiaLite's index, and by words."""

import json
from typing import Final

from appliance.ports.map import (
    Changed,
    Found,
    Happened,
    LinkRow,
    NodeRow,
    SensorRow,
    Where,
    ZoneRow,
)
from appliance.ports.pages import Box
from storage.operations.statements import OwnStatements, sql

_LINKS = (
    "SELECT id, code, name, kind, diameter_m, material, status, installed_on, AsBinary(path)"
    " FROM link WHERE municipality = :mine"
)
_NODES = (
    "SELECT id, code, name, kind, status, ST_X(place), ST_Y(place) FROM node"
    " WHERE municipality = :mine"
)
_SENSORS = (
    "SELECT sensor.id, device_id, sensor.name, sensor_type.code, status, ST_X(place), ST_Y(place)"
    " FROM sensor JOIN sensor_type ON sensor_type.id = sensor.type"
    " WHERE sensor.municipality = :mine AND place IS NOT NULL"
)
_ZONES = (
    "SELECT id, name, kind, AsBinary(ST_Intersection(CASE WHEN :tolerance > 0"
    " THEN coalesce(ST_SimplifyPreserveTopology(area, :tolerance), area) ELSE area END,"
    " BuildMbr(:west, :south, :east, :north, 4326))),"
    " ST_X(ST_PointOnSurface(area)), ST_Y(ST_PointOnSurface(area))"
    " FROM zone WHERE municipality = :mine"
    " AND MbrIntersects(area, BuildMbr(:west, :south, :east, :north, 4326))"
    " ORDER BY name_key LIMIT :most"
)
_TOUCHING = "xmax >= :west AND xmin <= :east AND ymax >= :south AND ymin <= :north"
_IN_BOX: Final = {
    table: sql("AND", f"{table}.id", "IN (SELECT pkid FROM", index, "WHERE", f"{_TOUCHING})")
    for table, index in (
        ("link", "idx_link_path"),
        ("node", "idx_node_place"),
        ("sensor", "idx_sensor_place"),
    )
}
_WITH_IDS: Final = {
    table: sql("AND", f"{table}.id", "IN (SELECT value FROM json_each(:ids))") for table in _IN_BOX
}
_COUNTS: Final = {
    "pipes": "SELECT count(*) FROM link WHERE municipality = :mine",
    "assets": (
        "SELECT (SELECT count(*) FROM node WHERE municipality = :mine)"
        " + (SELECT count(*) FROM link WHERE municipality = :mine AND kind <> 'pipe')"
    ),
    "sensors": "SELECT count(*) FROM sensor WHERE municipality = :mine AND place IS NOT NULL",
    "zones": "SELECT count(*) FROM zone WHERE municipality = :mine",
    "zone_names": "SELECT count(*) FROM zone WHERE municipality = :mine",
}
_BOUNDS = (
    "SELECT min(west), min(south), max(east), max(north) FROM ("
    " SELECT MbrMinX(path) AS west, MbrMinY(path) AS south, MbrMaxX(path) AS east,"
    " MbrMaxY(path) AS north FROM link WHERE municipality = :mine"
    " UNION ALL SELECT ST_X(place), ST_Y(place), ST_X(place), ST_Y(place) FROM node"
    " WHERE municipality = :mine"
    " UNION ALL SELECT ST_X(place), ST_Y(place), ST_X(place), ST_Y(place) FROM sensor"
    " WHERE municipality = :mine AND place IS NOT NULL"
    " UNION ALL SELECT MbrMinX(area), MbrMinY(area), MbrMaxX(area), MbrMaxY(area) FROM zone"
    " WHERE municipality = :mine)"
)
_WORDED = "IN (SELECT rowid >> 3 FROM wording WHERE wording MATCH :words AND rowid & 7 = {number})"


def _found(kind: str, number: int, columns: str, table: str, order: str) -> str:
    return sql(
        "SELECT",
        f"'{kind}',",
        columns,
        "FROM",
        table,
        "WHERE municipality = :mine AND",
        f"{table}.id",
        _WORDED.format(number=number),
        order,
        "LIMIT :most",
    )


_PLACE = "ST_X(place), ST_Y(place)"
_FIND: Final = {
    "sensor": _found("sensor", 1, f"id, name, device_id, status, {_PLACE}", "sensor", ""),
    "pipe": _found(
        "pipe",
        2,
        "id, coalesce(name, code), code, kind, ST_X(ST_PointN(path, (ST_NumPoints(path) + 1) / 2)),"
        " ST_Y(ST_PointN(path, (ST_NumPoints(path) + 1) / 2))",
        "link",
        "",
    ),
    "asset": _found("asset", 3, f"id, coalesce(name, code), code, kind, {_PLACE}", "node", ""),
    "zone": _found(
        "zone",
        4,
        "id, name, '', kind, (MbrMinX(area) + MbrMaxX(area)) / 2,"
        " (MbrMinY(area) + MbrMaxY(area)) / 2",
        "zone",
        "",
    ),
    "incident": _found(
        "incident",
        5,
        "id, title, status, severity, longitude, latitude",
        "incident",
        "ORDER BY created_at DESC",
    ),
    "alert": _found(
        "alert",
        6,
        "id, title, status, severity, longitude, latitude",
        "alert",
        "ORDER BY created_at DESC",
    ),
}

_ITS_SENSORS = "sensor IN (SELECT id FROM sensor WHERE municipality = :mine AND pipeline = :asset)"
_ITS_WORK = "id IN (SELECT incident FROM maintenance WHERE municipality = :mine AND asset = :asset)"
_STORY = sql(
    "SELECT 'maintenance', id, coalesce(done_at, planned_for, created_at) AS at, by, work, status,",
    "NULL, NULL FROM maintenance WHERE municipality = :mine AND (asset = :asset",
    "OR pipeline = :asset) UNION ALL SELECT 'alert', id, created_at, NULL, title, status, NULL,",
    "NULL FROM alert WHERE municipality = :mine AND (pipeline = :asset OR",
    _ITS_SENSORS,
    ") UNION ALL SELECT 'incident', id, created_at, reported_by, title, status,",
    *("CASE WHEN", _ITS_SENSORS, "OR", _ITS_WORK, "THEN NULL ELSE longitude END, latitude"),
    *("FROM incident WHERE municipality = :mine AND (", _ITS_SENSORS, "OR", _ITS_WORK),
    "OR longitude BETWEEN :west AND :east AND latitude BETWEEN :south AND :north)",
    "ORDER BY at DESC LIMIT :most",
)


class MapRows:
    """The port's MapTable."""

    def __init__(self, statements: OwnStatements) -> None:
        self._run = statements

    def edition(self) -> int:
        return self._run.number("SELECT number FROM map_edition WHERE municipality = :mine")

    def changes(self) -> int:
        return self._run.number("SELECT changes FROM map_edition WHERE municipality = :mine")

    def changed(self, since: int) -> Changed | None:
        upto = self.changes()
        rows = self._run.rows(
            "SELECT kind, id FROM map_change WHERE municipality = :mine AND number > :since",
            since=since,
        )
        if len(rows) != upto - since:
            return None
        kinds = {of: frozenset(one for kind, one in rows if kind == of) for of in _IN_BOX}
        return Changed(upto, kinds["link"], kinds["node"], kinds["sensor"])

    def links(self, where: Where, most: int) -> list[LinkRow]:
        among, values = _among("link", where)
        rows = self._run.rows(sql(_LINKS, among, "LIMIT :most"), most=most, **values)
        return list(map(LinkRow._make, rows))

    def nodes(self, where: Where, most: int) -> list[NodeRow]:
        among, values = _among("node", where)
        rows = self._run.rows(sql(_NODES, among, "LIMIT :most"), most=most, **values)
        return list(map(NodeRow._make, rows))

    def sensors(self, where: Where, most: int) -> list[SensorRow]:
        among, values = _among("sensor", where)
        rows = self._run.rows(sql(_SENSORS, among, "LIMIT :most"), most=most, **values)
        return list(map(SensorRow._make, rows))

    def zones(self, box: Box, tolerance: float, most: int) -> list[ZoneRow]:
        rows = self._run.rows(_ZONES, most=most, tolerance=tolerance, **_sides(box))
        return [ZoneRow._make(row) for row in rows if row[3] is not None]

    def counts(self) -> dict[str, int]:
        return {layer: self._run.number(query) for layer, query in _COUNTS.items()}

    def bounds(self) -> Box | None:
        row = self._run.row(_BOUNDS)
        return None if row is None or row[0] is None else Box(*row)

    def find(self, kind: str, words: str, most: int) -> list[Found]:
        return list(map(Found._make, self._run.rows(_FIND[kind], words=words, most=most)))

    def story(self, asset: int, around: Box, most: int) -> list[Happened]:
        rows = self._run.rows(_STORY, asset=asset, most=most, **_sides(around))
        return list(map(Happened._make, rows))


def _among(table: str, where: Where) -> tuple[str, dict[str, object]]:
    match where:
        case None:
            return "", {}
        case Box():
            return _IN_BOX[table], _sides(where)
        case _:
            return _WITH_IDS[table], {"ids": json.dumps(sorted(where))}


def _sides(box: Box) -> dict[str, object]:
    return {"west": box.west, "south": box.south, "east": box.east, "north": box.north}
