"""What happens by the clock. APScheduler keeps the time; the table below says what and when."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from apscheduler.job import Job as Scheduled
from apscheduler.schedulers.asyncio import AsyncIOScheduler
from apscheduler.triggers.cron import CronTrigger

from appliance.domain.instant import to_datetime
from appliance.ports.clock import Clock

_log = logging.getLogger(__name__)

LOOK_EVERY: Final = 20.0
"""Seconds between looks at whether somebody has set the clock."""


@dataclass(frozen=True, slots=True)
class Job:
    """One regular piece of work. It never runs twice at once; what was missed runs once."""

    name: str
    cron: str
    """Minute, hour, day, month, weekday, in UTC."""
    work: Callable[[], Awaitable[None]]
    within: float
    """Seconds after which it is given up until next time."""


class FromNowOn(CronTrigger):  # type: ignore[misc]  # APScheduler has no types
    """Goes on from now, however many times were missed.

    CronTrigger goes through all of them: from 1970 on, a clock that is set right would keep the
    loop busy for minutes.
    """

    def get_next_fire_time(self, previous: datetime | None, now: datetime) -> datetime | None:
        """Give the first time after now; `previous` does not matter."""
        del previous
        found: datetime | None = super().get_next_fire_time(None, now + timedelta(microseconds=1))
        return found


class Schedule:
    """Runs the jobs; one that fails is logged and tried again at its next time.

    Somebody may set the clock. Ahead: what was missed runs once, within LOOK_EVERY seconds. Back:
    a job is not run again for a time at which it has run, but never waits for longer than two of
    its periods.
    """

    def __init__(self, jobs: tuple[Job, ...], clock: Clock) -> None:
        self._jobs = jobs
        self._clock = clock
        self._scheduler = AsyncIOScheduler(timezone="UTC")
        self._stopping = False

    async def start(self) -> None:
        """Begin to keep time."""
        for job in self._jobs:
            self._scheduler.add_job(
                self._run,
                FromNowOn.from_crontab(job.cron, timezone="UTC"),
                args=(job,),
                id=job.name,
                max_instances=1,
                coalesce=True,
                misfire_grace_time=None,
            )
        self._scheduler.start()

    async def run(self) -> None:
        """Look at the clock now and then: APScheduler sleeps until it would be time."""
        while True:
            await asyncio.sleep(LOOK_EVERY)
            self.look()

    def look(self) -> None:
        """Take notice of a clock that was set."""
        for job in self._scheduler.get_jobs():
            self._bring_nearer(job)
        self._scheduler.wakeup()

    def _bring_nearer(self, job: Scheduled) -> None:
        now = to_datetime(self._clock.now())
        first = job.trigger.get_next_fire_time(None, now)
        second = job.trigger.get_next_fire_time(None, first)
        if job.next_run_time > second:
            _log.warning("job=%s: the clock was set back; it runs at %s", job.id, first)
            job.modify(next_run_time=first)

    async def stop(self) -> None:
        """Start nothing more, and give up what is under way until next time."""
        self._stopping = True
        self._scheduler.shutdown(wait=False)

    async def _run(self, job: Job) -> None:
        _log.debug("job=%s begins", job.name)
        try:
            async with asyncio.timeout(job.within):
                await job.work()
        except asyncio.CancelledError:
            if not self._stopping:  # APScheduler would log the stop as a fault of the job
                raise
            _log.debug("job=%s is given up for the stop", job.name)
        except Exception:  # noqa: BLE001 the boundary of jobs: the next run may succeed
            _log.exception("job=%s failed", job.name)
        else:
            _log.debug("job=%s is done", job.name)
