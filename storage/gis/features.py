"""Features of plain GIS data (GeoJSON, GeoPackage, Shapefile) as a plan: lines are links, points nodes."""

from collections import Counter
from collections.abc import Mapping
from collections.abc import Sequence as Several
from dataclasses import dataclass

from appliance.domain.network import LinkKind
from storage.gis.attributes import Columns, as_text, columns_of
from storage.gis.kinds import Kinds, Unmapped, kinds_of
from storage.gis.numbers import number
from storage.gis.plan import DrawnLink, DrawnNode, Geometry, LinkFacts, NodeFacts, Plan


@dataclass(frozen=True, slots=True, eq=False)
class Feature:
    """One row: what is drawn and what is said of it."""

    geometry: Geometry
    properties: Mapping[str, object]
    number: int
    """Its place in the layer, from 1."""
    own_id: str = ""


@dataclass(frozen=True, slots=True)
class _Layer:
    name: str
    columns: Columns
    kinds: Kinds
    nodes: list[DrawnNode]
    links: list[DrawnLink]
    skipped: Counter[str]


def plan_of(
    name: str, crs: str, features: Several[Feature], skipped: Counter[str] | None = None
) -> Plan:
    """Give the network of one layer; whatever is not kept is counted by its reason.

    A feature of several lines gives several links of the same code, which placing tells apart.
    """
    rows = [feature.properties for feature in features]
    columns = columns_of(rows)
    kinds = kinds_of(name, columns.plain["kind"], rows)
    layer = _Layer(name, columns, kinds, [], [], Counter(skipped or ()))
    for feature in features:
        _add(layer, feature)
    return Plan(name, tuple(layer.nodes), tuple(layer.links), crs, layer.skipped)


def _add(layer: _Layer, feature: Feature) -> None:
    if feature.geometry.is_empty():
        layer.skipped["feature without geometry"] += 1
    layer.skipped.update(feature.geometry.others)
    _add_links(layer, feature)
    _add_nodes(layer, feature)


def _add_links(layer: _Layer, feature: Feature) -> None:
    if not feature.geometry.lines:
        return
    kind = layer.kinds.link(feature.properties)
    if isinstance(kind, Unmapped):
        layer.skipped[f"line of kind {kind.word!r}"] += 1
        return
    facts = _link_facts(layer, feature, kind)
    for line in feature.geometry.lines:
        if len(line) > 1:
            layer.links.append(DrawnLink(facts, line))
        else:
            layer.skipped["line of a single point"] += 1


def _add_nodes(layer: _Layer, feature: Feature) -> None:
    if not len(feature.geometry.points):
        return
    kind = layer.kinds.node(feature.properties)
    if isinstance(kind, Unmapped):
        layer.skipped[f"point of kind {kind.word!r}"] += 1
        return
    elevation = layer.columns.metres("elevation", feature.properties)
    facts: NodeFacts = {"code": _code(layer, feature), "kind": kind, "elevation_m": elevation}
    layer.nodes.extend(DrawnNode(facts, point) for point in feature.geometry.points)


def _link_facts(layer: _Layer, feature: Feature, kind: LinkKind) -> LinkFacts:
    said, columns = feature.properties, layer.columns
    parts = len(feature.geometry.lines)
    return LinkFacts(
        code=_code(layer, feature),
        kind=kind,
        start=columns.text("start", said),
        end=columns.text("end", said),
        length_m=columns.metres("length", said) if parts == 1 else None,
        diameter_m=columns.metres("diameter", said),
        roughness=number(columns.text("roughness", said) or ""),
        material=columns.text("material", said),
        status=(columns.text("status", said) or "open").lower(),
        name=columns.text("name", said),
    )


def _code(layer: _Layer, feature: Feature) -> str:
    """Name a feature by the best that it has, so that importing again meets the same one."""
    said, columns = feature.properties, layer.columns
    return (
        columns.text("code", said)
        or as_text(feature.own_id)
        or columns.text("name", said)
        or columns.text("row", said)
        or f"{layer.name}-{feature.number}"
    )
