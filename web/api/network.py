"""The pipe network on the map."""

from operator import attrgetter
from typing import Annotated, cast

from msgspec import UNSET, Meta, Struct, UnsetType

from appliance.domain.access import EditNetwork, ViewNetwork
from appliance.domain.ids import AssetId
from appliance.domain.network import Link, LinkKind, NetworkNode, NodeKind, Pipeline
from appliance.domain.sensors import Position
from web.asking import Ask, Reply
from web.listings import Listing
from web.paging import page_of
from web.routes import PREFIX, Route
from web.shapes import Id, LineString, LongListQuery, Point, given

Name = Annotated[str, Meta(min_length=1, max_length=128)]
Length = Annotated[float, Meta(ge=0, le=1e9)]
MILLIMETRES = 1_000.0


class PipelineIn(Struct, frozen=True):
    """A pipe, pump or valve; lengths in metres, the diameter in millimetres."""

    geometry: LineString
    name: Name | None = None
    code: Name | None = None
    kind: LinkKind = LinkKind.PIPE
    status: Name = "open"
    diameter: Length | None = None
    length: Length | None = None
    material: Name | None = None
    municipality_id: Id | None = None


class PipelineChange(Struct, frozen=True):
    """What to change."""

    geometry: LineString | UnsetType = UNSET
    name: Name | UnsetType | None = UNSET
    code: Name | UnsetType = UNSET
    kind: LinkKind | UnsetType = UNSET
    status: Name | UnsetType = UNSET
    diameter: Length | UnsetType | None = UNSET
    length: Length | UnsetType | None = UNSET
    material: Name | UnsetType | None = UNSET


class PipelineOut(Struct, frozen=True):
    """A pipe, pump or valve; lengths in metres, the diameter in millimetres."""

    id: int
    code: str
    name: str
    kind: LinkKind
    geometry: LineString
    status: str
    diameter: float | None
    length: float | None
    material: str | None
    start_node: str | None
    end_node: str | None
    municipality_id: int


class NodeOut(Struct, frozen=True):
    """A junction, reservoir, tank or hydrant."""

    id: int
    code: str
    kind: NodeKind
    location: Point
    elevation: float | None
    municipality_id: int


async def list_pipelines(ask: Ask[ViewNetwork]) -> Reply:
    """Give a page of links."""
    return (await page_of(ask, ask.services.pipelines.page)).written(ask, pipeline_out)


async def get_pipeline(ask: Ask[ViewNetwork]) -> PipelineOut:
    """Give one link."""
    pipeline = AssetId(ask.path["pipeline"])
    return pipeline_out(await ask.found(lambda grant: ask.services.pipelines.get(grant, pipeline)))


async def add_pipeline(ask: Ask[EditNetwork]) -> PipelineOut:
    """Add a link."""
    said: PipelineIn = ask.body
    link = Link(
        code=said.code or ask.services.pipelines.new_code(),
        kind=said.kind,
        path=tuple(Position(point[0], point[1]) for point in said.geometry.coordinates),
        length_m=said.length,
        diameter_m=None if said.diameter is None else said.diameter / MILLIMETRES,
        material=said.material,
        status=said.status,
        name=said.name,
    )
    grant = await ask.one(said.municipality_id)
    return pipeline_out(await ask.services.pipelines.add(grant, link))


async def change_pipeline(ask: Ask[EditNetwork]) -> PipelineOut:
    """Change a link."""
    pipeline = AssetId(ask.path["pipeline"])
    said = given(ask.body)
    details: dict[str, float | None] = {}
    if "length" in said:
        details["length_m"] = said.pop("length")
    if "diameter" in said:
        millimetres = said.pop("diameter")
        details["diameter_m"] = None if millimetres is None else millimetres / MILLIMETRES
    if "geometry" in said:
        line: LineString = said.pop("geometry")
        said["path"] = tuple(Position(point[0], point[1]) for point in line.coordinates)
    changed = await ask.found(
        lambda grant: ask.services.assets.change(grant, pipeline, said, details)
    )
    return pipeline_out(cast(Pipeline, changed))


async def remove_pipeline(ask: Ask[EditNetwork]) -> None:
    """Remove a link."""
    pipeline = AssetId(ask.path["pipeline"])
    await ask.found(lambda grant: ask.services.assets.remove(grant, pipeline, link=True))


async def list_nodes(ask: Ask[ViewNetwork]) -> Reply:
    """Give a page of nodes."""
    return (await page_of(ask, ask.services.pipelines.nodes)).written(ask, _node_out)


def pipeline_out(pipeline: Pipeline) -> PipelineOut:
    """Write a link."""
    link = pipeline.link
    diameter = link.diameter_m
    return PipelineOut(
        id=pipeline.id,
        code=link.code,
        name=link.name or link.code,
        kind=link.kind,
        geometry=LineString([(p.longitude, p.latitude) for p in link.path]),
        status=link.status,
        diameter=None if diameter is None else float(f"{diameter * MILLIMETRES:.12g}"),
        length=link.length_m,
        material=link.material,
        start_node=link.start,
        end_node=link.end,
        municipality_id=pipeline.municipality,
    )


def _node_out(found: NetworkNode) -> NodeOut:
    node = found.node
    return NodeOut(
        id=found.id,
        code=node.code,
        kind=node.kind,
        location=Point((node.position.longitude, node.position.latitude)),
        elevation=node.elevation_m,
        municipality_id=found.municipality,
    )


ROUTES = (
    Route(
        method="GET",
        path=f"{PREFIX}/pipelines",
        access=ViewNetwork,
        handler=list_pipelines,
        query=LongListQuery,
        answer=list[PipelineOut],
        listing=Listing(
            ("code",),
            {
                "code": attrgetter("link.code"),
                "name": lambda one: (one.link.name or one.link.code).casefold(),
                "status": attrgetter("link.status"),
                "kind": attrgetter("link.kind"),
                "diameter": lambda one: one.link.diameter_m or 0.0,
            },
        ),
        summary="Pipes, pumps and valves by code",
    ),
    Route(
        method="POST",
        path=f"{PREFIX}/pipelines",
        access=EditNetwork,
        handler=add_pipeline,
        body=PipelineIn,
        answer=PipelineOut,
        status=201,
        summary="Add a pipe, pump or valve",
    ),
    Route(
        method="GET",
        path=f"{PREFIX}/pipelines/{{pipeline}}",
        access=ViewNetwork,
        handler=get_pipeline,
        answer=PipelineOut,
        summary="One pipe, pump or valve",
    ),
    Route(
        method="PATCH",
        path=f"{PREFIX}/pipelines/{{pipeline}}",
        access=EditNetwork,
        handler=change_pipeline,
        body=PipelineChange,
        answer=PipelineOut,
        summary="Change a pipe, pump or valve",
    ),
    Route(
        method="DELETE",
        path=f"{PREFIX}/pipelines/{{pipeline}}",
        access=EditNetwork,
        handler=remove_pipeline,
        status=204,
        summary="Remove a pipe, pump or valve; refused while sensors refer to it, naming them",
    ),
    Route(
        method="GET",
        path=f"{PREFIX}/network/nodes",
        access=ViewNetwork,
        handler=list_nodes,
        query=LongListQuery,
        answer=list[NodeOut],
        listing=Listing(
            ("code",), {"code": attrgetter("node.code"), "kind": attrgetter("node.kind")}
        ),
        summary="Junctions, reservoirs, tanks and hydrants by code",
    ),
)
