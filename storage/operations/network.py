"""The pipe network, in SpatiaLite."""

import math
from typing import Final

from appliance.domain.errors import Conflict, Invalid
from appliance.domain.ids import AssetId
from appliance.domain.network import (
    Link,
    LinkKind,
    NetworkModel,
    NetworkNode,
    Node,
    NodeKind,
    Pipeline,
)
from appliance.domain.sensors import Position
from appliance.ports.pages import Page
from appliance.ports.tables import NewId
from storage.operations.columns import json_object
from storage.operations.geometry import box, line_of, line_wkb, scale_at
from storage.operations.ordering import Order
from storage.operations.statements import OwnStatements, Row, sql

NEAR_METRES: Final = (50.0, 500.0)
"""The boxes looked into, one after the other: most sensors sit on their pipe."""

LINKS = (
    "SELECT id, municipality, code, kind, name, start_node, end_node, length_m, diameter_m,"
    " roughness, material, status, AsBinary(path), installed_on, details, attributes"
    " FROM link WHERE municipality = :mine"
)
NODES = (
    "SELECT id, municipality, code, kind, elevation_m, ST_X(place), ST_Y(place), name,"
    " status, material, installed_on, details, attributes FROM node WHERE municipality = :mine"
)
_LINK_ORDER = Order(
    ("code",),
    {
        "code": "code",
        "name": "casefold(coalesce(name, code))",
        "status": "status",
        "kind": "kind",
        "diameter": "coalesce(diameter_m, 0.0)",
    },
)
_NODE_ORDER = Order(("code",), {"code": "code", "kind": "kind"})
_PUT_LINK = (
    "INSERT INTO link (id, municipality, code, kind, name, start_node, end_node, length_m,"
    " diameter_m, roughness, material, status, path) VALUES (:id, :mine, :code, :kind, :name,"
    " :start, :end, :length_m, :diameter_m, :roughness, :material, :status,"
    " GeomFromWKB(:path, 4326)) ON CONFLICT (id) DO UPDATE SET kind = :kind,"
    " name = :name, start_node = :start, end_node = :end, length_m = :length_m, diameter_m = :diameter_m,"
    " roughness = :roughness, material = :material, status = :status,"
    " path = GeomFromWKB(:path, 4326) WHERE municipality = :mine"
)
_PUT_NODE = (
    "INSERT INTO node (id, municipality, code, kind, elevation_m, place) VALUES (:id, :mine,"
    " :code, :kind, :elevation_m, MakePoint(:longitude, :latitude, 4326))"
    " ON CONFLICT (id) DO UPDATE SET kind = :kind, elevation_m = :elevation_m,"
    " place = MakePoint(:longitude, :latitude, 4326) WHERE municipality = :mine"
)
INDEX_LINK = (
    "INSERT OR REPLACE INTO idx_link_path SELECT id, :xmin, :xmax, :ymin, :ymax FROM link"
    " WHERE municipality = :mine AND id = :id"
)
INDEX_NODE = (
    "INSERT OR REPLACE INTO idx_node_place SELECT id, :xmin, :xmax, :ymin, :ymax FROM node"
    " WHERE municipality = :mine AND id = :id"
)
METRES = (
    "ST_Distance(ScaleCoords(ShiftCoords(path, -:x, -:y), :east, :north), MakePoint(0, 0, 4326))"
)
_NEAREST = sql(
    "SELECT id FROM (SELECT id,",
    METRES,
    "AS metres FROM link WHERE municipality = :mine AND id IN (SELECT pkid FROM idx_link_path",
    "WHERE xmax >= :x - :width AND xmin <= :x + :width",
    "AND ymax >= :y - :height AND ymin <= :y + :height))",
    "WHERE metres <= :within ORDER BY metres, id LIMIT 1",
)


