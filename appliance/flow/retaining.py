"""Forgetting on purpose: what is older than its municipality wants it, and what views have done with.

It can be killed at any moment: each piece is done or not, and the next run does what is left.
"""

import json
import logging
from collections.abc import Mapping
from dataclasses import asdict
from functools import partial
from typing import Any, Final

import numpy as np

from appliance.domain.ids import MunicipalityId, Sequence
from appliance.domain.instant import DAY, Instant
from appliance.domain.readings import Ints
from appliance.domain.retention import Retention, Spans, limit
from appliance.domain.sensors import Sensor
from appliance.ports.clock import Clock
from appliance.ports.history import History, Keep, Limits
from appliance.ports.journal import Journal
from appliance.ports.operations import Operations, SystemTables
from appliance.ports.tables import Tables

AT_ONCE: Final = 2_000
"""Rows deleted in one transaction, so that alerts never wait long for the writer."""
JOURNAL_KEPT: Final = 3 * DAY
"""So long batches stay in the journal though everything of them is sealed: `weir trace` reads them,
and so do those who look into what has just happened."""
MOST_AT_ONCE: Final = 2 * DAY
"""By so much more than at the last run a run deletes: a clock that is years ahead must not empty
history in one night. After a longer stop retention catches up by a day a day."""
_KIND: Final = "retention"
_REACHED: Final = "retention_reached"
_log = logging.getLogger(__name__)


def recalled(tables: Tables) -> Retention:
    """Give a municipality's settings; the usual ones where nobody has set any."""
    value = tables.preferences.recall(_KIND, "")
    return Retention() if value is None else _read(json.loads(value))


def remember(tables: Tables, retention: Retention, now: Instant) -> None:
    """Keep a municipality's settings."""
    tables.preferences.replace(_KIND, "", json.dumps(asdict(retention)).encode(), now)


def _read(given: Mapping[str, Any]) -> Retention:
    by_type = {code: Spans(**spans) for code, spans in given["by_sensor_type"].items()}
    return Retention(Spans(**given["default"]), by_type, given["records_days"])


def keep_of(retention: Retention, sensors: list[Sensor], now: Instant) -> Keep:
    """Say what is kept of each sensor."""
    own = [sensor for sensor in sensors if sensor.type.code in retention.by_sensor_type]
    spans = [retention.of(sensor.type.code) for sensor in own]
    others = retention.default

    def limits(name: str) -> Ints:
        return np.array([limit(now, getattr(one, name)) for one in spans], np.int64)

    return Keep(
        sensors=np.array([sensor.id for sensor in own], np.int64),
        readings=limits("readings_days"),
        minutes=limits("minutes_days"),
        hours=limits("hours_days"),
        days=limits("days_days"),
        others=Limits(
            limit(now, others.readings_days),
            limit(now, others.minutes_days),
            limit(now, others.hours_days),
            limit(now, others.days_days),
        ),
    )


class Retaining:
    """Applies retention, and lets the journal forget. Intake goes on beside it."""

    def __init__(
        self, operations: Operations, history: History, journal: Journal, clock: Clock
    ) -> None:
        self._operations = operations
        self._history = history
        self._journal = journal
        self._clock = clock

    async def run(self) -> None:
        """Delete what is too old, of every municipality and of none."""
        now = await self._operations.write_system(partial(believed, self._clock.now()))
        for municipality in await self._operations.read_system(lambda t: t.municipalities()):
            await self._expire(municipality.id, now)
        await self._prune_system(now)

    async def trim(self) -> int:
        """Let the journal forget what is sealed, watched, and old enough; give the bytes.

        A journal that can be left to a history made anew goes on being its own: the batch behind
        which that would begin stays.
        """
        mark = await self._operations.read_system(lambda t: t.watch.mark())
        secured = await self._history.secured()
        through = Sequence(min(secured, mark.sequence, mark.snapshot))
        through = await self._old_enough(through, self._clock.now())
        batch = await self._journal.batch(through)
        if batch is None or through <= self._journal.first:
            return 0
        await self._history.begin_after(batch)
        freed = await self._journal.forget(through)
        if freed:
            _log.info("the journal has forgotten what lies before batch %d", through)
        return freed

    async def _old_enough(self, most: Sequence, now: Instant) -> Sequence:
        """Give the last batch up to `most` that was stored long enough ago; 0 when there is none."""
        first, last = int(self._journal.first), int(most)
        while first <= last:
            middle = (first + last) // 2
            batch = await self._journal.batch(Sequence(middle))
            if batch is not None and batch.stored_at < now - JOURNAL_KEPT:
                first = middle + 1
            else:
                last = middle - 1
        return Sequence(last)

    async def _expire(self, municipality: MunicipalityId, now: Instant) -> None:
        retention, sensors = await self._operations.read(
            municipality, lambda t: (recalled(t), t.sensors.everything())
        )
        freed = await self._history.expire(municipality, keep_of(retention, sensors, now))
        before = limit(now, retention.records_days)
        rows = 0
        while gone := await self._operations.write(
            municipality, lambda t: t.prune(before, AT_ONCE)
        ):
            rows += gone
        if freed or rows:
            _log.info(
                "municipality=%d: %d KiB of history and %d records were too old",
                municipality,
                freed // 1024,
                rows,
            )

    async def _prune_system(self, now: Instant) -> None:
        before = limit(now, Retention().records_days)

        def prune(tables: SystemTables) -> int:
            return tables.prune(now, before, AT_ONCE)

        while await self._operations.write_system(prune):
            continue


def believed(now: Instant, tables: SystemTables) -> Instant:
    """Give what counts as now, and remember how far that has come."""
    kept = tables.recall(_REACHED)
    reached = int(kept) if kept is not None else int(now)
    found = min(now, reached + MOST_AT_ONCE)
    tables.remember(_REACHED, str(max(reached, found)).encode())
    return Instant(found)
