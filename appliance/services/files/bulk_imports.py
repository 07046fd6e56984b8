"""Imports over HTTP: a file at once or not at all, tried before it is done, each refused line told."""

import asyncio
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Final, TypeVar

from appliance.domain.access import EditNetwork, Grant, ManageDevices
from appliance.domain.devices import key_digest
from appliance.domain.errors import FileRefused, WeirError
from appliance.domain.ids import AssetId
from appliance.domain.network import Asset, LinkKind
from appliance.domain.sensors import Sensor
from appliance.domain.work import RefusedLine
from appliance.ports.tables import Tables
from appliance.services.assets import draft_of, keep_joined, made_asset, what
from appliance.services.files.asset_files import MOST, Found, Numbered
from appliance.services.files.csv_rows import BadLine, CsvFile, Layout, excerpt
from appliance.services.files.sensor_rows import OPTIONAL, REQUIRED, SensorRows
from appliance.services.world import World, must_take_files

SHOWN: Final = 1_000
"""Refused lines that an answer names; the figures count them all."""
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class AddedLine:
    """A line that was taken. `api_key` is a new device's, shown this once."""

    line: int
    id: int
    name: str
    api_key: str = ""


@dataclass(slots=True)
class Outcome:
    """What came of a file, or would."""

    figures: dict[str, int] = field(default_factory=lambda: {"added": 0, "replaced": 0})
    refused: list[RefusedLine] = field(default_factory=list)
    added: list[AddedLine] = field(default_factory=list)
    is_done: bool = False

    def refuse(self, line: RefusedLine) -> None:
        """Note a line that was not taken."""
        self.figures["refused"] = self.figures.get("refused", 0) + 1
        if len(self.refused) < SHOWN:
            self.refused.append(line)


@dataclass(frozen=True, slots=True)
class Wish:
    """How an import goes: tried only, or with the good lines kept although others are refused."""

    dry_run: bool = False
    partial: bool = False


class _NotDone(Exception):
    """Takes a transaction back; what it found stays."""


class BulkImports:
    """Imports in one transaction: all of a file, or with `partial` its good lines, or nothing."""

    def __init__(self, world: World) -> None:
        self._world = world

    async def sensors(self, grant: Grant[ManageDevices], source: Path, wish: Wish) -> Outcome:
        """Add the sensors of a CSV file as `weir import sensors` takes it, each with a new key."""
        must_take_files(self._world)
        layout, lines = await asyncio.to_thread(_lines, source)

        def add(tables: Tables) -> Outcome:
            return self._add_sensors(grant, tables, layout, lines)

        outcome = await self._all_or_nothing(grant, add, wish)
        if outcome.is_done:
            await self._world.directory.start()
            self._world.watching.poke()
        return outcome

    async def assets(
        self, grant: Grant[EditNetwork], read: Callable[[], Iterator[Found]], wish: Wish
    ) -> Outcome:
        """Add what is new, replace what has the same code, remove nothing."""
        must_take_files(self._world)
        found = await asyncio.to_thread(lambda: list(read()))

        def merge(tables: Tables) -> Outcome:
            return self._merge(grant, tables, found)

        return await self._all_or_nothing(grant, merge, wish)

    async def _all_or_nothing(
        self,
        grant: Grant[EditNetwork] | Grant[ManageDevices],
        work: Callable[[Tables], Outcome],
        wish: Wish,
    ) -> Outcome:
        kept: list[Outcome] = []

        def change(tables: Tables) -> Outcome:
            outcome = work(tables)
            kept.append(outcome)
            if wish.dry_run or (outcome.refused and not wish.partial):
                raise _NotDone
            return outcome

        try:
            outcome = await self._world.operations.write(grant.municipality, change)
        except _NotDone:
            return kept[-1]
        outcome.is_done = True
        return outcome

    def _add_sensors(
        self,
        grant: Grant[ManageDevices],
        tables: Tables,
        layout: Layout,
        lines: list[tuple[int, str]],
    ) -> Outcome:
        outcome = Outcome()
        rows = SensorRows(
            tables=tables,
            municipality=grant.municipality,
            layout=layout,
            seen={},
            new_id=self._world.ids.new_id,
            now=self._world.clock.now(),
        )
        good: list[tuple[Sensor, bytes]] = []
        for number, line in lines:
            try:
                sensor = rows.sensor(number, layout.fields(line))
            except BadLine as bad:
                outcome.refuse(RefusedLine(number, str(bad), excerpt(line)))
                continue
            key = self._world.ids.new_secret()
            good.append((sensor, key_digest(key)))
            outcome.added.append(AddedLine(number, sensor.id, sensor.device_id, key))
        tables.sensors.add(good)
        outcome.figures["added"] = len(good)
        return outcome

    def _merge(self, grant: Grant[EditNetwork], tables: Tables, found: list[Found]) -> Outcome:
        merging = _Merging(grant, tables, self._world.ids.new_id)
        for one in found:
            if isinstance(one, RefusedLine):
                merging.outcome.refuse(one)
        for links in (False, True):  # so that links find the nodes that they join
            merging.put([o for o in found if isinstance(o, Numbered) and _is_link(o) is links])
        merging.outcome.refused.sort(key=lambda line: line.line)
        return merging.outcome


class _Merging:
    """Puts the assets of one file into one transaction."""

    def __init__(
        self, grant: Grant[EditNetwork], tables: Tables, new_id: Callable[[], int]
    ) -> None:
        self.outcome = Outcome()
        self._grant = grant
        self._tables = tables
        self._new_id = new_id

    def put(self, several: list[Numbered]) -> None:
        """Add or replace nodes, or links, whose codes are in the file only once."""
        seen: dict[str, int] = {}
        made: list[Asset] = []
        moved: list[tuple[Asset, Asset]] = []
        for one in several:
            try:
                before, after = self._made(one, seen)
            except (WeirError, BadLine) as error:
                self.outcome.refuse(RefusedLine(one.line, str(error), one.excerpt))
                continue
            made.append(after)
            if before is not None:
                moved.append((before, after))
        if made:
            self._tables.assets.put_all(made)
        for before, after in moved:
            keep_joined(self._tables, before, after)

    def _made(self, one: Numbered, seen: dict[str, int]) -> tuple[Asset | None, Asset]:
        code, draft = one.draft.code or "", one.draft
        if code in seen:
            raise BadLine(f"{code!r} is already in {seen[code]}")
        seen[code] = one.line
        find = self._tables.assets.link_coded if _is_link(one) else self._tables.assets.node_coded
        same: Asset | None = find(code)
        asset = AssetId(self._new_id()) if same is None else same.id
        if not draft.path and same is not None:
            draft = replace(draft, path=draft_of(same).path)
        made = made_asset(self._grant, self._tables, draft, asset)
        if same is None:
            self.outcome.added.append(AddedLine(one.line, asset, f"{what(made)} {code}"))
        self.outcome.figures["added" if same is None else "replaced"] += 1
        return same, made


def _lines(source: Path) -> tuple[Layout, list[tuple[int, str]]]:
    file = CsvFile(source, REQUIRED, OPTIONAL)
    try:
        lines: list[tuple[int, str]] = []
        for block in file.blocks():
            lines += block.numbered()
            if len(lines) > MOST:
                raise FileRefused(
                    file="the upload",
                    problem=f"it has more than {MOST:,} lines",
                    remedy="send it in parts, or use `weir import sensors` at the computer",
                )
        return file.layout, lines
    finally:
        file.close()


def _is_link(one: Numbered) -> bool:
    return one.draft.kind in set(LinkKind)
