"""The assets of the network: junctions, reservoirs, tanks, hydrants, meters, pipes, pumps and valves."""

from typing import Annotated, Any

from msgspec import UNSET, Meta, Struct, UnsetType

from appliance.domain.access import EditNetwork, ViewNetwork
from appliance.domain.assets import columns_of, joined_details
from appliance.domain.errors import Invalid
from appliance.domain.ids import AssetId
from appliance.domain.network import Asset, Link, LinkKind, NetworkNode, Node, NodeKind
from appliance.domain.sensors import Position
from appliance.ports.pages import AssetFilter, Box, Near
from appliance.services.assets import AssetDraft
from appliance.services.pipelines import must_be_on_earth
from web.asking import Ask, Reply
from web.listings import Listing
from web.paging import gather, listing, page_of
from web.routes import PREFIX, Route
from web.shapes import Id, given

Name = Annotated[str, Meta(min_length=1, max_length=128)]
Pair = Annotated[tuple[float, ...], Meta(min_length=2, max_length=3)]
Day = Annotated[str, Meta(pattern=r"^\d{4}-\d\d-\d\d$", extra_json_schema={"format": "date"})]
Details = Annotated[dict[str, float | str], Meta(max_length=50)]
Attributes = Annotated[dict[str, str | float | bool | None], Meta(max_length=50)]
Kind = Annotated[str, Meta(extra_json_schema={"enum": [*NodeKind, *LinkKind]})]


class PlacePoint(Struct, frozen=True, tag="Point", tag_field="type"):
    """A GeoJSON Point (RFC 7946), longitude first."""

    coordinates: Pair


class PlaceLine(Struct, frozen=True, tag="LineString", tag_field="type"):
    """A GeoJSON LineString (RFC 7946), longitude first."""

    coordinates: Annotated[list[Pair], Meta(min_length=2, max_length=20_000)]


Geometry = PlacePoint | PlaceLine


class AssetIn(Struct, frozen=True):
    """An asset. `details` belong to its kind, SI, named by their unit; `attributes` are the utility's.

    A link whose two nodes are named needs no geometry: it is the straight line between them.
    """

    kind: Kind
    geometry: Geometry | None = None
    code: Name | None = None
    name: Name | None = None
    status: Name = "open"
    material: Name | None = None
    installed_on: Day | None = None
    start_node: Name | None = None
    end_node: Name | None = None
    details: Details = {}
    attributes: Attributes = {}
    municipality_id: Id | None = None


class AssetChange(Struct, frozen=True):
    """What to change; `details` and `attributes` replace those that are there."""

    kind: Kind | UnsetType = UNSET
    geometry: Geometry | UnsetType = UNSET
    code: Name | UnsetType = UNSET
    name: Name | UnsetType | None = UNSET
    status: Name | UnsetType = UNSET
    material: Name | UnsetType | None = UNSET
    installed_on: Day | UnsetType | None = UNSET
    start_node: Name | UnsetType | None = UNSET
    end_node: Name | UnsetType | None = UNSET
    details: Details | UnsetType = UNSET
    attributes: Attributes | UnsetType = UNSET


class AssetOut(Struct, frozen=True):
    """An asset."""

    id: int
    code: str
    name: str | None
    kind: Kind
    geometry: Geometry
    status: str
    material: str | None
    installed_on: str | None
    start_node: str | None
    end_node: str | None
    details: dict[str, float | str]
    attributes: dict[str, str | float | bool | None]
    municipality_id: int


class AssetQuery(Struct, frozen=True):
    """Which assets. `bbox` is west,south,east,north and `near` longitude,latitude, in degrees."""

    limit: Annotated[int, Meta(ge=1, le=10_000)] = 1_000
    offset: Annotated[int, Meta(ge=0, le=2**31)] = 0
    kind: tuple[Kind, ...] = ()
    bbox: tuple[float, ...] = ()
    near: tuple[float, ...] = ()
    within_metres: Annotated[float, Meta(gt=0, le=50_000)] = 500.0
    search: Annotated[str, Meta(max_length=128)] | None = None
    q: Annotated[str, Meta(max_length=128)] | None = None
    """Text in the code or the name, case ignored; the same as `search`."""


async def list_assets(ask: Ask[ViewNetwork]) -> Reply:
    """Give a page of assets."""
    chosen = chosen_assets(ask.query)
    if chosen.near is not None:
        return await _nearest(ask, chosen)
    part = await page_of(ask, lambda grant, page: ask.services.assets.page(grant, chosen, page))
    return part.written(ask, asset_out)


async def _nearest(ask: Ask[ViewNetwork], chosen: AssetFilter) -> Reply:
    """Give the nearest, which have an order of their own."""
    if ask.listed.by_cursor or ask.listed.order != ask.listed.listing.usual:
        raise Invalid(field="near", problem="the nearest come first: leave sort and cursor out")
    found, total = await gather(
        ask, lambda grant, page: ask.services.assets.page(grant, chosen, page)
    )
    return listing(ask, [asset_out(asset) for asset in found], total)


async def get_asset(ask: Ask[ViewNetwork]) -> AssetOut:
    """Give one asset."""
    asset = AssetId(ask.path["asset"])
    return asset_out(await ask.found(lambda grant: ask.services.assets.get(grant, asset)))


async def add_asset(ask: Ask[EditNetwork]) -> AssetOut:
    """Add an asset."""
    said: AssetIn = ask.body
    grant = await ask.one(said.municipality_id)
    return asset_out(await ask.services.assets.add(grant, draft_of(said)))


