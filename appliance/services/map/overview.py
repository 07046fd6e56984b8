"""A whole network in memory, as one person or another may see it: what was changed is read again.

Rows of the database lie on it in no order of place, so a tile of many rows would read (and decrypt)
a page for each of them. From afar, links that look alike are one feature without an id, thinned to
what can be seen; sensors that fall together are one with their number, and are called nothing.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np

from appliance.ports.map import Changed, MapTable, NodeRow, SensorRow
from appliance.services.map.layers import (
    MOST_FEATURES,
    Seen,
    assets_layer,
    in_tile,
    midpoints,
    sensor_looks,
    style_of,
    zones_layers,
)
from appliance.services.map.lines import drawn, points_drawn
from appliance.services.map.mvt import EXTENT, Layer, Shape, idents_of
from appliance.services.map.network import Links, Points, links_of, points_of, ranked
from appliance.services.map.places import BUFFER, Square
from appliance.services.map.varints import Ints

MOST_ROWS: Final = 500_000
"""Of one kind; of a larger network only so many are drawn from afar."""
MOST_DRAWN: Final = 10_000
"""Links in one tile: the widest, and of equal ones the longest, so that mains are always there."""
_DRAWN: Final = {11: 4_000, 12: 6_000}
"""By zoom, where more would be no street any longer but a stain; smaller ones are as the first."""
PIXEL: Final = 8
"""Units of a tile that a screen draws in one pixel (512 to a side)."""
_GRID: Final = {11: 2 * PIXEL, 12: PIXEL, 13: PIXEL // 2}
"""By zoom; smaller ones are as coarse as the first."""
_CELL: Final = 8 * PIXEL
"""Of the sensors in a square of this side only one is drawn."""
_STATIONS: Final = frozenset({"reservoir", "tank", "pump"})
"""Points that are drawn from afar."""
_BYTES_OF_ROW: Final = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class Overview:
    """A network. Links stand the widest and longest first."""

    links: Links
    nodes: Points[NodeRow]
    stations: Points[NodeRow]
    sensors: Points[SensorRow]

    @property
    def size(self) -> int:
        """About how many bytes it takes in memory."""
        rows = len(self.links.rows) + len(self.nodes.rows) + len(self.sensors.rows)
        return self.links.lines.points.nbytes + rows * _BYTES_OF_ROW

    def seen_in(self, square: Square) -> Seen:
        """Give everything in a tile."""
        chosen = self._touching(square)[:MOST_FEATURES]
        nodes, _ = in_tile(self.nodes.places, square)
        sensors, _ = in_tile(self.sensors.places, square)
        return Seen(
            [self.links.rows[number] for number in chosen.tolist()],
            [self.links.idents[number] for number in chosen.tolist()],
            self.links.style[chosen].tolist(),
            self.links.lines.only(chosen),
            [self.nodes.rows[number] for number in nodes.tolist()],
            self.nodes.places[nodes],
            [self.sensors.rows[number] for number in sensors.tolist()],
            self.sensors.places[sensors],
        )

    def from_afar(self, table: MapTable, square: Square) -> list[Layer]:
        """Give the layers of a tile in which nothing is told apart but by its looks."""
        return [
            *zones_layers(table, square),
            self._pipes(square),
            assets_layer(self.stations.rows, self.stations.places, square),
            self._sensors(square),
        ]

    def _touching(self, square: Square) -> Ints:
        x0, y0, x1, y1 = square.frame
        touches = (self.links.least[:, 0] <= x1) & (self.links.least[:, 1] <= y1)
        touches &= (self.links.greatest[:, 0] >= x0) & (self.links.greatest[:, 1] >= y0)
        return np.flatnonzero(touches)

    def _pipes(self, square: Square) -> Layer:
        layer = Layer("pipes", Shape.LINE)
        most = _DRAWN.get(max(square.z, min(_DRAWN)), MOST_DRAWN)
        chosen = self._touching(square)[:most]
        chosen = chosen[np.argsort(self.links.style[chosen], kind="stable")]
        styles = self.links.style[chosen]
        samples = dict(zip(styles.tolist(), chosen.tolist(), strict=True))
        grid = _GRID.get(square.z, _GRID[11])
        geometry = drawn(self.links.lines.only(chosen), styles, square, grid)
        tags = [layer.tags(style_of(self.links.rows[samples[style]])) for style in geometry]
        layer.add([b""] * len(tags), tags, geometry.values())
        return layer

    def _sensors(self, square: Square) -> Layer:
        layer = Layer("sensors", Shape.POINT)
        within, units = in_tile(self.sensors.places, square)
        across = (EXTENT + 2 * BUFFER) // _CELL + 1
        cells = ((units + BUFFER) // _CELL) @ np.array([1, across])
        _, first, counts = np.unique(cells, return_index=True, return_counts=True)
        shown = [self.sensors.rows[number] for number in within[first].tolist()]
        alike = layer.column("sensors", counts.tolist())
        tags = list(map(b"".join, zip(sensor_looks(layer, shown), alike, strict=True)))
        layer.add(idents_of([sensor.id for sensor in shown]), tags, points_drawn(units[first]))
        return layer


def overview_of(table: MapTable) -> Overview:
    """Read a network."""
    return _put_together(
        ranked(links_of(table.links(None, MOST_ROWS), {})),
        points_of(table.nodes(None, MOST_ROWS)),
        points_of(table.sensors(None, MOST_ROWS)),
    )


def brought_up(table: MapTable, before: Overview, changed: Changed) -> Overview:
    """Read only what was changed since a network was read."""
    links, nodes, sensors = before.links, before.nodes, before.sensors
    if changed.links:
        fresh = links_of(table.links(changed.links, MOST_ROWS), links.looks)
        links = ranked(links.without(changed.links).joined(fresh))
    if changed.nodes:
        fresh_nodes = points_of(table.nodes(changed.nodes, MOST_ROWS))
        nodes = nodes.without(changed.nodes).joined(fresh_nodes)
    if changed.sensors:
        fresh_sensors = points_of(table.sensors(changed.sensors, MOST_ROWS))
        sensors = sensors.without(changed.sensors).joined(fresh_sensors)
    return _put_together(links, nodes, sensors)


def _put_together(links: Links, nodes: Points[NodeRow], sensors: Points[SensorRow]) -> Overview:
    between, middles = midpoints(links.rows, links.lines)
    stations = nodes.joined(Points(between, middles))
    far = [at for at, one in enumerate(stations.rows) if one.kind in _STATIONS]
    return Overview(links=links, nodes=nodes, stations=stations.only(far), sensors=sensors)
