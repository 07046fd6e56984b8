"""Edits of assets and zones, and taking them back."""

from typing import Literal

from msgspec import Struct

from appliance.domain.access import EditNetwork
from appliance.ports.map import Edit, EditPart
from appliance.services.noting_zones import is_of_zone
from web.asking import Ask, Reply
from web.paging import gather, listing
from web.routes import PREFIX, Route
from web.shapes import ListQuery, Time, time


class EditedAsset(Struct, frozen=True):
    """What an edit did to one asset or zone: `added`, `changed` or `removed`."""

    asset_id: int
    """Of a zone its own id."""
    code: str
    """Of a zone its name."""
    done: str
    kind: Literal["asset", "zone"] = "asset"


class EditOut(Struct, frozen=True):
    """What somebody did to assets or a zone in one go. An edit that was undone names the one that did."""

    id: int
    number: int
    at: Time
    by: int
    what: str
    undoes: int | None
    undone_by: int | None
    assets: list[EditedAsset]
    municipality_id: int


async def list_edits(ask: Ask[EditNetwork]) -> Reply:
    """Give a page of edits."""
    found, total = await gather(ask, ask.services.edits.page)
    return listing(ask, [edit_out(one) for one in found], total)


async def get_edit(ask: Ask[EditNetwork]) -> EditOut:
    """Give one edit."""
    edit = ask.path["edit"]
    return edit_out(await ask.found(lambda grant: ask.services.edits.get(grant, edit)))


async def undo(ask: Ask[EditNetwork]) -> EditOut:
    """Take an edit back, which is an edit itself; refused where something newer stands in the way."""
    edit = ask.path["edit"]
    return edit_out(await ask.found(lambda grant: ask.services.edits.undo(grant, edit)))


def edit_out(one: Edit) -> EditOut:
    """Write an edit."""
    return EditOut(
        id=one.id,
        number=one.number,
        at=time(one.at),
        by=one.by,
        what=one.what,
        undoes=one.undoes,
        undone_by=one.undone_by,
        assets=[_edited(part) for part in one.parts],
        municipality_id=one.municipality,
    )


def _edited(part: EditPart) -> EditedAsset:
    kind: Literal["asset", "zone"] = "zone" if is_of_zone(part) else "asset"
    return EditedAsset(part.asset, part.code, _done(part.before, part.after), kind)


def _done(before: str | None, after: str | None) -> str:
    if before is None:
        return "added"
    return "removed" if after is None else "changed"


_PATH = f"{PREFIX}/map/edits"

ROUTES = (
    Route(
        method="GET",
        path=_PATH,
        access=EditNetwork,
        handler=list_edits,
        query=ListQuery,
        answer=list[EditOut],
        summary="Edits of assets and zones that can be taken back, newest first (the newest 2,000)",
    ),
    Route(
        method="GET",
        path=f"{_PATH}/{{edit}}",
        access=EditNetwork,
        handler=get_edit,
        answer=EditOut,
        summary="One edit of assets or a zone",
    ),
    Route(
        method="POST",
        path=f"{_PATH}/{{edit}}/undo",
        access=EditNetwork,
        handler=undo,
        answer=EditOut,
        status=201,
        summary="Take an edit back; 409 where something newer stands in the way, naming it",
    ),
)
