"""The rows of the longest list, written once for as long as they stay the same."""

import asyncio
from collections.abc import Callable, Iterable
from typing import Any, Final

import msgspec

from appliance.domain.ids import SensorId
from appliance.domain.sensors import LastContact, Sensor

MOST: Final = 50_000
"""Rows that are kept (half a kilobyte each); full forgets all, which costs time only."""
AT_ONCE: Final = 500
"""Rows before others have their turn."""

Write = Callable[[Sensor, LastContact], Any]


class SensorRows:
    """Gives sensors as JSON; what it keeps is used for exactly the same sensor and contact only."""

    def __init__(self, write: Write) -> None:
        self._write = write
        self._kept: dict[SensorId, tuple[Sensor, LastContact, msgspec.Raw]] = {}

    async def of(
        self, sensors: Iterable[Sensor], contact: Callable[[Sensor], LastContact]
    ) -> list[msgspec.Raw]:
        """Give the rows, in the same order."""
        rows: list[msgspec.Raw] = []
        for sensor in sensors:
            rows.append(self._row(sensor, contact(sensor)))
            if len(rows) % AT_ONCE == 0:
                await asyncio.sleep(0)
        return rows

    def _row(self, sensor: Sensor, contact: LastContact) -> msgspec.Raw:
        kept = self._kept.get(sensor.id)
        if kept is not None and _is(kept[0], sensor) and _is(kept[1], contact):
            return kept[2]
        if len(self._kept) >= MOST:
            self._kept.clear()
        made = msgspec.Raw(msgspec.json.encode(self._write(sensor, contact)))
        self._kept[sensor.id] = (sensor, contact, made)
        return made


def _is(one: object, other: object) -> bool:
    return one is other or one == other
