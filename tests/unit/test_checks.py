"""What is wrong with the appliance is told, and no longer when it is right again."""

from dataclasses import replace
from pathlib import Path

from appliance.domain.instant import HOUR, Instant
from appliance.flow.faults import MOST_KINDS, Faults
from appliance.health import own_faults, wrong_clock
from appliance.health.base import Surroundings
from tests.builders import NOON
from tests.fakes import FixedClock


class OnlyAClock:
    """The part of the world that these checks look at."""

    def __init__(self, clock: FixedClock) -> None:
        self.clock = clock


def surroundings(clock: FixedClock) -> Surroundings:
    return Surroundings(
        world=OnlyAClock(clock),  # type: ignore[arg-type]
        folder=Path(),
        listens_beyond_loopback=False,
        mail_server="",
        watched=lambda: 0,
        watched_until=lambda: NOON,
    )


async def test_a_clock_that_was_set_back_is_told_until_it_is_right() -> None:
    clock = FixedClock()
    around = surroundings(clock)
    assert await wrong_clock.check(around) == []
    clock.set(Instant(NOON - HOUR))
    (issue,) = await wrong_clock.check(around)
    assert issue.code == "wrong_clock"
    assert "2026-05-01T11:00:00Z" in issue.what
    clock.set(Instant(NOON + HOUR))
    assert await wrong_clock.check(around) == []


async def test_each_kind_of_fault_is_one_issue_that_says_how_often() -> None:
    clock = FixedClock()
    faults = Faults(clock)
    around = replace(surroundings(clock), faults=faults.all)
    assert await own_faults.check(around) == []
    for _ in range(3):
        faults.note("judging a message", KeyError())
    faults.note("judging a message", ValueError())
    first, second = await own_faults.check(around)
    assert "judging a message (KeyError), 3 times" in first.what
    assert "judging a message (ValueError), 1 times" in second.what


def test_kinds_of_faults_are_bounded_and_the_oldest_goes_first() -> None:
    faults = Faults(FixedClock())
    for number in range(MOST_KINDS + 1):
        faults.note(f"reading batch {number}", KeyError())
    kept = [fault.what for fault in faults.all()]
    assert len(kept) == MOST_KINDS
    assert kept[0] == "reading batch 1"
