"""What happens by the clock to records: alerts come back from the shelf, sensors into service."""

from appliance.domain.instant import Instant
from appliance.domain.telling import LiveEvent
from appliance.domain.titles import SENTENCES
from appliance.flow import alerting
from appliance.ports.tables import Tables
from appliance.services.attachments import Attachments
from appliance.services.out_of_service import OutOfService
from appliance.services.world import World


class Housekeeping:
    """Regular work on what people have noted; each piece may run again at any time."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._out = OutOfService(world)
        self._attachments = Attachments(world)

    async def each_minute(self) -> None:
        """Let come back what is over, and go out what has begun."""
        await self._out.look()
        await self._unshelve()

    async def each_night(self) -> None:
        """Remove files that nothing refers to."""
        await self._attachments.sweep()

    async def _unshelve(self) -> None:
        now = self._world.clock.now()
        for municipality in await self._world.operations.read_system(lambda t: t.municipalities()):
            due = await self._world.operations.read(
                municipality.id, lambda t: t.alerts.shelved(now)
            )
            if due:
                events = await self._world.operations.write(
                    municipality.id, lambda t: _unshelve(t, now)
                )
                self._world.live.announce(events)


def _unshelve(tables: Tables, now: Instant) -> tuple[LiveEvent, ...]:
    events: tuple[LiveEvent, ...] = ()
    for alert in tables.alerts.shelved(now):
        present = tables.alerts.get(alert)
        if present is not None:
            note = SENTENCES["shelf_over"]
            _, more = alerting.shelve(tables, present, until=None, by=None, note=note, now=now)
            events += more
    return events
