"""Close up: everything in a tile, each with its id and what it is called."""

from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from appliance.ports.map import LinkRow, MapTable, NodeRow, SensorRow
from appliance.services.map.areas import area_drawn
from appliance.services.map.lines import Lines, drawn, lines_of, points_drawn
from appliance.services.map.mvt import EXTENT, Layer, Shape, Value, idents_of
from appliance.services.map.places import BUFFER, Floats, Square, both, world
from appliance.services.map.varints import Ints

CLOSE_UP: Final = 14
"""From this zoom on a tile has everything that is there, as features of their own."""
NAMED_FROM: Final = 15
"""From this zoom on things carry code and name; before, a click asks for them by id."""
MOST_FEATURES: Final = 20_000
"""Of one layer in one tile; what is beyond is drawn when somebody looks closer."""
MOST_ZONES: Final = 500
JUNCTIONS_FROM: Final = 15
LAYERS: Final = ("zones", "pipes", "assets", "sensors", "zone_names")


@dataclass(frozen=True, slots=True)
class Seen:
    """Everything in a tile, and perhaps some things around it."""

    links: Sequence[LinkRow]
    idents: Sequence[bytes]
    """Of the links, as tiles write them."""
    looks: Sequence[Hashable]
    """Of the links: equal for those that are drawn alike."""
    lines: Lines
    nodes: Sequence[NodeRow]
    node_places: Floats
    sensors: Sequence[SensorRow]
    sensor_places: Floats


def seen_in(table: MapTable, square: Square) -> Seen:
    """Find with SpatiaLite's index what is in a tile."""
    links = table.links(square.box, MOST_FEATURES)
    nodes = table.nodes(square.box, MOST_FEATURES)
    sensors = table.sensors(square.box, MOST_FEATURES)
    lines = lines_of([link.path for link in links])
    idents, looks = idents_of([link.id for link in links]), [look_of(link) for link in links]
    return Seen(
        *(links, idents, looks, lines, nodes, places_of(nodes), sensors, places_of(sensors))
    )


def places_of(rows: Sequence[NodeRow] | Sequence[SensorRow]) -> Floats:
    """Give where things are, in fractions of the world."""
    longitudes = np.fromiter((row.longitude for row in rows), np.float64, len(rows))
    latitudes = np.fromiter((row.latitude for row in rows), np.float64, len(rows))
    return world(longitudes, latitudes)


def close_up(table: MapTable, square: Square, seen: Seen) -> list[Layer]:
    """Give the layers of a tile with everything that is in it."""
    rows, places = midpoints(seen.links, seen.lines)
    assets = [*seen.nodes, *rows]
    return [
        *zones_layers(table, square),
        _pipes(seen, square),
        assets_layer(assets, np.concatenate((seen.node_places, places)), square),
        sensors_layer(seen.sensors, seen.sensor_places, square),
    ]


def zones_layers(table: MapTable, square: Square) -> tuple[Layer, Layer]:
    """Draw the zones, their outlines off by at most a pixel's eighth, and where their names go.

    The place of a name is in one tile alone, or the map would say it once for each.
    """
    areas, names = Layer("zones", Shape.AREA), Layer("zone_names", Shape.POINT)
    zones = table.zones(square.box, square.degrees_per_unit, MOST_ZONES)
    shapes = [area_drawn(zone.area, square) for zone in zones]
    tags = [areas.tags({"name": zone.name, "kind": zone.kind}) for zone in zones]
    areas.add(idents_of([zone.id for zone in zones]), tags, shapes)
    drawn_zones = [zone for zone, shape in zip(zones, shapes, strict=True) if shape]
    longitudes = np.array([zone.longitude for zone in drawn_zones], np.float64)
    latitudes = np.array([zone.latitude for zone in drawn_zones], np.float64)
    units = np.rint(square.units(world(longitudes, latitudes))).astype(np.int64)
    within = np.flatnonzero(both((units >= 0) & (units < EXTENT)))
    named = [drawn_zones[number] for number in within.tolist()]
    labels = [names.tags({"name": zone.name, "kind": zone.kind}) for zone in named]
    names.add(idents_of([zone.id for zone in named]), labels, points_drawn(units[within]))
    return areas, names


def look_of(link: LinkRow) -> tuple[object, ...]:
    """Give what `style_of` is made from."""
    return link[3:8]


