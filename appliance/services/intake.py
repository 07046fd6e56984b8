"""What became of everything that devices sent: the ledger, and what was not taken."""

from appliance.domain.access import AdministerSystem, Grant, InspectIntake, SystemGrant
from appliance.domain.ids import DeviceId
from appliance.domain.instant import MINUTE, Instant
from appliance.domain.readings import Counts, Rejection
from appliance.ports.pages import Page
from appliance.services.freshness import Freshness
from appliance.services.readings import Span
from appliance.services.world import World


class IntakeBook:
    """Shows the ledger and rejected messages; what was answered before the call is in them."""

    def __init__(self, world: World, freshness: Freshness) -> None:
        self._world = world
        self._freshness = freshness

    async def ledger(self, grant: Grant[InspectIntake], span: Span) -> Counts:
        """Add up a span of time, from the beginning of its first minute."""
        await self._freshness.watch()
        since, until = _whole_minutes(span)
        return await self._world.operations.read(
            grant.municipality, lambda t: t.ledger.sum(since=since, until=until)
        )

    async def unclaimed_ledger(self, grant: SystemGrant[AdministerSystem], span: Span) -> Counts:
        """Add up what came from devices that nobody here owns."""
        del grant
        await self._freshness.watch()
        since, until = _whole_minutes(span)
        return await self._world.operations.read_system(
            lambda t: t.nobody().ledger.sum(since=since, until=until)
        )

    async def rejections(
        self,
        grant: Grant[InspectIntake],
        device: DeviceId | None,
        page: Page,
        search: str | None = None,
    ) -> tuple[list[Rejection], int]:
        """Give one page, newest first, and how many are kept."""
        await self._freshness.watch()
        return await self._world.operations.read(
            grant.municipality, lambda t: t.ledger.rejections(device, page, search)
        )

    async def unclaimed_rejections(
        self,
        grant: SystemGrant[AdministerSystem],
        device: DeviceId | None,
        page: Page,
        search: str | None = None,
    ) -> tuple[list[Rejection], int]:
        """Give what came from devices that nobody here owns."""
        del grant
        await self._freshness.watch()
        return await self._world.operations.read_system(
            lambda t: t.nobody().ledger.rejections(device, page, search)
        )


def _whole_minutes(span: Span) -> tuple[Instant, Instant]:
    return Instant(span.since - span.since % MINUTE), span.until