async def change_asset(ask: Ask[EditNetwork]) -> AssetOut:
    """Change an asset."""
    asset = AssetId(ask.path["asset"])
    said: dict[str, Any] = given(ask.body)
    if "geometry" in said:
        said["path"] = _path(said.pop("geometry"))
    return asset_out(await ask.found(lambda grant: ask.services.assets.change(grant, asset, said)))


async def remove_asset(ask: Ask[EditNetwork]) -> None:
    """Remove an asset."""
    asset = AssetId(ask.path["asset"])
    await ask.found(lambda grant: ask.services.assets.remove(grant, asset))


def chosen_assets(query: AssetQuery) -> AssetFilter:
    """Read which assets are wanted; Invalid for a place that is none."""
    return AssetFilter(
        kinds=tuple(query.kind),
        box=_box(query.bbox),
        near=_near(query.near, query.within_metres),
        search=query.q or query.search or None,
    )


def _box(said: tuple[float, ...]) -> Box | None:
    if not said:
        return None
    if len(said) != 4 or not (said[0] <= said[2] and said[1] <= said[3]):  # noqa: PLR2004
        raise Invalid(field="bbox", problem="write west,south,east,north in degrees")
    for longitude, latitude in (said[:2], said[2:]):
        must_be_on_earth(Position(longitude, latitude), "bbox")
    return Box(*said)


def _near(said: tuple[float, ...], metres: float) -> Near | None:
    if not said:
        return None
    if len(said) != 2:  # noqa: PLR2004
        raise Invalid(field="near", problem="write longitude,latitude in degrees")
    must_be_on_earth(Position(*said), "near")
    return Near(*said, metres)


def draft_of(said: AssetIn) -> AssetDraft:
    """Read what somebody describes."""
    return AssetDraft(
        kind=said.kind,
        path=_path(said.geometry),
        code=said.code,
        name=said.name,
        status=said.status,
        material=said.material,
        installed_on=said.installed_on,
        start_node=said.start_node,
        end_node=said.end_node,
        details=said.details,
        attributes=said.attributes,
    )


def _path(geometry: Geometry | None) -> tuple[Position, ...]:
    match geometry:
        case PlacePoint(pair):
            return (Position(pair[0], pair[1]),)
        case PlaceLine(pairs):
            return tuple(Position(pair[0], pair[1]) for pair in pairs)
        case None:
            return ()


def asset_out(asset: Asset) -> AssetOut:
    """Write an asset."""
    if isinstance(asset, NetworkNode):
        node = asset.node
        geometry: Geometry = PlacePoint((node.position.longitude, node.position.latitude))
        ends: tuple[str | None, str | None] = (None, None)
        details = joined_details(node.kind, {"elevation_m": node.elevation_m}, node.details)
        return _out(asset, node, geometry, ends, details)
    link = asset.link
    geometry = PlaceLine([(p.longitude, p.latitude) for p in link.path])
    details = joined_details(link.kind, columns_of(link), link.details)
    return _out(asset, link, geometry, (link.start, link.end), details)


def _out(
    asset: Asset,
    said: Node | Link,
    geometry: Geometry,
    ends: tuple[str | None, str | None],
    details: dict[str, float | str],
) -> AssetOut:
    return AssetOut(
        id=asset.id,
        code=said.code,
        name=said.name,
        kind=said.kind,
        geometry=geometry,
        status=said.status,
        material=said.material,
        installed_on=said.installed_on,
        start_node=ends[0],
        end_node=ends[1],
        details=details,
        attributes=dict(said.attributes),
        municipality_id=asset.municipality,
    )


def _drawn(asset: Asset) -> Node | Link:
    return asset.node if isinstance(asset, NetworkNode) else asset.link


def _called(asset: Node | Link) -> str:
    return asset.code if asset.name is None else asset.name


_PATH = f"{PREFIX}/network/assets"

ROUTES = (
    Route(
        method="GET",
        path=_PATH,
        access=ViewNetwork,
        handler=list_assets,
        query=AssetQuery,
        answer=list[AssetOut],
        listing=Listing(
            ("code",),
            {
                "code": lambda one: _drawn(one).code,
                "name": lambda one: _called(_drawn(one)).casefold(),
                "kind": lambda one: _drawn(one).kind,
                "status": lambda one: _drawn(one).status,
            },
        ),
        summary="Assets of the network by code, or nearest first; by kind, place and text",
    ),
    Route(
        method="POST",
        path=_PATH,
        access=EditNetwork,
        handler=add_asset,
        body=AssetIn,
        answer=AssetOut,
        status=201,
        summary="Add an asset; the ends of a link are put on the nodes that it joins",
    ),
    Route(
        method="GET",
        path=f"{_PATH}/{{asset}}",
        access=ViewNetwork,
        handler=get_asset,
        answer=AssetOut,
        summary="One asset of the network",
    ),
    Route(
        method="PATCH",
        path=f"{_PATH}/{{asset}}",
        access=EditNetwork,
        handler=change_asset,
        body=AssetChange,
        answer=AssetOut,
        summary="Change an asset; links follow a node that is moved or renamed",
    ),
    Route(
        method="DELETE",
        path=f"{_PATH}/{{asset}}",
        access=EditNetwork,
        handler=remove_asset,
        status=204,
        summary="Remove an asset; refused while links or sensors refer to it, naming them",
    ),
)
