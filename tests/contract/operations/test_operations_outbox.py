"""What is owed to channels, and who sends it."""

import asyncio
from dataclasses import replace

import pytest

from appliance.domain.alerts import AlertStatus, ChangeKind
from appliance.domain.errors import Conflict, NotFound
from appliance.domain.findings import Evidence
from appliance.domain.ids import AlertId, UserId
from appliance.domain.instant import DAY, MINUTE, SECOND, Instant
from appliance.domain.quantities import Quantity, unit_of
from appliance.domain.telling import DeliveryState, Parcel
from appliance.ports.pages import Page
from storage.operations.database import SqliteOperations
from tests.builders import HERE, NOON, THERE
from tests.contract.operations.things import (
    ALERT,
    ALL,
    CHANNEL,
    a_caused_alert,
    a_delivery,
    a_real_sensor,
)
from tests.outbound.parcels import a_change, a_channel

SOON = Instant(NOON + 30 * SECOND)


def owe(tables, *deliveries) -> None:
    """SENSOR's alert, the channel, and what is owed for its first change."""
    if tables.alerts.get(ALERT) is None:
        tables.sensors.add([(a_real_sensor(), b"key")])
        tables.alerts.add(a_caused_alert(), a_change())
        tables.channels.put(a_channel())
    tables.outbox.owe(deliveries or (a_delivery(),))


async def lease(operations: SqliteOperations, now=NOON, until=SOON, limit=10) -> list[Parcel]:
    return await operations.write_system(lambda s: s.lease_deliveries(now, until, limit))


async def outbox(operations: SqliteOperations) -> list:
    return (await operations.read(HERE, lambda t: t.outbox.page(ALL)))[0]


async def test_what_is_owed_twice_is_owed_once(operations: SqliteOperations):
    await operations.write(HERE, owe)
    again = a_delivery(due_at=SOON, last_problem="another")
    await operations.write(HERE, lambda t: owe(t, again))
    assert await operations.read(HERE, lambda t: t.outbox.page(ALL)) == ([a_delivery()], 1)


async def test_the_outbox_goes_from_the_newest(operations: SqliteOperations):
    three = [a_delivery(key=str(n), created_at=Instant(NOON + n)) for n in range(3)]
    await operations.write(HERE, lambda t: owe(t, *three))
    page = await operations.read(HERE, lambda t: t.outbox.page(Page(limit=1, offset=1)))
    assert page == ([three[1]], 3)


async def test_a_parcel_has_all_that_is_needed_to_send_it(operations: SqliteOperations):
    await operations.write(HERE, owe)
    assert await lease(operations) == [
        Parcel(
            a_delivery(),
            a_channel(),
            a_caused_alert(),
            a_change(),
            "Mill Lane",
            "Brookfield",
            "Europe/Berlin",
            unit_of(Quantity.PRESSURE, "bar"),
        )
    ]


async def test_what_ended_an_alert_by_itself_comes_with_the_news_that_it_is_resolved(
    operations: SqliteOperations,
):
    back = Evidence("back to 3 bar, limit 2 bar", {"value": 3e5, "limit": 2e5, "seconds": 60.0})

    def end(tables, by=None, note=back.words):
        raised = tables.alerts.get(ALERT)
        cleared = replace(raised, condition_active=False, version=2)
        said = {"alert": ALERT, "before": AlertStatus.OPEN, "evidence": None}
        first = a_change(**said | {"number": 2, "kind": ChangeKind.CLEARED, "evidence": back})
        assert tables.alerts.apply(cleared, first, was=1)
        resolved = replace(cleared, status=AlertStatus.RESOLVED, resolved_at=NOON, version=3)
        after = {"kind": ChangeKind.MOVED, "after": AlertStatus.RESOLVED, "by": by, "note": note}
        assert tables.alerts.apply(resolved, a_change(**said | after | {"number": 3}), was=2)
        tables.outbox.owe([a_delivery(key="third", change_number=3)])

    await operations.write(HERE, lambda t: (owe(t, a_delivery(state=DeliveryState.SENT)), end(t)))
    (parcel,) = await lease(operations)
    assert (parcel.change.number, parcel.ended_by) == (3, back)


async def test_what_a_person_noted_is_nobody_elses_reason(operations: SqliteOperations):
    def change(tables):
        owe(tables, a_delivery(state=DeliveryState.SENT))
        moved = replace(tables.alerts.get(ALERT), status=AlertStatus.ACKNOWLEDGED, version=2)
        note = a_change().evidence.words
        after = {"kind": ChangeKind.MOVED, "after": AlertStatus.ACKNOWLEDGED, "note": note}
        step = a_change(number=2, before=AlertStatus.OPEN, by=UserId(7), evidence=None, **after)
        assert tables.alerts.apply(moved, step, was=1)
        tables.outbox.owe([a_delivery(key="second", change_number=2)])

    await operations.write(HERE, change)
    (parcel,) = await lease(operations)
    assert (parcel.change.number, parcel.ended_by) == (2, None)


async def test_a_delivery_for_an_alert_without_a_sensor_names_none(operations: SqliteOperations):
    def change(tables):
        tables.alerts.add(a_caused_alert(sensor=None), a_change())
        tables.channels.put(a_channel())
        tables.outbox.owe([a_delivery()])

    await operations.write(HERE, change)
    assert [parcel.sensor_name for parcel in await lease(operations)] == [""]


