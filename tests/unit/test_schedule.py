"""Regular work is done once in each period, whatever somebody does to the computer's clock."""

import asyncio
import datetime as dt
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import apscheduler.schedulers.base
import pytest

from appliance.domain.instant import DAY, HOUR, MINUTE, SECOND, Instant, to_datetime
from appliance.jobs.schedule import Job, Schedule
from tests.builders import NOON
from tests.fakes import FixedClock


class Kept:
    """A schedule of two jobs under a clock that the test holds; `runs` counts."""

    def __init__(self, clock: FixedClock) -> None:
        self.clock = clock
        self.runs: Counter[str] = Counter()
        self.schedule = Schedule(
            (
                Job("tidy", "*/10 * * * *", self._work("tidy"), 10.0),
                Job("scrub", "41 3 * * *", self._work("scrub"), 10.0),
            ),
            clock,
        )

    def _work(self, name: str):
        async def work() -> None:
            self.runs[name] += 1

        return work

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        await self.schedule.start()
        try:
            yield
        finally:
            await self.schedule.stop()
            await _turns()

    async def passes(self, microseconds: int) -> None:
        """Let time pass, by minutes."""
        for _ in range(microseconds // MINUTE):
            self.clock.advance(MINUTE)
            await self.looked()

    async def looked(self) -> None:
        """Have the schedule look at the clock."""
        self.schedule.look()
        await _turns()


async def _turns() -> None:
    for _ in range(10):  # APScheduler goes on by call_soon, and tells nobody
        await asyncio.sleep(0)


@pytest.fixture
def kept(monkeypatch: pytest.MonkeyPatch) -> Kept:
    clock = FixedClock(Instant(NOON + MINUTE))

    class Held(dt.datetime):
        @classmethod
        def now(cls, tz: dt.tzinfo | None = None) -> dt.datetime:
            return to_datetime(clock.now()).astimezone(tz)

    monkeypatch.setattr(apscheduler.schedulers.base, "datetime", Held)
    return Kept(clock)


async def test_a_job_runs_once_in_each_of_its_periods(kept: Kept) -> None:
    async with kept.running():
        await kept.passes(DAY)
        assert kept.runs == {"tidy": 144, "scrub": 1}


@pytest.mark.parametrize("jump", [HOUR, DAY, 20_000 * DAY])
async def test_what_was_missed_while_the_clock_jumped_ahead_runs_once(
    kept: Kept, jump: int
) -> None:
    async with kept.running():
        kept.clock.set(Instant(kept.clock.now() + jump))
        await kept.looked()
        assert kept.runs == {"tidy": 1} | ({"scrub": 1} if jump >= DAY else {})
        await kept.passes(HOUR)
        assert kept.runs["tidy"] == 1 + 6


async def test_an_hour_back_does_not_repeat_the_night_and_does_not_keep_short_periods_waiting(
    kept: Kept,
) -> None:
    kept.clock.set(Instant(NOON - 8 * HOUR))  # 04:00: the scrub of this night is over
    async with kept.running():
        await kept.passes(HOUR)
        kept.clock.set(Instant(kept.clock.now() - 2 * HOUR))  # 03:00
        kept.runs.clear()
        await kept.passes(HOUR)
        assert kept.runs == {"tidy": 6}


@pytest.mark.parametrize("before", [SECOND, NOON - 20_000 * DAY, NOON - DAY])
async def test_a_clock_set_far_back_keeps_no_job_from_its_next_period(
    kept: Kept, before: int
) -> None:
    async with kept.running():
        await kept.passes(HOUR)
        kept.clock.set(Instant(before))
        kept.runs.clear()
        await kept.looked()
        await kept.passes(2 * DAY)
        assert kept.runs["tidy"] in {287, 288}
        assert kept.runs["scrub"] in {1, 2}


async def test_a_clock_of_1970_that_is_set_right_does_not_stop_everything_else(kept: Kept) -> None:
    kept.clock.set(Instant(10 * SECOND))
    async with kept.running():
        kept.clock.set(NOON)
        async with asyncio.timeout(1):  # three million missed times would take minutes
            await kept.looked()
        assert kept.runs == {"tidy": 1, "scrub": 1}


async def test_a_stop_in_the_middle_of_a_job_is_no_fault_of_the_job(
    kept: Kept, caplog: pytest.LogCaptureFixture
) -> None:
    under_way, given_up = asyncio.Event(), asyncio.Event()

    async def work() -> None:
        under_way.set()
        try:
            await asyncio.Event().wait()
        finally:
            given_up.set()

    kept.schedule = Schedule((Job("long", "* * * * *", work, 10.0),), kept.clock)
    async with kept.running():
        await kept.passes(MINUTE)
        async with asyncio.timeout(10):
            await under_way.wait()
    assert given_up.is_set()
    assert [r.getMessage() for r in caplog.records if r.levelname in {"WARNING", "ERROR"}] == []
