"""The assets of the network one by one; the topology stays whole whatever is changed."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import partial
from math import cos, hypot, radians
from typing import Any, Final

from appliance.domain.access import EditNetwork, Grant, ViewNetwork
from appliance.domain.assets import (
    columns_of,
    joined_details,
    kind_of,
    must_be_a_date,
    must_be_attributes,
    must_be_details,
    split_details,
)
from appliance.domain.errors import Conflict, Invalid, NotFound
from appliance.domain.ids import AssetId
from appliance.domain.network import (
    Asset,
    Attributes,
    Details,
    Link,
    NetworkNode,
    Node,
    NodeKind,
    Pipeline,
)
from appliance.domain.sayings import saying
from appliance.domain.sensors import Position
from appliance.ports.pages import AssetFilter, Page
from appliance.ports.tables import Tables
from appliance.services.names import LONGEST, must_be_named
from appliance.services.noting import noted, touched
from appliance.services.pipelines import must_be_on_earth
from appliance.services.world import World

SNAPS_WITHIN: Final = 20.0
"""Metres: an end of a link so near to its node is taken to mean the node."""
NAMED: Final = 5
"""How many of those that refer to an asset an answer names."""
METRES_PER_DEGREE: Final = 111_319.490793
LEAST_POINTS: Final = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class AssetDraft:
    """An asset as somebody describes it. A node has one point; a link has two or more, or two nodes."""

    kind: str
    path: tuple[Position, ...] = ()
    code: str | None = None
    name: str | None = None
    status: str = "open"
    material: str | None = None
    installed_on: str | None = None
    start_node: str | None = None
    end_node: str | None = None
    details: Details = field(default_factory=dict)
    attributes: Attributes = field(default_factory=dict)


class Assets:
    """Adds, changes, removes and finds assets."""

    def __init__(self, world: World) -> None:
        self._world = world

    async def page(
        self, grant: Grant[ViewNetwork], chosen: AssetFilter, page: Page
    ) -> tuple[list[Asset], int]:
        """Give one page by code, or nearest first, and how many there are in all."""
        return await self._world.operations.read(
            grant.municipality, lambda t: t.assets.page(chosen, page)
        )

    async def get(self, grant: Grant[ViewNetwork], asset: AssetId) -> Asset:
        """Give one."""
        return await self._world.operations.read(
            grant.municipality, lambda t: found_asset(t, asset)
        )

    async def add(self, grant: Grant[EditNetwork], draft: AssetDraft) -> Asset:
        """Add one; Conflict when its code is taken."""
        asset = AssetId(self._world.ids.new_id())

        def change(tables: Tables) -> Asset:
            made = made_asset(grant, tables, draft, asset)
            must_be_free(tables, made)
            note = partial(noted, self._world, grant, tables, [asset], what="added")
            note(lambda: put(tables, made))
            return made

        return await self._world.operations.write(grant.municipality, change)

    async def change(
        self,
        grant: Grant[EditNetwork],
        asset: AssetId,
        changes: Mapping[str, Any],
        details: Mapping[str, float | None] | None = None,
    ) -> Asset:
        """Change one: field of AssetDraft → new value; what is joined to a node moves with it.

        With `details` it is a link that is meant, and only these of its details are changed.
        """

        def change(tables: Tables) -> Asset:
            present = found_asset(tables, asset) if details is None else found_link(tables, asset)
            draft = replace(draft_of(present), **changes)
            if details is not None:
                draft = replace(draft, details=_merged(draft.details, details))
            changed = made_asset(grant, tables, draft, asset)
            if type(changed) is not type(present):
                raise Conflict(
                    what=saying("point_or_line", "a point can't become a line, nor a line a point")
                )
            must_be_free(tables, changed)

            def do() -> None:
                put(tables, changed)
                keep_joined(tables, present, changed)

            noted(self._world, grant, tables, touched(tables, present), do, what="changed")
            return changed

        return await self._world.operations.write(grant.municipality, change)

    async def remove(
        self, grant: Grant[EditNetwork], asset: AssetId, *, link: bool = False
    ) -> None:
        """Remove one; Conflict naming what refers to it."""

        def change(tables: Tables) -> None:
            find = found_link if link else found_asset
            must_not_be_needed(tables, find(tables, asset))
            note = partial(noted, self._world, grant, tables, [asset], what="removed")
            note(lambda: tables.assets.remove(asset))

        await self._world.operations.write(grant.municipality, change)


def found_asset(tables: Tables, asset: AssetId) -> Asset:
    """Give an asset, or raise NotFound."""
    there = tables.assets.get(asset)
    if there is None:
        raise NotFound(kind="asset", name=asset)
    return there


def found_link(tables: Tables, asset: AssetId) -> Asset:
    """Give a link, or raise NotFound."""
    there = tables.network.pipeline(asset)
    if there is None:
        raise NotFound(kind="pipeline", name=asset)
    return there


def _merged(details: Details, changes: Mapping[str, float | None]) -> Details:
    merged = {**details, **changes}
    return {name: value for name, value in merged.items() if value is not None}


def must_not_be_needed(tables: Tables, asset: Asset) -> None:
    """Raise Conflict naming the links or sensors that refer to an asset."""
    if isinstance(asset, NetworkNode):
        links = [link.link.code for link in tables.assets.links_at(asset.node.code)]
        _refuse("link", links[:NAMED], len(links))
    else:
        sensors, count = tables.assets.sensors_on(asset.id, NAMED)
        _refuse("sensor", sensors, count)


def _refuse(kind: str, named: list[str], count: int) -> None:
    if not count:
        return
    more = f" and {count - len(named)} more" if count > len(named) else ""
    plural, verb = ("s", "refer") if count > 1 else ("", "refers")
    raise Conflict(
        what=f"{count} {kind}{plural} {verb} to it: {', '.join(named)}{more}; "
        f"remove or change {'them' if count > 1 else 'it'} first"
    )


def must_be_free(tables: Tables, asset: Asset) -> None:
    """Raise Conflict when another asset of this sort has the code."""
    if isinstance(asset, NetworkNode):
        same: Asset | None = tables.assets.node_coded(asset.node.code)
    else:
        same = tables.assets.link_coded(asset.link.code)
    if same is not None and same.id != asset.id:
        raise Conflict(
            what=saying(
                "code_there", "there is a {kind} {name!r} already", kind=what(same), name=code(same)
            )
        )


def put(tables: Tables, asset: Asset) -> None:
    """Add or replace one."""
    if isinstance(asset, NetworkNode):
        tables.assets.put_node(asset)
    else:
        tables.assets.put_link(asset)


def what(asset: Asset) -> str:
    """Give the word for its kind."""
    return asset.node.kind if isinstance(asset, NetworkNode) else asset.link.kind


def code(asset: Asset) -> str:
    """Give its id in the utility's books."""
    return asset.node.code if isinstance(asset, NetworkNode) else asset.link.code


