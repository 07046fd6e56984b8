"""Alerts and their changes."""

import asyncio
from dataclasses import replace

import pytest

from appliance.domain.alerts import AlertStatus, ChangeKind
from appliance.domain.errors import Conflict, NotFound
from appliance.domain.findings import Evidence
from appliance.domain.ids import AlertId, DeviceId, RuleId, SensorId, UserId
from appliance.domain.instant import DAY, MINUTE, Instant
from appliance.domain.rules import Severity
from appliance.ports.pages import AlertFilter, Page
from storage.operations.database import SqliteOperations
from tests.builders import HERE, NOON, SENSOR, THERE
from tests.contract.operations.things import (
    ALERT,
    ALL,
    OTHERS,
    RULE,
    a_caused_alert,
    a_real_sensor,
    acknowledged,
)
from tests.outbound.parcels import a_change


async def raise_alerts(operations: SqliteOperations, *overrides: dict) -> list:
    """Alerts ALERT, ALERT + 1 …, a minute apart, each with its first change."""
    alerts = [
        a_caused_alert(**{"id": AlertId(ALERT + n), "created_at": NOON + n * MINUTE} | fields)
        for n, fields in enumerate(overrides or ({},))
    ]

    def add(tables):
        for alert in alerts:
            tables.alerts.add(alert, a_change(alert=alert.id))

    await operations.write(HERE, add)
    return alerts


async def test_an_alert_comes_back_with_its_first_change(operations: SqliteOperations):
    (alert,) = await raise_alerts(operations)
    assert await operations.read(HERE, lambda t: t.alerts.get(ALERT)) == alert
    assert await operations.read(HERE, lambda t: t.alerts.changes(ALERT)) == [a_change()]
    assert await operations.read(HERE, lambda t: t.alerts.page(AlertFilter(), ALL)) == ([alert], 1)


async def test_evidence_keeps_what_is_no_number_as_such(operations: SqliteOperations):
    evidence = Evidence("µ ≥ 3 \u2028 \x00", {"limit": float("inf"), "value": 0.1 + 0.2})
    await raise_alerts(operations, {"evidence": evidence})
    kept = await operations.read(HERE, lambda t: t.alerts.get(ALERT))
    assert kept.evidence.words == evidence.words
    assert kept.evidence.numbers["value"] == 0.1 + 0.2
    assert kept.evidence.numbers["limit"] != kept.evidence.numbers["limit"]


async def test_a_page_goes_from_the_newest_and_counts_all(operations: SqliteOperations):
    alerts = await raise_alerts(operations, {}, {}, {}, {})
    page, count = await operations.read(
        HERE, lambda t: t.alerts.page(AlertFilter(), Page(limit=2, offset=1))
    )
    assert (page, count) == ([alerts[2], alerts[1]], 4)


@pytest.mark.parametrize(
    ("chosen", "found"),
    [
        (AlertFilter(statuses=("open",)), [2, 0]),
        (AlertFilter(statuses=("resolved", "closed")), [1]),
        (AlertFilter(severities=("critical",)), [1, 0]),
        (AlertFilter(statuses=("open",), severities=("low",), sensor=SENSOR), []),
        (AlertFilter(sensor=9), [2]),
    ],
)
async def test_a_filter_takes_any_of_its_statuses_and_severities(
    operations: SqliteOperations, chosen: AlertFilter, found: list[int]
):
    alerts = await raise_alerts(
        operations, {}, {"status": AlertStatus.RESOLVED}, {"severity": Severity.LOW, "sensor": 9}
    )
    page, count = await operations.read(HERE, lambda t: t.alerts.page(chosen, ALL))
    assert (page, count) == ([alerts[n] for n in found], len(found))


async def test_the_newest_alert_of_a_cause_is_found_whatever_its_status(
    operations: SqliteOperations,
):
    _, newest, *_ = await raise_alerts(
        operations,
        {"status": AlertStatus.RESOLVED},
        {"status": AlertStatus.CLOSED},
        {"sensor": SensorId(9)},
        {"rule": 9},
    )
    assert await operations.read(HERE, lambda t: t.alerts.latest_of_cause(RULE, SENSOR)) == newest
    assert await operations.read(HERE, lambda t: t.alerts.latest_of_cause(RuleId(9), 9)) is None
    theirs = RULE + OTHERS
    assert await operations.read(HERE, lambda t: t.alerts.latest_of_cause(theirs, SENSOR)) is None


async def test_an_alert_that_is_dealt_with_is_found_though_a_wrong_clock_made_another_look_newer(
    operations: SqliteOperations,
):
    active, _ = await raise_alerts(operations, {}, {"status": AlertStatus.CLOSED})
    assert await operations.read(HERE, lambda t: t.alerts.latest_of_cause(RULE, SENSOR)) == active


async def test_a_change_is_kept_with_the_alert_as_it_became(operations: SqliteOperations):
    (alert,) = await raise_alerts(operations)
    after, change = acknowledged(alert)
    assert await operations.write(HERE, lambda t: t.alerts.apply(after, change, was=1))
    assert await operations.read(HERE, lambda t: t.alerts.get(ALERT)) == after
    changes = await operations.read(HERE, lambda t: t.alerts.changes(ALERT))
    assert changes == [a_change(), change]


