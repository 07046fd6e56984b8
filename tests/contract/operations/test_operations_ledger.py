"""The ledger, rejected messages and anomalies."""

import numpy as np
import pytest

from appliance.domain.errors import NotFound
from appliance.domain.findings import Evidence
from appliance.domain.ids import NOBODY, DeviceId, SensorId
from appliance.domain.instant import MINUTE, Instant
from appliance.domain.readings import Counts, Door, Reason
from appliance.ports.pages import Page
from storage.operations import ledger
from storage.operations.database import SqliteOperations
from tests.builders import HERE, NOON, OTHER_SENSOR, SENSOR, THERE, a_rejection
from tests.contract.operations.things import ALL, an_anomaly

EVER = {"since": Instant(0), "until": Instant(2 * NOON)}


async def test_counts_add_up_by_column_and_reason(operations: SqliteOperations):
    one = Counts(stored=5, duplicate=1, rejected={Reason.MALFORMED: 2})
    other = Counts(late=3, quarantined=4, rejected={"malformed": 1, "not_finite": 7})
    await operations.write(HERE, lambda t: t.ledger.count(NOON, Door.MQTT, one))
    await operations.write(HERE, lambda t: t.ledger.count(NOON, Door.MQTT, one))
    await operations.write(HERE, lambda t: t.ledger.count(NOON, Door.TCP, other))
    total = await operations.read(HERE, lambda t: t.ledger.sum(**EVER))
    assert total == Counts(10, 2, 3, 4, {"malformed": 5, "not_finite": 7})
    assert total.received == 31


async def test_only_the_minutes_of_the_period_count(operations: SqliteOperations):
    def count(tables):
        for minute in range(4):
            tables.ledger.count(
                Instant(NOON + minute * MINUTE + 17), Door.HTTP, Counts(stored=10**minute)
            )

    await operations.write(HERE, count)
    total = await operations.read(
        HERE, lambda t: t.ledger.sum(since=Instant(NOON + MINUTE), until=Instant(NOON + 3 * MINUTE))
    )
    assert total == Counts(stored=110)
    assert await operations.read(HERE, lambda t: t.ledger.sum(since=NOON, until=NOON)) == Counts()


async def test_a_rejection_comes_back_as_it_was(operations: SqliteOperations):
    rejection = a_rejection(excerpt="\x00{\ud7ff", reason=Reason.WRONG_KEY)
    await operations.write(HERE, lambda t: t.ledger.reject([rejection]))
    assert await operations.read(HERE, lambda t: t.ledger.rejections(None, ALL)) == (
        [rejection],
        1,
    )


async def test_what_utf_8_can_t_hold_is_replaced_and_the_rest_kept(operations: SqliteOperations):
    rejection = a_rejection(device_id=DeviceId("\ud800x"), detail="\udfff", excerpt="ok \udc80")
    await operations.write(HERE, lambda t: t.ledger.reject([rejection]))
    ((kept,), _) = await operations.read(HERE, lambda t: t.ledger.rejections(None, ALL))
    assert (kept.device_id, kept.detail, kept.excerpt) == ("?x", "?", "ok ?")


async def test_the_newest_50_rejections_of_each_device_are_kept(operations: SqliteOperations):
    many = [a_rejection(at=Instant(NOON + n)) for n in range(60)]
    other = a_rejection(device_id=DeviceId("other"))
    await operations.write(HERE, lambda t: t.ledger.reject([other, *many[:55]]))
    await operations.write(HERE, lambda t: t.ledger.reject(many[55:]))
    page, count = await operations.read(
        HERE, lambda t: t.ledger.rejections(DeviceId("PS-001"), Page(limit=3, offset=1))
    )
    assert (page, count) == ([many[58], many[57], many[56]], 50)
    page, count = await operations.read(HERE, lambda t: t.ledger.rejections(None, ALL))
    assert (page[-2:], count) == ([many[10], other], 51)


async def test_made_up_device_names_can_t_fill_the_disk(operations: SqliteOperations):
    many = [
        a_rejection(municipality=None, device_id=DeviceId(f"made-up-{n}"))
        for n in range(ledger.KEPT_PER_MUNICIPALITY + 5)
    ]
    await operations.write_system(lambda s: s.nobody().ledger.reject(many))
    page, count = await operations.read_system(
        lambda s: s.nobody().ledger.rejections(None, Page(limit=1))
    )
    assert (page, count) == ([many[-1]], ledger.KEPT_PER_MUNICIPALITY)


async def test_nobody_s_ledger_is_apart_and_nobody_has_nothing_else(operations: SqliteOperations):
    stray = a_rejection(municipality=None)

    def refuse(system):
        system.nobody().ledger.count(NOON, Door.MQTT, Counts(rejected={"unknown_device": 1}))
        system.nobody().ledger.reject([stray])

    await operations.write_system(refuse)
    counts = await operations.read_system(lambda s: s.nobody().ledger.sum(**EVER))
    assert counts == Counts(rejected={"unknown_device": 1})
    page = await operations.read_system(lambda s: s.nobody().ledger.rejections(None, ALL))
    assert page == ([stray], 1)
    assert await operations.read(HERE, lambda t: t.ledger.sum(**EVER)) == Counts()
    assert await operations.read(HERE, lambda t: t.ledger.rejections(None, ALL)) == ([], 0)
    with pytest.raises(NotFound):
        await operations.read(NOBODY, lambda t: t.rules.all())


async def test_a_rejection_of_another_municipality_is_not_taken(operations: SqliteOperations):
    for foreign in (a_rejection(municipality=THERE), a_rejection(municipality=None)):
        with pytest.raises(NotFound):
            await operations.write(HERE, lambda t, r=foreign: t.ledger.reject([r]))


async def test_the_same_anomaly_stays_as_it_is_and_they_come_by_time(
    operations: SqliteOperations,
):
    late = an_anomaly(time=Instant(NOON + MINUTE))
    step = an_anomaly(method="step")
    await operations.write(HERE, lambda t: t.anomalies.add([late, an_anomaly(), step]))
    again = an_anomaly(score=1.0, evidence=Evidence("something else"))
    await operations.write(HERE, lambda t: t.anomalies.add([again]))
    assert await operations.read(HERE, lambda t: t.anomalies.between(SENSOR, **EVER)) == [
        an_anomaly(),
        step,
        late,
    ]
    assert (
        await operations.read(
            HERE, lambda t: t.anomalies.between(SENSOR, since=Instant(0), until=NOON)
        )
        == []
    )
    assert await operations.read(HERE, lambda t: t.anomalies.between(OTHER_SENSOR, **EVER)) == []


async def test_numbers_out_of_arrays_are_kept_as_numbers(operations: SqliteOperations):
    anomaly = an_anomaly(
        sensor=SensorId(np.int64(SENSOR)),
        time=Instant(np.int64(NOON)),
        score=np.float64(9.5),
        evidence=Evidence("6.8 bar", {"value": np.float64(6.8e5), "n": np.int64(3)}),
    )
    await operations.write(HERE, lambda t: t.anomalies.add([anomaly]))
    (kept,) = await operations.read(HERE, lambda t: t.anomalies.between(SENSOR, **EVER))
    assert kept == anomaly
    assert type(kept.sensor) is int


async def test_a_score_that_is_no_number_holds_nothing_up(operations: SqliteOperations):
    await operations.write(HERE, lambda t: t.anomalies.add([an_anomaly(score=float("nan"))]))
    (kept,) = await operations.read(HERE, lambda t: t.anomalies.between(SENSOR, **EVER))
    assert kept == an_anomaly(score=0.0)
