"""The base map: its file, read by parts (PMTiles) or by tiles (MBTiles)."""

import asyncio
import re
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Annotated, BinaryIO, Final

from msgspec import Meta, Struct

from appliance.domain.access import AdministerSystem, ManageSettings, ViewNetwork
from appliance.ports.map import BaseMap
from appliance.services.map.base_maps import LARGEST
from appliance.services.map.places import Square
from web.api.map_tiles import at_once
from web.asking import Ask, Reply
from web.files import BLOCK, NEVER_RUN
from web.routes import PREFIX, Route
from web.shapes import Time, time

MEDIA_TYPES: Final = (
    "application/vnd.pmtiles",
    "application/vnd.mapbox-vector-tile",
    "application/vnd.sqlite3",
    "application/octet-stream",
)
_TILES: Final = ("application/vnd.mapbox-vector-tile", "image/png", "image/jpeg", "image/webp")
_RANGE: Final = re.compile(r"bytes=(\d{0,18})-(\d{0,18})")
_VARY: Final = "Authorization, Cookie, Origin"


class FileQuery(Struct, frozen=True):
    """How a file is called that comes without a form."""

    name: Annotated[str, Meta(max_length=300)] = ""


class BaseMapOut(Struct, frozen=True):
    """A base map. `url` is its file (pmtiles, by Range) or where its tiles are (mbtiles)."""

    name: str
    format: str
    tile_type: str
    url: str
    common: bool
    size: int
    min_zoom: int
    max_zoom: int
    bounds: tuple[float, float, float, float]
    attribution: str
    added_by: int
    added_at: Time


async def get_base(ask: Ask[ViewNetwork]) -> BaseMapOut | None:
    """Say which base map a municipality has: its own, else the common one; null without one."""
    found = await ask.services.base_maps.known(await ask.one())
    return None if found is None else base_out(found)


async def get_common(ask: Ask[AdministerSystem]) -> BaseMapOut | None:
    """Say which base map is common to all; null without one."""
    found = await ask.services.base_maps.common(ask.system())
    return None if found is None else base_out(found)


async def put_base(ask: Ask[ManageSettings]) -> BaseMapOut:
    """Have a PMTiles or MBTiles file below the network."""
    return base_out(await ask.services.base_maps.put(await ask.one(), ask.file))


async def remove_base(ask: Ask[ManageSettings]) -> None:
    """Remove the municipality's own base map."""
    await ask.services.base_maps.remove(await ask.one())


async def put_common(ask: Ask[AdministerSystem]) -> BaseMapOut:
    """Have a file below the network of everybody who has none of their own."""
    return base_out(await ask.services.base_maps.put_common(ask.system(), ask.file))


async def remove_common(ask: Ask[AdministerSystem]) -> None:
    """Remove the common base map."""
    await ask.services.base_maps.remove_common(ask.system())


async def get_file(ask: Ask[ViewNetwork]) -> Reply:
    """Give a PMTiles file, or the part that a Range asks for (RFC 9110 14)."""
    maps = ask.services.base_maps
    found = await maps.used(await ask.one())
    file = await maps.open(found)
    file.close()  # it is there, and of the right format
    tag = f'"{found.sha256.hex()}"'
    headers = {
        "Content-Type": "application/vnd.pmtiles",
        "Accept-Ranges": "bytes",
        "ETag": tag,
        "Cache-Control": "private, no-cache",
        "Vary": _VARY,
        **NEVER_RUN,
    }
    said = ask.headers.get("Range", "")
    if ask.headers.get("If-Range", tag) != tag:  # 13.1.5: of another file no part is of use
        said = ""
    part = part_of(said, found.size)
    if part is None:
        refused = headers | {"Content-Range": f"bytes */{found.size}", "Content-Length": "0"}
        return Reply(status=416, headers=refused, stream=at_once(b""))
    first, length = part
    headers["Content-Length"] = str(length)
    status = 200
    if length != found.size or said:
        status = 206
        headers["Content-Range"] = f"bytes {first}-{first + length - 1}/{found.size}"
    return Reply(status=status, headers=headers, stream=piece(lambda: maps.open(found), *part))