async def test_a_leased_delivery_is_taken_by_nobody_else_until_the_lease_ends(
    operations: SqliteOperations,
):
    await operations.write(HERE, owe)
    taken: list[Parcel] = []

    async def take() -> None:
        taken.extend(await lease(operations))

    async with asyncio.TaskGroup() as senders:
        for _ in range(10):
            senders.create_task(take())
    assert len(taken) == 1
    assert await lease(operations, now=Instant(SOON - 1)) == []
    assert len(await lease(operations, now=SOON, until=Instant(SOON + MINUTE))) == 1


async def test_what_is_due_first_is_sent_first_and_what_is_not_due_waits(
    operations: SqliteOperations,
):
    late, early, later = (
        a_delivery(key=key, due_at=Instant(NOON + due))
        for key, due in (("a", 0), ("b", -MINUTE), ("c", 1))
    )
    await operations.write(HERE, lambda t: owe(t, late, early, later))
    assert [parcel.delivery for parcel in await lease(operations, limit=1)] == [early]
    assert [parcel.delivery for parcel in await lease(operations)] == [late]
    assert await lease(operations) == []


async def test_a_delivered_delivery_is_sent_once_and_stays_so(operations: SqliteOperations):
    await operations.write(HERE, owe)
    await lease(operations)
    key = a_delivery().key
    await operations.write_system(lambda s: s.delivered(key, SOON))
    await operations.write_system(lambda s: s.not_delivered(key, "late answer", SOON))
    await operations.write_system(lambda s: s.delivered(key, Instant(SOON + 1)))
    sent = replace(a_delivery(), state=DeliveryState.SENT, attempts=1, sent_at=SOON)
    assert await outbox(operations) == [sent]
    assert await lease(operations, now=Instant(2 * NOON)) == []


async def test_a_failed_attempt_waits_for_its_time_and_tells_why(operations: SqliteOperations):
    await operations.write(HERE, owe)
    await lease(operations)
    again = Instant(NOON + MINUTE)
    await operations.write_system(lambda s: s.not_delivered(a_delivery().key, "refused", again))
    waiting = replace(a_delivery(), attempts=1, due_at=again, last_problem="refused")
    assert await outbox(operations) == [waiting]
    assert await lease(operations, now=Instant(again - 1)) == []
    parcels = await lease(operations, now=again, until=Instant(again + MINUTE))
    assert [parcel.delivery for parcel in parcels] == [waiting]


async def test_what_is_given_up_is_not_tried_again(operations: SqliteOperations):
    await operations.write(HERE, owe)
    await operations.write_system(lambda s: s.not_delivered(a_delivery().key, "no such", None))
    assert await outbox(operations) == [
        replace(a_delivery(), state=DeliveryState.GIVEN_UP, attempts=1, last_problem="no such")
    ]
    assert await lease(operations, now=Instant(2 * NOON)) == []


async def test_a_removed_channel_s_deliveries_say_so_and_those_sent_stay_sent(
    operations: SqliteOperations,
):
    sent = a_delivery(key="sent", state=DeliveryState.SENT, sent_at=NOON)
    await operations.write(HERE, lambda t: owe(t, a_delivery(), sent))
    await operations.write(HERE, lambda t: t.channels.remove(CHANNEL))
    dropped = replace(
        a_delivery(), state=DeliveryState.GIVEN_UP, last_problem="the channel was removed"
    )
    assert await outbox(operations) == [sent, dropped]
    assert await lease(operations) == []


async def test_a_channel_that_is_switched_off_is_sent_nothing_until_it_is_on_again(
    operations: SqliteOperations,
):
    await operations.write(HERE, owe)
    await operations.write(HERE, lambda t: t.channels.put(a_channel(enabled=False)))
    assert await lease(operations) == []
    await operations.write(HERE, lambda t: t.channels.put(a_channel()))
    assert len(await lease(operations)) == 1


async def test_nothing_is_owed_for_another_municipality_or_for_what_is_not_there(
    operations: SqliteOperations,
):
    with pytest.raises(NotFound):
        await operations.write(HERE, lambda t: owe(t, a_delivery(municipality=THERE)))
    with pytest.raises(Conflict):
        await operations.write(HERE, lambda t: owe(t, a_delivery(alert=AlertId(9))))
    assert await outbox(operations) == []


async def test_a_clock_that_was_set_back_puts_off_nothing(operations: SqliteOperations):
    await operations.write(HERE, owe)
    before = Instant(NOON - DAY)
    assert len(await lease(operations, now=before, until=Instant(before + MINUTE))) == 1
    assert await lease(operations, now=before, until=Instant(before + MINUTE)) == []


async def test_a_lease_from_before_the_clock_was_set_back_has_ended(operations: SqliteOperations):
    await operations.write(HERE, owe)
    assert len(await lease(operations, now=NOON, until=SOON)) == 1
    before = Instant(NOON - DAY)
    assert len(await lease(operations, now=before, until=Instant(before + MINUTE))) == 1


async def test_a_failed_delivery_keeps_its_pause_whatever_the_clock_says(
    operations: SqliteOperations,
):
    await operations.write(HERE, owe)
    before = Instant(NOON - DAY)
    await lease(operations, now=before, until=Instant(before + MINUTE))
    again = Instant(before + 30)
    await operations.write_system(lambda s: s.not_delivered(a_delivery().key, "no", again))
    assert await lease(operations, now=Instant(again - 1), until=Instant(again + MINUTE)) == []
    assert len(await lease(operations, now=again, until=Instant(again + MINUTE))) == 1
