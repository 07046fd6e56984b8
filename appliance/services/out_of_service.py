"""Sensors out of service for maintenance (ISA-18.2, 11.7): they raise no alarm, and come back by themselves."""

from dataclasses import replace
from typing import Final

from appliance.domain.ids import SensorId
from appliance.domain.instant import Instant
from appliance.domain.maintenance import PENDING, MaintenanceEntry
from appliance.domain.sensors import Sensor, SensorStatus
from appliance.ports.tables import Tables
from appliance.services.world import World

_NOT_TAKEN: Final = (SensorStatus.MAINTENANCE, SensorStatus.INACTIVE)
"""What a person has already put aside is left to that person."""


def take_out(tables: Tables, entry: MaintenanceEntry, now: Instant) -> MaintenanceEntry:
    """Take its sensor out of service if its window holds; gives the entry that remembers it."""
    if entry.status_before is not None or not entry.holds(now) or entry.sensor is None:
        return entry
    sensor = tables.sensors.get(entry.sensor)
    if sensor is None:
        return entry
    before = _before(tables, entry, sensor, now)
    if before in _NOT_TAKEN:
        return entry
    if sensor.status is not SensorStatus.MAINTENANCE:
        tables.sensors.change(replace(sensor, status=SensorStatus.MAINTENANCE, updated_at=now))
    return replace(entry, status_before=before)


def put_back(tables: Tables, entry: MaintenanceEntry, now: Instant) -> MaintenanceEntry:
    """Put its sensor back into service if its window no longer holds, and no other one does.

    A sensor whose status somebody has changed meanwhile stays as it is.
    """
    if entry.status_before is None or entry.holds(now):
        return entry
    sensor = None if entry.sensor is None else tables.sensors.get(entry.sensor)
    others = _others(tables, entry, entry.sensor, now)
    if sensor is not None and sensor.status is SensorStatus.MAINTENANCE and not others:
        tables.sensors.change(replace(sensor, status=entry.status_before, updated_at=now))
    return replace(entry, status_before=None)


def _before(tables: Tables, entry: MaintenanceEntry, sensor: Sensor, now: Instant) -> SensorStatus:
    """Give the status to come back to: that before the first of the windows that hold together."""
    others = _others(tables, entry, sensor.id, now)
    return (others[0].status_before if others else None) or sensor.status


def _others(
    tables: Tables, entry: MaintenanceEntry, sensor: SensorId | None, now: Instant
) -> list[MaintenanceEntry]:
    return [
        other
        for other in tables.maintenance.windows(now)
        if other.id != entry.id and other.sensor == sensor and other.status_before is not None
    ]


class OutOfService:
    """Looks each minute which windows have begun or are over."""

    def __init__(self, world: World) -> None:
        self._world = world

    async def look(self) -> int:
        """Take out and put back what is due; gives how many sensors changed."""
        municipalities = await self._world.operations.read_system(lambda t: t.municipalities())
        now = self._world.clock.now()

        def due(tables: Tables) -> list[MaintenanceEntry]:
            return [e for e in tables.maintenance.windows(now) if _is_due(e, now)]

        def change(tables: Tables) -> int:
            return sum(_settle(tables, entry, now) for entry in due(tables))

        changed = 0
        for municipality in municipalities:
            if await self._world.operations.read(municipality.id, due):
                changed += await self._world.operations.write(municipality.id, change)
        if changed:
            await self._world.directory.start()
            self._world.watching.poke()
        return changed


def _is_due(entry: MaintenanceEntry, now: Instant) -> bool:
    return entry.holds(now) == (entry.status_before is None) and (
        entry.status in PENDING or entry.status_before is not None
    )


def _settle(tables: Tables, entry: MaintenanceEntry, now: Instant) -> int:
    settled = take_out(tables, put_back(tables, entry, now), now)
    if settled == entry:
        return 0
    settled = replace(settled, version=entry.version + 1, updated_at=now)
    return int(tables.maintenance.put(settled, was=entry.version))