def style_of(link: LinkRow) -> dict[str, Value | None]:
    """Give what links are drawn by: lengths are SI, `installed` is a year."""
    year = link.installed_on[:4] if link.installed_on else ""
    return {
        "kind": link.kind,
        "status": link.status,
        "material": link.material,
        "diameter_m": link.diameter_m,
        "installed": int(year) if year.isdecimal() else None,
    }


def _pipes(seen: Seen, square: Square) -> Layer:
    layer = Layer("pipes", Shape.LINE)
    geometry = drawn(seen.lines, np.arange(len(seen.links)), square)
    shown = [seen.links[number] for number in geometry]
    looks = [seen.looks[number] for number in geometry]
    samples = dict(zip(looks, shown, strict=True))
    tags_of = {look: layer.tags(style_of(link)) for look, link in samples.items()}
    tags = [tags_of[look] for look in looks]
    idents = [seen.idents[number] for number in geometry]
    layer.add(idents, _named(layer, square, shown, tags), geometry.values())
    return layer


def _named(
    layer: Layer, square: Square, rows: Sequence[LinkRow | NodeRow], tags: list[bytes]
) -> list[bytes]:
    """Write after the tags of each, from near, what it is called."""
    if square.z < NAMED_FROM:
        return tags
    codes = layer.column("code", [row.code for row in rows])
    names = layer.column("name", [row.name for row in rows])
    return list(map(b"".join, zip(tags, codes, names, strict=True)))


def midpoints(links: Sequence[LinkRow], lines: Lines) -> tuple[list[NodeRow], Floats]:
    """Give pumps and valves as points amid their lines; they are drawn as lines, too."""
    found = [number for number, link in enumerate(links) if link.kind != "pipe"]
    rows = [
        NodeRow(link.id, link.code, link.name, link.kind, link.status, 0.0, 0.0)
        for link in map(links.__getitem__, found)
    ]
    if not found:
        return rows, np.empty((0, 2))
    before = [int(lines.first[n] + lines.first[n + 1] - 1) // 2 for n in found]
    after = [int(lines.first[n] + lines.first[n + 1]) // 2 for n in found]
    return rows, (lines.points[before] + lines.points[after]) / 2


def assets_layer(rows: Sequence[NodeRow], places: Floats, square: Square) -> Layer:
    """Draw assets that are points; junctions only from near."""
    layer = Layer("assets", Shape.POINT)
    within, units = in_tile(places, square)
    if square.z < JUNCTIONS_FROM:
        kept = [at for at, one in enumerate(within.tolist()) if rows[one].kind != "junction"]
        within, units = within[kept], units[kept]
    shown = [rows[number] for number in within.tolist()]
    looks = {(row.kind, row.status) for row in shown}
    tags_of = {look: layer.tags({"kind": look[0], "status": look[1]}) for look in sorted(looks)}
    tags = [tags_of[row.kind, row.status] for row in shown]
    named = _named(layer, square, shown, tags)
    layer.add(idents_of([row.id for row in shown]), named, points_drawn(units))
    return layer


def sensors_layer(sensors: Sequence[SensorRow], places: Floats, square: Square) -> Layer:
    """Draw sensors; their values come by the live stream."""
    layer = Layer("sensors", Shape.POINT)
    within, units = in_tile(places, square)
    shown = [sensors[number] for number in within.tolist()]
    tags = sensor_looks(layer, shown)
    if square.z >= NAMED_FROM:
        devices = layer.column("device_id", [sensor.device_id for sensor in shown])
        names = layer.column("name", [sensor.name for sensor in shown])
        tags = list(map(b"".join, zip(tags, devices, names, strict=True)))
    layer.add(idents_of([sensor.id for sensor in shown]), tags, points_drawn(units))
    return layer


def sensor_looks(layer: Layer, sensors: Sequence[SensorRow]) -> list[bytes]:
    """Write what each sensor is drawn by."""
    types = layer.column("type", [sensor.type for sensor in sensors])
    states = layer.column("status", [sensor.status for sensor in sensors])
    return list(map(b"".join, zip(types, states, strict=True)))


def in_tile(points: Floats, square: Square) -> tuple[Ints, Ints]:
    """Give the numbers of the points in the tile or its buffer, and where they are."""
    units = np.rint(square.units(points))
    within = np.flatnonzero(both((units >= -BUFFER) & (units <= EXTENT + BUFFER)))
    return within, units[within].astype(np.int64)