def made_asset(
    grant: Grant[EditNetwork], tables: Tables, draft: AssetDraft, asset: AssetId
) -> Asset:
    """Make an asset as described, or raise Invalid saying what is wrong with the description."""
    kind = kind_of(draft.kind)
    _must_be_in_order(draft)
    must_be_details(kind, draft.details)
    columns, details = split_details(kind, draft.details)
    common: dict[str, Any] = {
        "code": draft.code or f"{asset:x}",
        "name": draft.name or None,
        "status": draft.status,
        "material": draft.material or None,
        "installed_on": draft.installed_on,
        "details": details,
        "attributes": dict(draft.attributes),
        **columns,
    }
    if isinstance(kind, NodeKind):
        node = Node(kind=kind, position=_point(draft), **common)
        return NetworkNode(id=asset, municipality=grant.municipality, node=node)
    link = Link(
        kind=kind,
        path=_path(tables, draft),
        start=draft.start_node or None,
        end=draft.end_node or None,
        **common,
    )
    return Pipeline(id=asset, municipality=grant.municipality, link=link)


def draft_of(asset: Asset) -> AssetDraft:
    """Describe an asset that is there, so that making it again gives the same."""
    if isinstance(asset, NetworkNode):
        node = asset.node
        columns: dict[str, float | None] = {"elevation_m": node.elevation_m}
        return _draft(node, (node.position,), joined_details(node.kind, columns, node.details))
    link = asset.link
    details = joined_details(link.kind, columns_of(link), link.details)
    return replace(_draft(link, link.path, details), start_node=link.start, end_node=link.end)


