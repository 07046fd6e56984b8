"""A network from a file: a look at it, and then the import."""

from typing import Annotated, Final, Literal

from msgspec import Meta, Struct

from appliance.domain.access import EditNetwork
from appliance.services.files.network_imports import Plan
from web.asking import Ask
from web.routes import PREFIX, Route

LARGEST: Final = 64 * 2**20
ANY_FILE: Final = "application/octet-stream"


class NetworkFileIn(Struct, frozen=True):
    """`dry_run` changes nothing. `crs` and `local_origin` place a file that does not say where it is."""

    dry_run: bool = False
    name: Annotated[str, Meta(max_length=200)] = ""
    """The file's, for messages."""
    crs: Annotated[str, Meta(max_length=32)] | None = None
    """`EPSG:n`"""
    local_origin: Annotated[str, Meta(max_length=128)] | None = None
    """`LON,LAT[,X,Y][,m|ft]`: where plan coordinates without a system lie on Earth."""


class DrawnLines(Struct, frozen=True):
    """A GeoJSON MultiLineString (RFC 7946): the links, simplified."""

    coordinates: list[list[tuple[float, float]]]
    type: Literal["MultiLineString"] = "MultiLineString"


class DrawnPoints(Struct, frozen=True):
    """A GeoJSON MultiPoint (RFC 7946): the nodes."""

    coordinates: list[tuple[float, float]]
    type: Literal["MultiPoint"] = "MultiPoint"


class NetworkFound(Struct, frozen=True):
    """What a file has; `added` and `replaced` are null after a dry run."""

    done: bool
    source: str
    coordinate_system: str
    nodes: int
    links: int
    added: int | None
    replaced: int | None
    kinds: dict[str, int]
    """How many of each kind."""
    skipped: dict[str, int]
    """What the file has that is not kept: the reason, and how many."""
    bounds: tuple[float, float, float, float] | None
    """West, south, east, north."""
    lines: DrawnLines
    """To look at: at most 5,000 links with few corners."""
    points: DrawnPoints
    """To look at: at most 5,000 nodes."""


async def import_network(ask: Ask[EditNetwork]) -> NetworkFound:
    """Look at a network file, or take it."""
    said: NetworkFileIn = ask.query
    service, grant = ask.services.network_imports, await ask.one()
    name = ask.file.name or said.name
    work = service.look if said.dry_run else service.take
    return _found(await work(grant, ask.file.path, name, said.crs, said.local_origin))


def _found(plan: Plan) -> NetworkFound:
    model = plan.model
    return NetworkFound(
        done=plan.added is not None,
        source=model.source,
        coordinate_system=model.source_crs,
        nodes=len(model.nodes),
        links=len(model.links),
        added=plan.added,
        replaced=plan.replaced,
        kinds=plan.kinds,
        skipped=dict(model.skipped),
        bounds=plan.bounds,
        lines=DrawnLines(plan.lines),
        points=DrawnPoints(plan.points),
    )


ROUTES = (
    Route(
        method="POST",
        path=f"{PREFIX}/imports/network",
        access=EditNetwork,
        handler=import_network,
        query=NetworkFileIn,
        answer=NetworkFound,
        largest_body=LARGEST,
        takes_file=(ANY_FILE,),
        summary="Read a network from an EPANET, GeoJSON, GeoPackage or zipped Shapefile",
    ),
)
