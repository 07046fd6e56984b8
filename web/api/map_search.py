"""One field that finds everything with a name; and the story of one asset."""

from typing import Annotated

from msgspec import Meta, Struct

from appliance.domain.access import ViewNetwork
from appliance.domain.ids import AssetId
from appliance.domain.sensors import Position
from appliance.ports.map import Found
from appliance.services.map.asset_stories import Chapter
from appliance.services.map.search import KINDS
from web.asking import Ask
from web.routes import PREFIX, Route
from web.shapes import Point, Time, point, time

Kind = Annotated[str, Meta(pattern=f"^({'|'.join(KINDS)})$", extra_json_schema={"enum": [*KINDS]})]


class FindQuery(Struct, frozen=True):
    """What is looked for: words that names begin with, whatever case and accents."""

    q: Annotated[str, Meta(max_length=200)] = ""
    kind: tuple[Kind, ...] = ()
    """Only these; all where none is named."""
    limit: Annotated[int, Meta(ge=1, le=50)] = 10
    """How many of each kind at most."""


class FoundOut(Struct, frozen=True):
    """Something found. `subtype` is a sensor's status, an asset's kind, an alert's severity, and so on."""

    kind: str
    id: int
    name: str
    detail: str
    subtype: str
    location: Point | None
    municipality_id: int


class StoryQuery(Struct, frozen=True):
    """How far back."""

    limit: Annotated[int, Meta(ge=1, le=500)] = 100


class ChapterOut(Struct, frozen=True):
    """Something that happened. `metres` is how far away, where it is told for being near only."""

    kind: str
    id: int
    at: Time
    by: int | None
    what: str
    status: str
    metres: float | None


async def search(ask: Ask[ViewNetwork]) -> list[FoundOut]:
    """Find sensors, assets, pipes, zones, incidents and alerts by name or id."""
    found: list[FoundOut] = []
    for grant in await ask.every():
        there = await ask.services.search.find(
            grant, ask.query.q, tuple(ask.query.kind), ask.query.limit
        )
        found += [found_out(one, int(grant.municipality)) for one in there]
    order = {kind: number for number, kind in enumerate(KINDS)}
    return sorted(found, key=lambda one: order[one.kind])


async def story(ask: Ask[ViewNetwork]) -> list[ChapterOut]:
    """Tell what happened to an asset: work, alerts, incidents at it or near it, and edits."""
    asset = AssetId(ask.path["asset"])
    chapters = await ask.found(
        lambda grant: ask.services.asset_stories.of(grant, asset, ask.query.limit)
    )
    return [chapter_out(one) for one in chapters]


def found_out(one: Found, municipality: int) -> FoundOut:
    """Write something found."""
    there = one.longitude is not None and one.latitude is not None
    return FoundOut(
        kind=one.kind,
        id=one.id,
        name=one.name,
        detail=one.detail,
        subtype=one.subtype,
        location=point(Position(one.longitude or 0.0, one.latitude or 0.0)) if there else None,
        municipality_id=municipality,
    )


def chapter_out(one: Chapter) -> ChapterOut:
    """Write something that happened."""
    return ChapterOut(
        kind=one.kind,
        id=one.id,
        at=time(one.at),
        by=one.by,
        what=one.what,
        status=one.status,
        metres=one.metres,
    )


ROUTES = (
    Route(
        method="GET",
        path=f"{PREFIX}/search",
        access=ViewNetwork,
        handler=search,
        query=FindQuery,
        answer=list[FoundOut],
        summary="Find anything by name, code or device id, with its place on the map",
    ),
    Route(
        method="GET",
        path=f"{PREFIX}/network/assets/{{asset}}/history",
        access=ViewNetwork,
        handler=story,
        query=StoryQuery,
        answer=list[ChapterOut],
        summary="The story of an asset, newest first: work, alerts, incidents and edits",
    ),
)
