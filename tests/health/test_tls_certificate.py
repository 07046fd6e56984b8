"""A certificate that runs out, is for other names, or could not be replaced is told in time."""

from dataclasses import replace
from pathlib import Path

import pytest

from appliance.domain.instant import DAY, Instant
from appliance.health.base import Issue, Surroundings
from appliance.health.tls_certificate import check
from appliance.ports.listening import ServedCertificate, Trust
from tests.builders import NOON
from tests.fakes import FixedClock

GOOD = ServedCertificate(
    own=False,
    names=("weir.example",),
    valid_from=Instant(NOON - DAY),
    valid_until=Instant(NOON + 100 * DAY),
    pin="pin",
)


class World:
    """The part of the world that the check looks at."""

    def __init__(self, served: ServedCertificate | None, clock: FixedClock) -> None:
        self.clock = clock
        self.trust = lambda: Trust(served)


async def issues(served: ServedCertificate | None, *, days: int = 0) -> list[Issue]:
    surroundings = Surroundings(
        world=World(served, FixedClock(Instant(NOON + days * DAY))),  # type: ignore[arg-type]
        folder=Path(),
        listens_beyond_loopback=False,
        mail_server="",
        watched=lambda: 0,
    )
    return await check(surroundings)


async def test_a_good_one_and_none_at_all_are_no_issue():
    assert await issues(GOOD) == []
    assert await issues(None) == []


@pytest.mark.parametrize(
    ("days", "severity", "says"),
    [(87, "high", "the end"), (100, "critical", "the end"), (-2, "critical", "valid from")],
)
async def test_time_that_runs_out_is_told_before_it_has(days: int, severity: str, says: str):
    (issue,) = await issues(GOOD, days=days)
    assert (issue.code, issue.severity) == ("tls_certificate", severity)
    assert says in issue.what
    assert issue.hint


async def test_who_must_renew_it_is_told_what_to_do():
    (given,), (own,) = await issues(GOOD, days=99), await issues(replace(GOOD, own=True), days=99)
    assert "--tls-cert" in given.hint
    assert "by itself" in own.hint


async def test_names_that_it_is_not_for_and_files_that_could_not_be_taken_are_told():
    bad = replace(GOOD, unmatched=("other.example",), problem="--tls-key is not the key of it")
    names, change = await issues(bad)
    assert "other.example" in names.what
    assert "--tls-key" in change.what
