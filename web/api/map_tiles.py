"""The map: what there is to draw, and its vector tiles."""

import gzip
from collections.abc import AsyncIterator

from msgspec import Struct

from appliance.domain.access import ViewNetwork
from appliance.services.map.layers import CLOSE_UP, LAYERS, NAMED_FROM
from appliance.services.map.mvt import MEDIA_TYPE
from appliance.services.map.places import MOST_ZOOM, Square
from web.asking import Ask, Reply
from web.files import NEVER_RUN
from web.routes import PREFIX, Route

GZIP = "gzip"
_ATTRIBUTION = "Network: your own records"
_FIELDS = {
    "pipes": ("code", "name", "kind", "status", "material", "diameter_m", "installed"),
    "assets": ("code", "name", "kind", "status"),
    "sensors": ("device_id", "name", "type", "status", "sensors"),
    "zones": ("name", "kind"),
    "zone_names": ("name", "kind"),
}
_GEOMETRY = {
    "pipes": "line",
    "assets": "point",
    "sensors": "point",
    "zones": "polygon",
    "zone_names": "point",
}


class MapLayer(Struct, frozen=True):
    """A layer of the tiles. From `ids_from` on each feature has an id; before, like ones are one."""

    id: str
    geometry: str
    count: int
    fields: tuple[str, ...]
    ids_from: int


class MapOut(Struct, frozen=True):
    """What there is on the map. `edition` is another one after any change; so is `tiles` then."""

    municipality_id: int
    edition: str
    tiles: str
    min_zoom: int
    max_zoom: int
    names_from: int
    bounds: tuple[float, float, float, float] | None
    """West, south, east, north; null when there is nothing yet."""
    layers: list[MapLayer]
    attribution: str


async def get_map(ask: Ask[ViewNetwork]) -> MapOut:
    """Say what there is on the map of a municipality."""
    grant = await ask.one()
    picture = await ask.services.tiles.picture(grant)
    box = picture.bounds
    whose = int(grant.municipality)
    return MapOut(
        municipality_id=whose,
        edition=picture.edition,
        tiles=f"{PREFIX}/map/tiles/{{z}}/{{x}}/{{y}}.mvt"
        f"?municipality_id={whose}&_edition={picture.edition}",
        min_zoom=0,
        max_zoom=MOST_ZOOM,
        names_from=NAMED_FROM,
        bounds=None if box is None else (box.west, box.south, box.east, box.north),
        layers=[
            MapLayer(
                id=layer,
                geometry=_GEOMETRY[layer],
                count=picture.counts[layer],
                fields=_FIELDS[layer],
                ids_from=CLOSE_UP if layer == "pipes" else 0,
            )
            for layer in LAYERS
        ],
        attribution=_ATTRIBUTION,
    )


async def get_tile(ask: Ask[ViewNetwork]) -> Reply:
    """Give a vector tile (MVT 2.1) with what the asker may see; an empty one where nothing is."""
    square = Square(ask.path["z"], ask.path["x"], ask.path["y"])
    tile = await ask.services.tiles.tile(await ask.one(), square)
    squeezed = accepts_gzip(ask)
    content = tile.content if squeezed else gzip.decompress(tile.content)
    return Reply(
        headers={
            "Content-Type": MEDIA_TYPE,
            "Content-Length": str(len(content)),
            **({"Content-Encoding": GZIP} if squeezed else {}),
            "ETag": f'"{tile.etag}"' if squeezed else f'"{tile.etag}-plain"',
            "Cache-Control": "private, no-cache",
            "Vary": "Accept-Encoding, Authorization, Cookie, Origin",
            **NEVER_RUN,
        },
        stream=at_once(content),
    )


def accepts_gzip(ask: Ask[ViewNetwork]) -> bool:
    """Say whether gzip may be sent (RFC 9110 12.5.3): tiles are kept compressed."""
    said = ask.headers.get("Accept-Encoding", "").replace(" ", "").lower()
    return any(
        part.partition(";")[0] in {GZIP, "*"} and not part.endswith((";q=0", ";q=0.0"))
        for part in said.split(",")
    )


async def at_once(content: bytes) -> AsyncIterator[bytes]:
    """Give a body that is there already."""
    if content:
        yield content


ROUTES = (
    Route(
        method="GET",
        path=f"{PREFIX}/map",
        access=ViewNetwork,
        handler=get_map,
        answer=MapOut,
        summary="What there is on the map: bounds, layers, edition, and where tiles are",
    ),
    Route(
        method="GET",
        path=f"{PREFIX}/map/tiles/{{z}}/{{x}}/{{y}}.mvt",
        access=ViewNetwork,
        handler=get_tile,
        gives_file=(MEDIA_TYPE,),
        summary="A vector tile: zones, pipes, assets and sensors (live values come by the stream)",
    ),
)
