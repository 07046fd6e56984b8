"""Vector tiles of one municipality, each made once for an edition of its network."""

import asyncio
import gzip
from dataclasses import dataclass
from hashlib import blake2b
from threading import Lock
from typing import Final, NamedTuple

from appliance.domain.access import Grant, ViewNetwork
from appliance.domain.enclave import ZoneId, enclave_of
from appliance.domain.ids import MunicipalityId
from appliance.ports.map import Changed, MapTable
from appliance.ports.pages import Box
from appliance.ports.tables import Tables
from appliance.services.map.kept import Kept
from appliance.services.map.layers import CLOSE_UP, close_up, seen_in
from appliance.services.map.mvt import Layer, tile
from appliance.services.map.overview import Overview, brought_up, overview_of
from appliance.services.map.places import Square
from appliance.services.world import World

MOST_TILES_KEPT: Final = 64 << 20
"""Bytes of tiles; the longest unused is made anew when somebody asks for it again."""
MOST_OVERVIEWS_KEPT: Final = 128 << 20
BY_INDEX: Final = 16
"""From this zoom on a tile after an edit is made by SpatiaLite's index, so that drawing stays quick:
its few rows are sooner read than a whole network."""
AT_ONCE: Final = 2
"""Tiles being made; the others wait, so that a thread of the database is left for everybody else."""
_SQUEEZE: Final = 4
"""Of gzip 1 to 9: half the time of the usual 6, for tiles that are a twentieth larger."""
_OVERHEAD: Final = 200
_FORM: Final = 2
"""Counts up when tiles of the same network become others, so that no browser keeps the former ones."""

Sight = tuple[MunicipalityId, frozenset[ZoneId] | None]
"""What somebody sees: a municipality, or some of its zones."""


@dataclass(frozen=True, slots=True)
class Tile:
    """A tile, compressed with gzip."""

    etag: str
    content: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Picture:
    """What there is on the map of a municipality."""

    edition: str
    bounds: Box | None
    counts: dict[str, int]


class Held(NamedTuple):
    """A network as it was read, after so many changes."""

    edition: int
    upto: int
    overview: Overview


class Tiles:
    """Makes tiles in the threads that read the database: nobody else waits for it."""

    def __init__(self, world: World) -> None:
        self._operations = world.operations
        self._tiles = Kept[tuple[Sight, int, Square], Tile](MOST_TILES_KEPT)
        self._overviews = Kept[Sight, Held](MOST_OVERVIEWS_KEPT)
        self._reading = Lock()
        self._room = asyncio.Semaphore(AT_ONCE)

    async def picture(self, grant: Grant[ViewNetwork]) -> Picture:
        """Say what there is, and in which edition."""
        sight = sight_of(grant.municipality)

        def query(tables: Tables) -> Picture:
            edition = etag_of(sight, tables.map.edition(), "")
            return Picture(edition=edition, bounds=tables.map.bounds(), counts=tables.map.counts())

        return await self._operations.read(grant.municipality, query)

    async def tile(self, grant: Grant[ViewNetwork], square: Square) -> Tile:
        """Give a tile as of the last commit."""
        sight = sight_of(grant.municipality)
        async with self._room:
            return await self._operations.read(
                grant.municipality, lambda tables: self._tile(tables, sight, square)
            )

    def _tile(self, tables: Tables, sight: Sight, square: Square) -> Tile:
        edition = tables.map.edition()
        key = (sight, edition, square)
        kept = self._tiles.get(key)
        if kept is not None:
            return kept
        layers = self._layers(tables.map, sight, edition, square)
        content = gzip.compress(tile(layers), _SQUEEZE, mtime=0)
        made = Tile(etag_of(sight, edition, f"{square.z}/{square.x}/{square.y}"), content)
        self._tiles.put(key, made, len(content) + _OVERHEAD)
        return made

    def _layers(self, table: MapTable, sight: Sight, edition: int, square: Square) -> list[Layer]:
        if square.z < CLOSE_UP:
            return self._overview(table, sight, edition).from_afar(table, square)
        kept = self._overviews.get(sight)
        if square.z >= BY_INDEX and (kept is None or kept.edition != edition):
            return close_up(table, square, seen_in(table, square))
        seen = self._overview(table, sight, edition).seen_in(square)
        return close_up(table, square, seen)

    def _overview(self, table: MapTable, sight: Sight, edition: int) -> Overview:
        with self._reading:  # of two who need it one reads it
            kept = self._overviews.get(sight)
            if kept is not None and kept.edition == edition:
                return kept.overview
            changed = None if kept is None else _changed(table, sight, kept)
            if kept is None or changed is None:
                held = Held(edition, table.changes(), overview_of(table))
            else:
                made = brought_up(table, kept.overview, changed)
                held = Held(edition, changed.upto, made)
            self._overviews.put(sight, held, held.overview.size)
            return held.overview


def _changed(table: MapTable, sight: Sight, held: Held) -> Changed | None:
    """Say what has to be read; None: all, as for whom also a change of a zone shows other things."""
    return table.changed(held.upto) if sight[1] is None else None


def sight_of(municipality: MunicipalityId) -> Sight:
    """Say what a grant lets somebody see."""
    enclave = enclave_of(municipality)
    return MunicipalityId(int(municipality)), None if enclave is None else enclave.zones


def etag_of(sight: Sight, edition: int, of: str) -> str:
    """Name what somebody sees of an edition; who sees something else has another name for it."""
    municipality, zones = sight
    seen = "all" if zones is None else ",".join(map(str, sorted(zones)))
    text = f"{_FORM} {municipality} {seen} {edition} {of}"
    return blake2b(text.encode(), digest_size=9).hexdigest()
