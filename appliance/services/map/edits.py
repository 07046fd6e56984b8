"""Edits of assets and zones: what was done, and taking it back while nothing newer is in the way."""

from appliance.domain.access import EditNetwork, Grant
from appliance.domain.enclave import ZoneId
from appliance.domain.errors import Conflict, NotFound
from appliance.domain.ids import AssetId
from appliance.domain.instant import Instant
from appliance.domain.network import Asset, NetworkNode, Pipeline
from appliance.domain.sayings import saying
from appliance.ports.map import Edit, EditPart
from appliance.ports.pages import Page
from appliance.ports.tables import Tables
from appliance.services.assets import (
    SNAPS_WITHIN,
    metres,
    must_be_free,
    must_not_be_needed,
    put,
)
from appliance.services.noting import asset_of, new_edit, text_of
from appliance.services.noting_zones import is_of_zone, put_zone_back, zone_text
from appliance.services.world import World
from appliance.services.zones import must_have_place, must_have_room


class Edits:
    """Lists edits and takes them back. Taking one back is an edit, which can be taken back itself."""

    def __init__(self, world: World) -> None:
        self._world = world

    async def page(self, grant: Grant[EditNetwork], page: Page) -> tuple[list[Edit], int]:
        """Give one page, newest first, and how many there are."""
        return await self._world.operations.read(grant.municipality, lambda t: t.edits.page(page))

    async def get(self, grant: Grant[EditNetwork], edit: int) -> Edit:
        """Give one."""
        return await self._world.operations.read(grant.municipality, lambda t: found(t, edit))

    async def undo(self, grant: Grant[EditNetwork], edit: int) -> Edit:
        """Put back what was before, all of it or nothing; gives the edit that this is.

        Conflict, naming the asset, where something has been done to it since.
        """

        def change(tables: Tables) -> Edit:
            meant = found(tables, edit)
            _must_stand(tables, grant, meant)
            _put_back(tables, grant, meant)
            _put_zones_back(tables, grant, meant, self._world.clock.now())
            parts = tuple(
                EditPart(asset=p.asset, code=p.code, before=p.after, after=p.before)
                for p in reversed(meant.parts)
            )
            made = tables.edits.add(
                new_edit(self._world, grant, parts, what="undone", undoes=meant.id)
            )
            tables.edits.note_undone(meant.id, made.id)
            return made

        made = await self._world.operations.write(grant.municipality, change)
        if any(map(is_of_zone, made.parts)):
            await self._world.directory.start()
        return made


def found(tables: Tables, edit: int) -> Edit:
    """Give an edit, or raise NotFound."""
    there = tables.edits.get(edit)
    if there is None:
        raise NotFound(kind="edit", name=edit)
    return there


def _must_stand(tables: Tables, grant: Grant[EditNetwork], edit: Edit) -> None:
    """Raise Conflict unless everything is as the edit left it."""
    if edit.undone_by is not None:
        raise Conflict(what=saying("undone_already", "this edit has been undone already"))
    for part in edit.parts:
        _part_must_stand(tables, grant, edit, part)


def _part_must_stand(tables: Tables, grant: Grant[EditNetwork], edit: Edit, part: EditPart) -> None:
    of_zone = is_of_zone(part)
    now = None if of_zone else tables.assets.get(AssetId(part.asset))
    there = zone_text(tables, ZoneId(part.asset)) if of_zone else text_of(now)
    if there != part.after:
        raise Conflict(
            what=saying(
                "changed_since", "{name!r} has been changed since; undo that first", name=part.code
            )
        )
    if part.before is None or not isinstance(now, NetworkNode):
        return
    if _stays(asset_of(part.before, grant, part.asset), now):
        return
    own = {one.asset for one in edit.parts}
    for link in tables.assets.links_at(now.node.code):
        if link.id not in own:
            raise Conflict(
                what=saying(
                    "joined_since", "{name!r} has been joined to it since", name=link.link.code
                )
            )


def _stays(before: Asset, after: NetworkNode) -> bool:
    """Say whether a node keeps name and place, so that links need not follow it."""
    if not isinstance(before, NetworkNode):
        return True
    one, other = before.node, after.node
    return (one.code, one.position) == (other.code, other.position)


def _put_back(tables: Tables, grant: Grant[EditNetwork], edit: Edit) -> None:
    """Remove what was not there, links first, and put back what was, nodes first."""
    parts = [part for part in edit.parts if not is_of_zone(part)]
    gone = [tables.assets.get(AssetId(p.asset)) for p in parts if p.before is None]
    there = [asset for asset in gone if asset is not None]
    for asset in sorted(there, key=lambda one: isinstance(one, NetworkNode)):
        must_not_be_needed(tables, asset)
        tables.assets.remove(asset.id)
    back = [asset_of(p.before, grant, p.asset) for p in parts if p.before is not None]
    for asset in sorted(back, key=lambda one: isinstance(one, Pipeline)):
        must_be_free(tables, asset)
        put(tables, asset)
    for asset in back:
        if isinstance(asset, Pipeline):
            _must_be_joined(tables, asset)


def _put_zones_back(tables: Tables, grant: Grant[EditNetwork], edit: Edit, now: Instant) -> None:
    for part in filter(is_of_zone, edit.parts):
        if part.after is None:
            must_have_place(tables)
        put_zone_back(tables, grant, part, now)
        back = tables.zones.get(ZoneId(part.asset))
        if back is not None:
            must_have_room(tables, back)


def _must_be_joined(tables: Tables, asset: Pipeline) -> None:
    """Raise Conflict where a link would end at a node that has gone or moved away."""
    link = asset.link
    for node, end in ((link.start, link.path[0]), (link.end, link.path[-1])):
        there = tables.assets.node_coded(node) if node else None
        if node and (there is None or metres(there.node.position, end) > SNAPS_WITHIN):
            raise Conflict(what=f"{link.code!r} ended at {node!r}, which has gone or moved since")
