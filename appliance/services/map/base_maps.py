"""The map below the network: one file for each municipality, and one that is common to all."""

import asyncio
from collections.abc import Callable
from pathlib import PurePath
from typing import BinaryIO, Final

from appliance.domain.access import (
    Actor,
    AdministerSystem,
    Grant,
    ManageSettings,
    SystemGrant,
    ViewNetwork,
)
from appliance.domain.errors import Conflict, NotFound
from appliance.domain.ids import NOBODY, MunicipalityId
from appliance.ports.map import BaseMap
from appliance.ports.operations import SystemTables
from appliance.ports.tables import Tables
from appliance.services.attachments import Upload
from appliance.services.world import World, must_take_files

LARGEST: Final = 64 << 30
"""Bytes. While the disk is too full for uploads, none is taken, however small."""


class BaseMaps:
    """Takes, gives and removes base maps."""

    def __init__(self, world: World) -> None:
        self._world = world

    async def used(self, grant: Grant[ViewNetwork]) -> BaseMap:
        """Give the municipality's own, else the common one; NotFound when there is neither."""
        found = await self._world.operations.read(grant.municipality, lambda t: t.base_maps.used())
        if found is None:
            raise NotFound(kind="base map", name="of this municipality")
        return found

    async def known(self, grant: Grant[ViewNetwork]) -> BaseMap | None:
        """Give what `used` gives, or None."""
        return await self._world.operations.read(grant.municipality, lambda t: t.base_maps.used())

    async def common(self, grant: SystemGrant[AdministerSystem]) -> BaseMap | None:
        """Give the one that is common to all; None where there is none."""
        del grant  # having it is the right
        return await self._world.operations.read_system(lambda s: s.nobody().base_maps.own())

    async def put(self, grant: Grant[ManageSettings], upload: Upload) -> BaseMap:
        """Have a file as the municipality's base map, instead of the one before."""
        owner = MunicipalityId(int(grant.municipality))

        def find(system: SystemTables) -> Tables:
            return system.of(grant.municipality)

        return await self._put(owner, grant.actor, upload, find)

    async def put_common(self, grant: SystemGrant[AdministerSystem], upload: Upload) -> BaseMap:
        """Have a file below the network of everybody who has none of their own."""
        return await self._put(NOBODY, grant.actor, upload, lambda system: system.nobody())

    async def remove(self, grant: Grant[ManageSettings]) -> None:
        """Remove the municipality's own; nothing happens when it has none."""
        await self._world.operations.write(grant.municipality, _remove)
        await self._sweep(MunicipalityId(int(grant.municipality)), "")

    async def remove_common(self, grant: SystemGrant[AdministerSystem]) -> None:
        """Remove the common one; nothing happens when there is none."""
        del grant  # having it is the right
        await self._world.operations.write_system(lambda system: _remove(system.nobody()))
        await self._sweep(NOBODY, "")

    async def open(self, found: BaseMap) -> BinaryIO:
        """Open the file of what `used` has given; whoever asked closes it. Reading it blocks."""
        must_be(found, "pmtiles")
        return await asyncio.to_thread(self._world.base_maps.open, found.municipality, found.file)

    async def tile(self, found: BaseMap, place: tuple[int, int, int]) -> bytes:
        """Give a tile z, x, y of what `used` has given; nothing where there is none."""
        must_be(found, "mbtiles")
        return await asyncio.to_thread(
            self._world.base_maps.tile, found.municipality, found.file, place
        )

    async def _put(
        self,
        owner: MunicipalityId,
        actor: Actor,
        upload: Upload,
        find: Callable[[SystemTables], Tables],
    ) -> BaseMap:
        must_take_files(self._world)
        files = self._world.base_maps
        facts = await asyncio.to_thread(files.look, upload.path)
        file = await asyncio.to_thread(files.keep, upload.path, owner, upload.sha256)
        made = BaseMap(
            municipality=owner,
            file=file,
            name=facts.title or PurePath(upload.name).name[:200] or facts.format,
            format=facts.format,
            tile_type=facts.tile_type,
            compression=facts.compression,
            size=upload.size,
            sha256=upload.sha256,
            least_zoom=facts.least_zoom,
            most_zoom=facts.most_zoom,
            bounds=facts.bounds,
            attribution=facts.attribution,
            added_by=actor.user,
            added_at=self._world.clock.now(),
        )
        await self._world.operations.write_system(lambda system: find(system).base_maps.put(made))
        await self._sweep(owner, file)
        return made

    async def _sweep(self, owner: MunicipalityId, kept: str) -> None:
        """Remove the owner's other files: what was before, and what a crash has left."""

        def sweep() -> None:
            for one in list(self._world.base_maps.all()):
                if one.municipality == owner and one.name != kept:
                    self._world.base_maps.remove(owner, one.name)

        await asyncio.to_thread(sweep)


def must_be(found: BaseMap, form: str) -> None:
    """Raise Conflict where a base map is asked for as what it is not."""
    if found.format != form:
        raise Conflict(what=f"this base map is {found.format}, not {form}: see GET /map/base")


def _remove(tables: Tables) -> None:
    if tables.base_maps.own() is not None:
        tables.base_maps.remove()