async def test_of_many_who_acknowledge_at_once_one_does(operations: SqliteOperations):
    (alert,) = await raise_alerts(operations)
    outcomes: list[bool] = []

    async def acknowledge(by: UserId) -> None:
        after, change = acknowledged(alert, by=by)
        outcomes.append(
            await operations.write(HERE, lambda t: t.alerts.apply(after, change, was=alert.version))
        )

    async with asyncio.TaskGroup() as people:
        for person in range(20):
            people.create_task(acknowledge(UserId(person)))
    assert sorted(outcomes) == [False] * 19 + [True]
    kept = await operations.read(HERE, lambda t: t.alerts.get(ALERT))
    changes = await operations.read(HERE, lambda t: t.alerts.changes(ALERT))
    assert kept.version == 2
    assert [(change.number, change.by) for change in changes] == [
        (1, None),
        (2, kept.acknowledged_by),
    ]


async def test_another_municipality_can_t_see_or_move_an_alert(operations: SqliteOperations):
    theirs = await operations.read(THERE, lambda t: t.alerts.get(ALERT + OTHERS))
    after, change = acknowledged(theirs)
    with pytest.raises(NotFound):
        await operations.write(HERE, lambda t: t.alerts.apply(after, change, was=1))
    claimed, claim = acknowledged(replace(theirs, municipality=HERE))
    assert not await operations.write(HERE, lambda t: t.alerts.apply(claimed, claim, was=1))
    await operations.write(HERE, lambda t: t.alerts.count_repeats(theirs.id, 5, Instant(2 * NOON)))
    with pytest.raises(Conflict):
        await operations.write(HERE, lambda t: t.alerts.add(claimed, claim))
    assert await operations.read(HERE, lambda t: t.alerts.get(theirs.id)) is None
    assert await operations.read(HERE, lambda t: t.alerts.changes(theirs.id)) == []


async def test_repeats_are_counted_without_a_change(operations: SqliteOperations):
    (alert,) = await raise_alerts(operations)
    later, earlier = Instant(NOON + MINUTE), Instant(NOON - MINUTE)
    await operations.write(HERE, lambda t: t.alerts.count_repeats(ALERT, 3, later))
    await operations.write(HERE, lambda t: t.alerts.count_repeats(ALERT, 2, earlier))
    kept = await operations.read(HERE, lambda t: t.alerts.get(ALERT))
    assert kept == replace(alert, occurrences=6, last_seen_at=later)
    assert len(await operations.read(HERE, lambda t: t.alerts.changes(ALERT))) == 1


async def test_the_summary_counts_the_severe_among_the_unresolved(operations: SqliteOperations):
    empty = {"total": 0, "open": 0, "critical": 0, "high": 0}
    assert await operations.read(HERE, lambda t: t.alerts.summary()) == empty
    await raise_alerts(
        operations,
        {},
        {"status": AlertStatus.IN_PROGRESS},
        {"status": AlertStatus.RESOLVED},
        {"status": AlertStatus.CLOSED, "severity": Severity.HIGH},
        {"severity": Severity.HIGH},
        {"severity": Severity.LOW},
    )
    assert await operations.read(HERE, lambda t: t.alerts.summary()) == {
        "total": 6,
        "open": 3,
        "critical": 2,
        "high": 1,
    }


async def test_alerts_are_counted_by_the_utc_day_in_which_they_were_made(
    operations: SqliteOperations,
):
    day = Instant(NOON - NOON % DAY)
    await raise_alerts(
        operations,
        {"created_at": day - 1},
        {"created_at": day},
        {"created_at": day + DAY - 1},
        {"created_at": day + DAY},
    )
    counts = await operations.read(
        HERE, lambda t: t.alerts.daily_counts(since=Instant(day - DAY), until=Instant(day + DAY))
    )
    assert counts == {day - DAY: 1, day: 2}


async def test_the_sensors_with_the_most_alerts_come_first(operations: SqliteOperations):
    quiet = a_real_sensor(id=SensorId(9), name="Quiet", device_id=DeviceId("Q"))
    await operations.write(HERE, lambda t: t.sensors.add([(a_real_sensor(), b"1"), (quiet, b"2")]))
    await raise_alerts(operations, {"sensor": 9}, {}, {}, {"sensor": None}, {"sensor": 404})
    top = await operations.read(HERE, lambda t: t.alerts.top(5))
    assert top == [("Mill Lane", 2), ("Quiet", 1)]
    assert await operations.read(HERE, lambda t: t.alerts.top(1)) == top[:1]


async def test_a_change_of_another_alert_is_refused_and_nothing_is_kept(
    operations: SqliteOperations,
):
    stray = a_change(alert=AlertId(9), kind=ChangeKind.OPENED)
    with pytest.raises(NotFound):
        await operations.write(HERE, lambda t: t.alerts.add(a_caused_alert(), stray))
    assert await operations.read(HERE, lambda t: t.alerts.page(AlertFilter(), ALL)) == ([], 0)