def _draft(asset: Node | Link, path: tuple[Position, ...], details: Details) -> AssetDraft:
    return AssetDraft(
        kind=asset.kind,
        path=path,
        code=asset.code,
        name=asset.name,
        status=asset.status,
        material=asset.material,
        installed_on=asset.installed_on,
        details=details,
        attributes=asset.attributes,
    )


def _must_be_in_order(draft: AssetDraft) -> None:
    for field_name in ("code", "name", "material"):
        text: str | None = getattr(draft, field_name)
        if text:
            must_be_named(text, field_name)
    must_be_named(draft.status, "status")
    must_be_a_date(draft.installed_on)
    must_be_attributes(draft.attributes)
    for position in draft.path:
        must_be_on_earth(position, "geometry")


def _point(draft: AssetDraft) -> Position:
    if draft.start_node or draft.end_node:
        raise Invalid(field="start_node", problem=f"a {draft.kind} is a point and joins nothing")
    if len(draft.path) != 1:
        raise Invalid(field="geometry", problem=f"a {draft.kind} is a Point")
    return draft.path[0]


def _path(tables: Tables, draft: AssetDraft) -> tuple[Position, ...]:
    """Give the line, with its ends exactly on the nodes it joins."""
    start = _place(tables, draft.start_node, "start_node")
    end = _place(tables, draft.end_node, "end_node")
    if not draft.path and start is not None and end is not None:
        return start, end
    if len(draft.path) < LEAST_POINTS:
        raise Invalid(
            field="geometry", problem=f"a {draft.kind} is a LineString of two points or more"
        )
    first = _snapped(draft.path[0], start, "start_node")
    last = _snapped(draft.path[-1], end, "end_node")
    return first, *draft.path[1:-1], last


def _place(tables: Tables, node: str | None, field_name: str) -> Position | None:
    if not node:
        return None
    there = tables.assets.node_coded(node)
    if there is None:
        raise Invalid(
            field=field_name,
            problem=saying("no_node", "there is no node {name!r}", name=node[:LONGEST]),
        )
    return there.node.position


def _snapped(point: Position, node: Position | None, field_name: str) -> Position:
    if node is None:
        return point
    away = metres(point, node)
    if away > SNAPS_WITHIN:
        raise Invalid(
            field=field_name,
            problem=saying(
                "ends_off_node",
                "the line ends {metres:,.0f} m from that node, not at it",
                metres=round(away),
            ),
        )
    return node


def metres(one: Position, other: Position) -> float:
    """Give the distance of two points that are near each other."""
    north = (one.latitude - other.latitude) * METRES_PER_DEGREE
    east = (one.longitude - other.longitude) * METRES_PER_DEGREE
    return hypot(north, east * cos(radians(one.latitude)))


def keep_joined(tables: Tables, before: Asset, after: Asset) -> None:
    """Have the links at a node follow it, by name and by place."""
    if not isinstance(before, NetworkNode) or not isinstance(after, NetworkNode):
        return
    moved = before.node.position != after.node.position
    if not moved and before.node.code == after.node.code:
        return
    for joined in tables.assets.links_at(before.node.code):
        tables.assets.put_link(
            replace(joined, link=_followed(joined.link, before.node, after.node))
        )


def _followed(link: Link, before: Node, after: Node) -> Link:
    path = list(link.path)
    if link.start == before.code:
        path[0] = after.position
    if link.end == before.code:
        path[-1] = after.position

    def renamed(name: str | None) -> str | None:
        return after.code if name == before.code else name

    return replace(link, path=tuple(path), start=renamed(link.start), end=renamed(link.end))
