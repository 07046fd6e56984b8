"""Screens that stay open: who may join which live stream."""

from appliance.domain.access import AdministerSystem, Grant, SystemGrant, ViewNetwork
from appliance.domain.ids import MunicipalityId
from appliance.domain.telling import Cursor, LiveEvent
from appliance.ports.live import LiveClient
from appliance.services.audit.recording import author
from appliance.services.world import World

Joined = tuple[LiveClient, tuple[LiveEvent, ...], bool]


class Screens:
    """Joins screens to the live stream of one municipality, or of all."""

    def __init__(self, world: World) -> None:
        self._world = world

    async def join(self, grant: Grant[ViewNetwork], *, replay: int, since: Cursor | None) -> Joined:
        """Join one municipality; NotFound when there is none."""
        await self._world.operations.read(grant.municipality, lambda t: t.municipality)
        await self._looked({grant.municipality})
        return await self._world.live.join(grant.municipality, replay=replay, since=since)

    async def join_all(
        self, grant: SystemGrant[AdministerSystem], *, replay: int, since: Cursor | None
    ) -> Joined:
        """Join all municipalities."""
        del grant
        everywhere = await self._world.operations.read_system(lambda t: t.municipalities())
        await self._looked({municipality.id for municipality in everywhere})
        return await self._world.live.join(None, replay=replay, since=since)

    async def _looked(self, into: set[MunicipalityId]) -> None:
        who = author()
        if who.looks_in:
            await self._world.audit.looked(who, into)