async def get_tile(ask: Ask[ViewNetwork]) -> Reply:
    """Give a tile of an MBTiles file; an empty one where it has none."""
    square = Square(ask.path["z"], ask.path["x"], ask.path["y"])
    found = await ask.services.base_maps.used(await ask.one())
    content = await ask.services.base_maps.tile(found, (square.z, square.x, square.y))
    headers = {
        "Content-Type": found.tile_type,
        "Content-Length": str(len(content)),
        "ETag": f'"{found.sha256.hex()[:24]}-{square.z}-{square.x}-{square.y}"',
        "Cache-Control": "private, no-cache",
        "Vary": _VARY,
        **NEVER_RUN,
    }
    if content[:2] == b"\x1f\x8b":
        headers["Content-Encoding"] = "gzip"
    return Reply(headers=headers, stream=at_once(content))


def part_of(said: str, size: int) -> tuple[int, int] | None:
    """Give first byte and length of what a Range means; None where there is none of it (14.1.2).

    All of it where no Range was said, or one that is not known: several parts, or other units.
    """
    found = _RANGE.fullmatch(said.replace(" ", ""))
    if found is None or not any(found.groups()):
        return 0, size
    first, last = found.groups()
    if not first:
        length = min(int(last), size)
        return (size - length, length) if length else None
    begin = int(first)
    end = min(int(last), size - 1) if last else size - 1
    if last and int(last) < begin:
        return 0, size  # it is no range at all (14.1.1)
    return (begin, end - begin + 1) if begin < size else None


async def piece(
    opening: Callable[[], Awaitable[BinaryIO]], first: int, length: int
) -> AsyncIterator[bytes]:
    """Give a part of a file block by block; it is opened with the first, and closed after the last."""
    file = await opening()
    try:
        await asyncio.to_thread(file.seek, first)
        while length and (block := await asyncio.to_thread(file.read, min(BLOCK, length))):
            length -= len(block)
            yield block
    finally:
        file.close()


def base_out(one: BaseMap) -> BaseMapOut:
    """Write what is known of a base map."""
    box = one.bounds
    ending = "file.pmtiles" if one.format == "pmtiles" else "{z}/{x}/{y}"
    return BaseMapOut(
        name=one.name,
        format=one.format,
        tile_type=one.tile_type,
        url=f"{_PATH}/{ending}",
        common=not one.municipality,
        size=one.size,
        min_zoom=one.least_zoom,
        max_zoom=one.most_zoom,
        bounds=(box.west, box.south, box.east, box.north),
        attribution=one.attribution,
        added_by=one.added_by,
        added_at=time(one.added_at),
    )


_PATH: Final = f"{PREFIX}/map/base"
_COMMON: Final = f"{PREFIX}/admin/map/base"

ROUTES = (
    Route(
        method="GET",
        path=_PATH,
        access=ViewNetwork,
        handler=get_base,
        answer=BaseMapOut | None,
        summary="The base map: the municipality's own, else the common one; null without one",
    ),
    Route(
        method="PUT",
        path=_PATH,
        access=ManageSettings,
        handler=put_base,
        query=FileQuery,
        answer=BaseMapOut,
        largest_body=LARGEST,
        takes_file=MEDIA_TYPES,
        summary="Put a PMTiles 3 or MBTiles file below the network, instead of the one before",
    ),
    Route(
        method="DELETE",
        path=_PATH,
        access=ManageSettings,
        handler=remove_base,
        status=204,
        summary="Remove the municipality's own base map",
    ),
    Route(
        method="GET",
        path=f"{_PATH}/file.pmtiles",
        access=ViewNetwork,
        handler=get_file,
        gives_file=("application/vnd.pmtiles",),
        summary="The PMTiles file, whole or the part that a Range asks for (206)",
    ),
    Route(
        method="GET",
        path=f"{_PATH}/{{z}}/{{x}}/{{y}}",
        access=ViewNetwork,
        handler=get_tile,
        gives_file=_TILES,
        summary="A tile of the MBTiles file",
    ),
    Route(
        method="GET",
        path=_COMMON,
        access=AdministerSystem,
        handler=get_common,
        answer=BaseMapOut | None,
        summary="The base map that is common to all municipalities; null without one",
    ),
    Route(
        method="PUT",
        path=_COMMON,
        access=AdministerSystem,
        handler=put_common,
        query=FileQuery,
        answer=BaseMapOut,
        largest_body=LARGEST,
        takes_file=MEDIA_TYPES,
        summary="Put a file below the network of every municipality that has none of its own",
    ),
    Route(
        method="DELETE",
        path=_COMMON,
        access=AdministerSystem,
        handler=remove_common,
        status=204,
        summary="Remove the common base map",
    ),
)
