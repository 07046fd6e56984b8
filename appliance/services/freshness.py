"""Read your own writes: a device that was answered 201 is on the next page somebody fetches."""

from appliance.services.world import World


class Freshness:
    """Waits until the views have caught up with the journal, at most 2 s each.

    A view that is further behind (after a restart, say) is shown as it is rather than not at all.
    """

    def __init__(self, world: World) -> None:
        self._world = world

    async def history(self) -> None:
        """Wait until every durable reading can be queried."""
        if self._world.history.applied < self._world.journal.last:
            await self._world.history.settled(self._world.journal.last)

    async def watch(self) -> None:
        """Wait until ledger, alerts and contacts say what every durable reading meant.

        The ledger also counts whoever was refused before.
        """
        await self._world.intake.refusals_kept()
        await self._world.watching.settled(self._world.journal.last)
