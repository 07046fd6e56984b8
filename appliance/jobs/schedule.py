"""What happens by the clock. APScheduler keeps the time; the table below says what and when."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from apscheduler.schedulers.asyncio import AsyncIOScheduler
from apscheduler.triggers.cron import CronTrigger

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Job:
    """One regular piece of work. It never runs twice at once; what was missed runs once."""

    name: str
    cron: str
    """Minute, hour, day, month, weekday, in UTC."""
    work: Callable[[], Awaitable[None]]
    within: float
    """Seconds after which it is given up until next time."""


class Schedule:
    """Runs the jobs; one that fails is logged and tried again at its next time."""

    def __init__(self, jobs: tuple[Job, ...]) -> None:
        self._jobs = jobs
        self._scheduler = AsyncIOScheduler(timezone="UTC")

    async def start(self) -> None:
        """Begin to keep time."""
        for job in self._jobs:
            self._scheduler.add_job(
                self._run,
                CronTrigger.from_crontab(job.cron, timezone="UTC"),
                args=(job,),
                id=job.name,
                max_instances=1,
                coalesce=True,
                misfire_grace_time=None,
            )
        self._scheduler.start()

    async def stop(self) -> None:
        """Start nothing more."""
        self._scheduler.shutdown(wait=False)

    async def _run(self, job: Job) -> None:
        _log.info("job=%s begins", job.name)
        try:
            async with asyncio.timeout(job.within):
                await job.work()
        except Exception:  # noqa: BLE001 the boundary of jobs: the next run may succeed
            _log.exception("job=%s failed", job.name)
        else:
            _log.info("job=%s is done", job.name)
