"""Has what is done to assets noted as an edit, in the transaction that does it."""

from collections.abc import Callable, Iterable
from typing import TypeVar

import msgspec

from appliance.domain.access import EditNetwork, Grant
from appliance.domain.ids import AssetId
from appliance.domain.network import Asset, Link, NetworkNode, Node, Pipeline
from appliance.ports.map import Edit, EditPart
from appliance.ports.tables import Tables
from appliance.services.world import World

T = TypeVar("T")


class _Kept(msgspec.Struct, omit_defaults=True):
    node: Node | None = None
    link: Link | None = None


def noted(
    world: World,
    grant: Grant[EditNetwork],
    tables: Tables,
    assets: Iterable[AssetId],
    change: Callable[[], T],
    *,
    what: str,
) -> T:
    """Make a change, and note what it did to these assets; nothing is noted where it did nothing."""
    before = {asset: tables.assets.get(asset) for asset in assets}
    result = change()
    parts = []
    for asset, was in before.items():
        now = tables.assets.get(asset)
        one, other = text_of(was), text_of(now)
        if one != other:
            called = code_of(now or was)
            parts.append(EditPart(asset=asset, code=called, before=one, after=other))
    if parts:
        tables.edits.add(new_edit(world, grant, tuple(parts), what=what))
    return result


def new_edit(
    world: World,
    grant: Grant[EditNetwork],
    parts: tuple[EditPart, ...],
    *,
    what: str,
    undoes: int | None = None,
) -> Edit:
    """Make an edit of now; the table gives it its number."""
    return Edit(
        id=world.ids.new_id(),
        municipality=grant.municipality,
        number=0,
        at=world.clock.now(),
        by=grant.actor.user,
        what=what,
        undoes=undoes,
        undone_by=None,
        parts=parts,
    )


def touched(tables: Tables, asset: Asset) -> list[AssetId]:
    """Give an asset and the links that follow it."""
    if isinstance(asset, NetworkNode):
        return [asset.id, *(link.id for link in tables.assets.links_at(asset.node.code))]
    return [asset.id]


def text_of(asset: Asset | None) -> str | None:
    """Write an asset as edits keep it; None where there is none."""
    if asset is None:
        return None
    kept = _Kept(node=asset.node) if isinstance(asset, NetworkNode) else _Kept(link=asset.link)
    return msgspec.json.encode(kept).decode()


def asset_of(text: str, grant: Grant[EditNetwork], asset: int) -> Asset:
    """Read an asset as edits keep it."""
    kept = msgspec.json.decode(text, type=_Kept)
    if kept.node is not None:
        return NetworkNode(id=AssetId(asset), municipality=grant.municipality, node=kept.node)
    if kept.link is None:
        raise AssertionError("an edit keeps a node or a link")
    return Pipeline(id=AssetId(asset), municipality=grant.municipality, link=kept.link)


def code_of(asset: Asset | None) -> str:
    """Give what an asset is called in the utility's books."""
    if asset is None:
        return ""
    return asset.node.code if isinstance(asset, NetworkNode) else asset.link.code
