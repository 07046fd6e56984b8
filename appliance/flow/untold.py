"""Tells screens what was committed and never announced.

Whoever changes an alert or incident announces it after the commit. Where that does not happen, say
because the request was cut off between the two, screens would wait for the missing number and hear
nothing of what comes after it.
"""

import asyncio
from functools import partial
from typing import Final

from appliance.domain.ids import MunicipalityId
from appliance.domain.telling import LiveEvent
from appliance.flow.live import LiveHub
from appliance.ports.operations import Operations, SystemTables

LOOK_EVERY: Final = 1.0
"""Seconds. What is missing at two looks in a row will not be announced by anybody else."""
MOST_AT_ONCE: Final = 1_000

Numbers = dict[MunicipalityId, int]


class Untold:
    """Compares what has been told with the event log."""

    def __init__(self, operations: Operations, hub: LiveHub) -> None:
        self._operations = operations
        self._hub = hub
        self._logged: Numbers = {}
        """Each municipality's newest event at the last look."""

    async def run(self) -> None:
        """Look again and again, until cancelled."""
        while True:
            await asyncio.sleep(LOOK_EVERY)
            await self.look()

    async def look(self) -> None:
        """Announce what was in the log already at the last look and has not been told since."""
        told = {municipality: self._hub.told(municipality) for municipality in self._logged}
        query = partial(_look, told=told, logged=self._logged)
        self._logged, missing = await self._operations.read_system(query)
        self._hub.announce(tuple(missing))


def _look(tables: SystemTables, told: Numbers, logged: Numbers) -> tuple[Numbers, list[LiveEvent]]:
    newest: Numbers = {}
    missing: list[LiveEvent] = []
    for municipality in tables.municipalities():
        events = tables.of(municipality.id).events
        newest[municipality.id] = events.last_number()
        after = told.get(municipality.id, 0)
        count = min(logged.get(municipality.id, 0) - after, MOST_AT_ONCE)
        if count > 0:
            missing += events.after(after, count)
    return newest, missing
