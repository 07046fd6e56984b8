"""Do the devices report?"""

from typing import Final

from appliance.domain import instant
from appliance.domain.sensors import Sensor, SensorStatus
from appliance.health.base import Issue, Surroundings, in_earnest
from appliance.ports.operations import SystemTables

SILENT_AFTER: Final = 1 * instant.DAY
NAMED: Final = 5


async def check(surroundings: Surroundings) -> list[Issue]:
    """Give an issue for active sensors that have sent nothing for a day, or never."""
    world = surroundings.world
    sensors = await world.operations.read_system(_active)
    now = world.clock.now()
    silent = []
    for sensor in sensors:
        contact = world.watching.contacts.get(sensor.id)
        heard = contact.arrived if contact is not None else None
        if now - (heard or sensor.created_at) > SILENT_AFTER:
            silent.append(sensor)
    if not silent:
        return []
    names = ", ".join(sensor.device_id for sensor in silent[:NAMED])
    more = f" and {len(silent) - NAMED} more" if len(silent) > NAMED else ""
    return [
        Issue(
            "silent_sensors",
            "medium",
            f"{len(silent)} sensors have sent nothing for a day: {names}{more}",
            "look at their battery and reception, or set them to inactive",
        )
    ]


def _active(tables: SystemTables) -> list[Sensor]:
    return [
        sensor
        for municipality in in_earnest(tables)
        for sensor in tables.of(municipality.id).sensors.everything()
        if sensor.status is SensorStatus.ACTIVE
    ]
