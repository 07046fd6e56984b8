"""Assets one by one: found by kind, place and text, changed, and removed."""

from appliance.domain.ids import AssetId
from appliance.domain.network import Asset, Link, NetworkNode, Node, Pipeline
from appliance.ports.pages import AssetFilter, Page
from storage.operations.columns import json_text
from storage.operations.geometry import box, line_wkb, scale_at
from storage.operations.network import (
    INDEX_LINK,
    INDEX_NODE,
    LINKS,
    METRES,
    NODES,
    node_of,
    pipeline_of,
)
from storage.operations.ordering import Order
from storage.operations.statements import OwnStatements, sql, unique

_AMONG = "AND id IN (SELECT value FROM json_each(:ids))"
_CHOSEN = (
    "AND (:kinds = '[]' OR kind IN (SELECT value FROM json_each(:kinds)))"
    " AND (:search IS NULL OR instr(casefold(code), :search) OR instr(casefold(name), :search))"
)
_PLACED = "xmax >= :west AND xmin <= :east AND ymax >= :south AND ymin <= :north)"
_IN_BOX_NODE = sql("AND id IN (SELECT pkid FROM idx_node_place WHERE", _PLACED)
_IN_BOX_LINK = sql("AND id IN (SELECT pkid FROM idx_link_path WHERE", _PLACED)
_ORDER = Order(
    ("code",),
    {
        "code": "code",
        "name": "casefold(coalesce(name, code))",
        "kind": "kind",
        "status": "status",
        "metres": "metres",
    },
)
_NODE_METRES = METRES.replace("(path,", "(place,")
_PUT_NODE = (
    "INSERT INTO node (id, municipality, code, kind, elevation_m, name, status, material,"
    " installed_on, details, attributes, place) VALUES (:id, :mine, :code, :kind, :elevation_m,"
    " :name, :status, :material, :installed_on, :details, :attributes,"
    " MakePoint(:longitude, :latitude, 4326)) ON CONFLICT (id) DO UPDATE SET code = :code,"
    " kind = :kind, elevation_m = :elevation_m, name = :name, status = :status,"
    " material = :material, installed_on = :installed_on, details = :details,"
    " attributes = :attributes, place = MakePoint(:longitude, :latitude, 4326)"
    " WHERE municipality = :mine"
)
_PUT_LINK = (
    "INSERT INTO link (id, municipality, code, kind, name, start_node, end_node, length_m,"
    " diameter_m, roughness, material, status, installed_on, details, attributes, path) VALUES"
    " (:id, :mine, :code, :kind, :name, :start, :end, :length_m, :diameter_m, :roughness,"
    " :material, :status, :installed_on, :details, :attributes, GeomFromWKB(:path, 4326))"
    " ON CONFLICT (id) DO UPDATE SET code = :code, kind = :kind, name = :name,"
    " start_node = :start, end_node = :end, length_m = :length_m, diameter_m = :diameter_m,"
    " roughness = :roughness, material = :material, status = :status,"
    " installed_on = :installed_on, details = :details, attributes = :attributes,"
    " path = GeomFromWKB(:path, 4326) WHERE municipality = :mine"
)


