"""A network from an uploaded file: looked at first, then taken by what `weir import network` uses."""

import asyncio
import zipfile
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final, TypeVar

from appliance.domain.access import EditNetwork, Grant
from appliance.domain.enclave import Enclave
from appliance.domain.errors import FileRefused, NotAllowed
from appliance.domain.network import NetworkModel
from appliance.domain.sensors import Position
from appliance.services.files.imports import import_network
from appliance.services.world import World, must_take_files

LARGEST_UNPACKED: Final = 256 * 2**20
"""Bytes that an archive may grow to; beyond it the file is refused before any of it is unpacked."""
MOST_DRAWN: Final = 5_000
"""Lines, and points, in a preview; beyond it every second one is left out, or more."""
MOST_CORNERS: Final = 12
"""Points of one line in a preview."""
_DIGITS: Final = 6
"""Of degrees: a tenth of a metre."""
Pair = tuple[float, float]
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Plan:
    """What an uploaded file has, or what was made of it."""

    model: NetworkModel
    added: int | None = None
    """None where it was only looked at."""
    replaced: int | None = None

    @property
    def kinds(self) -> dict[str, int]:
        """How many of each kind there are."""
        model = self.model
        kinds = [
            *(node.kind.value for node in model.nodes),
            *(link.kind.value for link in model.links),
        ]
        return dict(Counter(kinds))

    @property
    def bounds(self) -> tuple[float, float, float, float] | None:
        """West, south, east and north of everything."""
        places = [*(n.position for n in self.model.nodes)]
        places += [place for link in self.model.links for place in link.path]
        if not places:
            return None
        longitudes, latitudes = [p.longitude for p in places], [p.latitude for p in places]
        return min(longitudes), min(latitudes), max(longitudes), max(latitudes)

    @property
    def lines(self) -> list[list[Pair]]:
        """Links to draw, with few corners and at most MOST_DRAWN."""
        return [_pairs(_thinned(link.path, MOST_CORNERS)) for link in _some(self.model.links)]

    @property
    def points(self) -> list[Pair]:
        """Nodes to draw, at most MOST_DRAWN."""
        return _pairs(node.position for node in _some(self.model.nodes))


class NetworkImports:
    """Looks at network files and takes them; one at a time, because each is whole in memory."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._alone = asyncio.Lock()

    async def look(
        self, grant: Grant[EditNetwork], file: Path, name: str, crs: str | None, origin: str | None
    ) -> Plan:
        """Say what a file has; nothing is changed."""
        _must_see_all(grant)
        async with self._alone:
            return Plan(await self._read(file, name, crs, origin))

    async def take(
        self, grant: Grant[EditNetwork], file: Path, name: str, crs: str | None, origin: str | None
    ) -> Plan:
        """Add what is new, replace what has the same code, remove nothing."""
        _must_see_all(grant)
        async with self._alone:
            model = await self._read(file, name, crs, origin)
            report = await import_network(grant, self._world, model, lambda _: None)
        return Plan(model, report.figures["added"], report.figures["replaced"])

    async def _read(
        self, file: Path, name: str, crs: str | None, origin: str | None
    ) -> NetworkModel:
        must_take_files(self._world)
        shown = Path(name).name or "the upload"
        try:
            await asyncio.to_thread(_must_stay_small, file)
            model = await asyncio.to_thread(self._world.read_network, file, crs, origin)
        except FileRefused as refused:
            raise FileRefused(**{**refused.fields, "file": shown}) from None
        return replace(model, source=shown)


def _must_see_all(grant: Grant[EditNetwork]) -> None:
    if isinstance(grant.municipality, Enclave):
        raise NotAllowed(permission="import a network while limited to zones")


def _must_stay_small(file: Path) -> None:
    if not zipfile.is_zipfile(file):
        return
    with zipfile.ZipFile(file) as archive:
        size = sum(member.file_size for member in archive.infolist())
    if size > LARGEST_UNPACKED:
        raise FileRefused(
            file=file.name,
            problem=f"unpacked it would have {size:,} bytes",
            remedy="use `weir import network` at the computer",
        )


def _some(several: tuple[T, ...]) -> tuple[T, ...]:
    return several[:: -(-len(several) // MOST_DRAWN) or 1]


def _thinned(path: tuple[Position, ...], most: int) -> list[Position]:
    step = -(-(len(path) - 1) // (most - 1))
    return [*path[: -1 : max(1, step)], path[-1]]


def _pairs(places: Iterable[Position]) -> list[Pair]:
    return [(round(p.longitude, _DIGITS), round(p.latitude, _DIGITS)) for p in places]