class NetworkRows:
    """The port's NetworkTable."""

    def __init__(self, statements: OwnStatements) -> None:
        self._run = statements

    def pipelines(self, page: Page) -> tuple[list[Pipeline], int]:
        window, place_of_page = _LINK_ORDER.window(page)
        rows = self._run.rows(sql(LINKS, window), **place_of_page)
        count = self._run.number("SELECT count(*) FROM link WHERE municipality = :mine")
        return [pipeline_of(row) for row in rows], count

    def pipeline(self, asset: AssetId) -> Pipeline | None:
        row = self._run.row(sql(LINKS, "AND id = :id"), id=asset)
        return None if row is None else pipeline_of(row)

    def nodes(self, page: Page) -> tuple[list[NetworkNode], int]:
        window, place_of_page = _NODE_ORDER.window(page)
        rows = self._run.rows(sql(NODES, window), **place_of_page)
        count = self._run.number("SELECT count(*) FROM node WHERE municipality = :mine")
        return [node_of(row) for row in rows], count

    def add_pipeline(self, pipeline: Pipeline) -> None:
        self._run.must_own(pipeline.municipality)
        code = pipeline.link.code
        taken = self._run.row(
            "SELECT 1 FROM link WHERE municipality = :mine AND (code = :code OR id = :id)",
            code=code,
            id=pipeline.id,
        )
        if taken is not None:
            raise Conflict(what=f"there is a pipeline {code!r} already")
        self._put_link(pipeline.id, pipeline.link)

    def merge(self, model: NetworkModel, new_id: NewId) -> tuple[int, int]:
        nodes = self._codes("SELECT code, id FROM node WHERE municipality = :mine")
        links = self._codes("SELECT code, id FROM link WHERE municipality = :mine")
        before = len(nodes) + len(links)
        for node in model.nodes:
            asset = nodes.get(node.code) or new_id()
            nodes[node.code] = asset
            self._put_node(asset, node)
        for link in model.links:
            asset = links.get(link.code) or new_id()
            links[link.code] = asset
            self._put_link(asset, link)
        added = len(nodes) + len(links) - before
        return added, len(model.nodes) + len(model.links) - added

    def nearest_pipeline(self, longitude: float, latitude: float) -> Pipeline | None:
        for metres in NEAR_METRES:
            found = self._nearest(longitude, latitude, metres)
            if found is not None:
                return self.pipeline(found)
        return None

    def _nearest(self, longitude: float, latitude: float, metres: float) -> AssetId | None:
        east, north = scale_at(latitude)
        row = self._run.row(
            _NEAREST,
            x=longitude,
            y=latitude,
            east=east,
            north=north,
            width=metres / east,
            height=metres / north,
            within=metres,
        )
        return None if row is None else AssetId(row[0])

    def _codes(self, query: str) -> dict[str, int]:
        return dict(self._run.rows(query))

    def _put_node(self, asset: int, node: Node) -> None:
        place = node.position
        if not (math.isfinite(place.longitude) and math.isfinite(place.latitude)):
            raise Invalid(field=f"node {node.code}", problem="a coordinate is not a number")
        self._run.put(
            _PUT_NODE,
            "node",
            id=asset,
            code=node.code,
            kind=node.kind,
            elevation_m=node.elevation_m,
            longitude=place.longitude,
            latitude=place.latitude,
        )
        self._run.change(INDEX_NODE, id=asset, **box((place,)))

    def _put_link(self, asset: int, link: Link) -> None:
        self._run.put(
            _PUT_LINK,
            "pipeline",
            id=asset,
            code=link.code,
            kind=link.kind,
            name=link.name,
            start=link.start,
            end=link.end,
            length_m=link.length_m,
            diameter_m=link.diameter_m,
            roughness=link.roughness,
            material=link.material,
            status=link.status,
            path=line_wkb(link.path),
        )
        self._run.change(INDEX_LINK, id=asset, **box(link.path))


def pipeline_of(row: Row) -> Pipeline:
    """Read a row of LINKS."""
    link = Link(
        code=row[2],
        kind=LinkKind(row[3]),
        name=row[4],
        start=row[5],
        end=row[6],
        length_m=row[7],
        diameter_m=row[8],
        roughness=row[9],
        material=row[10],
        status=row[11],
        path=line_of(row[12]),
        installed_on=row[13],
        details=json_object(row[14]),  # type: ignore[arg-type]
        attributes=json_object(row[15]),  # type: ignore[arg-type]
    )
    return Pipeline(id=row[0], municipality=row[1], link=link)


def node_of(row: Row) -> NetworkNode:
    """Read a row of NODES."""
    node = Node(
        code=row[2],
        kind=NodeKind(row[3]),
        elevation_m=row[4],
        position=Position(row[5], row[6]),
        name=row[7],
        status=row[8],
        material=row[9],
        installed_on=row[10],
        details=json_object(row[11]),  # type: ignore[arg-type]
        attributes=json_object(row[12]),  # type: ignore[arg-type]
    )
    return NetworkNode(id=row[0], municipality=row[1], node=node)