class AssetRows:
    """The port's AssetTable."""

    def __init__(self, statements: OwnStatements) -> None:
        self._run = statements

    def page(self, chosen: AssetFilter, page: Page) -> tuple[list[Asset], int]:
        nodes, links, values = _conditions(chosen)
        found = sql(
            *(
                "SELECT id, code, name, kind, status,",
                _metres(chosen, _NODE_METRES),
                "AS metres FROM node",
            ),
            *("WHERE municipality = :mine", _CHOSEN, nodes),
            *(
                "UNION ALL SELECT id, code, name, kind, status,",
                _metres(chosen, METRES),
                "FROM link",
            ),
            *("WHERE municipality = :mine", _CHOSEN, links),
        )
        near = "WHERE metres <= :within" if chosen.near else "WHERE true"
        nearest = Page(page.limit, page.offset, ("metres", "code")) if chosen.near else page
        window, place = _ORDER.window(nearest)
        rows = self._run.rows(sql("SELECT id FROM (", found, ")", near, window), **values, **place)
        total = self._run.number(sql("SELECT count(*) FROM (", found, ")", near), **values)
        return self._all([row[0] for row in rows]), total

    def get(self, asset: AssetId) -> Asset | None:
        return next(iter(self._all([asset])), None)

    def node_coded(self, code: str) -> NetworkNode | None:
        row = self._run.row(sql(NODES, "AND code = :code"), code=code)
        return None if row is None else node_of(row)

    def link_coded(self, code: str) -> Pipeline | None:
        row = self._run.row(sql(LINKS, "AND code = :code"), code=code)
        return None if row is None else pipeline_of(row)

    def put_node(self, found: NetworkNode) -> None:
        self._run.must_own(found.municipality)
        node = found.node
        with unique(f"there is a node {node.code!r} already"):
            self._run.put(
                _PUT_NODE,
                "asset",
                id=found.id,
                **_common(node),
                elevation_m=node.elevation_m,
                longitude=node.position.longitude,
                latitude=node.position.latitude,
            )
        self._run.change(INDEX_NODE, id=found.id, **box((node.position,)))

    def put_link(self, found: Pipeline) -> None:
        self._run.must_own(found.municipality)
        link = found.link
        with unique(f"there is a link {link.code!r} already"):
            self._run.put(
                _PUT_LINK,
                "asset",
                id=found.id,
                **_common(link),
                start=link.start,
                end=link.end,
                length_m=link.length_m,
                diameter_m=link.diameter_m,
                roughness=link.roughness,
                path=line_wkb(link.path),
            )
        self._run.change(INDEX_LINK, id=found.id, **box(link.path))

    def put_all(self, assets: list[Asset]) -> None:
        for asset in assets:
            if isinstance(asset, NetworkNode):
                self.put_node(asset)
            else:
                self.put_link(asset)

    def remove(self, asset: AssetId) -> None:
        for statement in (
            "DELETE FROM node WHERE municipality = :mine AND id = :id",
            "DELETE FROM link WHERE municipality = :mine AND id = :id",
        ):
            self._run.change(statement, id=asset)

    def links_at(self, code: str) -> list[Pipeline]:
        rows = self._run.rows(
            sql(LINKS, "AND (start_node = :code OR end_node = :code) ORDER BY code"),
            code=code,
        )
        return [pipeline_of(row) for row in rows]

    def sensors_on(self, link: AssetId, most: int) -> tuple[list[str], int]:
        where = "FROM sensor WHERE municipality = :mine AND pipeline = :link"
        rows = self._run.rows(
            sql("SELECT device_id", where, "ORDER BY device_id LIMIT :most"), link=link, most=most
        )
        count = self._run.number(sql("SELECT count(*)", where), link=link)
        return [row[0] for row in rows], count

    def _all(self, ids: list[int]) -> list[Asset]:
        wanted = json_text(ids)
        found: dict[int, Asset] = {}
        for row in self._run.rows(sql(NODES, _AMONG), ids=wanted):
            found[row[0]] = node_of(row)
        for row in self._run.rows(sql(LINKS, _AMONG), ids=wanted):
            found[row[0]] = pipeline_of(row)
        return [found[asset] for asset in ids if asset in found]


def _conditions(chosen: AssetFilter) -> tuple[str, str, dict[str, object]]:
    """Give what limits nodes and links to a place, and the values of everything."""
    values: dict[str, object] = {
        "kinds": json_text(chosen.kinds),
        "search": None if chosen.search is None else chosen.search.casefold(),
    }
    if chosen.near is not None:
        near = chosen.near
        east, north = scale_at(near.latitude)
        width, height = near.metres / east, near.metres / north
        values |= {"x": near.longitude, "y": near.latitude, "east_scale": east}
        values |= {"north_scale": north, "within": near.metres}
        values |= {"west": near.longitude - width, "east": near.longitude + width}
        values |= {"south": near.latitude - height, "north": near.latitude + height}
    elif chosen.box is not None:
        limits = chosen.box
        values |= {"west": limits.west, "east": limits.east}
        values |= {"south": limits.south, "north": limits.north}
    else:
        return "", "", values
    return _IN_BOX_NODE, _IN_BOX_LINK, values


def _metres(chosen: AssetFilter, expression: str) -> str:
    """Give the distance to the point that is asked about; one value for all where none is."""
    if chosen.near is None:
        return "0"
    return expression.replace(":east", ":east_scale").replace(":north", ":north_scale")


def _common(asset: Node | Link) -> dict[str, object]:
    return {
        "code": asset.code,
        "kind": asset.kind,
        "name": asset.name,
        "status": asset.status,
        "material": asset.material,
        "installed_on": asset.installed_on,
        "details": json_text(asset.details),
        "attributes": json_text(asset.attributes),
    }
