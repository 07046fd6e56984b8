"""What is noted for ever is noted for so long; what people wrote and alerts stay."""

from appliance.domain.ids import SessionId
from appliance.domain.instant import DAY, HOUR, MINUTE, Instant
from appliance.domain.readings import Counts, Door
from appliance.domain.telling import DeliveryState
from appliance.ports.tables import Tables
from storage.operations.database import SqliteOperations
from tests.builders import HERE, NOON, SENSOR
from tests.contract.operations.things import (
    CHANNEL,
    a_caused_alert,
    a_delivery,
    a_session,
    a_user,
    an_anomaly,
)
from tests.outbound.parcels import a_change, a_channel

EVER = {"since": Instant(0), "until": Instant(2 * NOON)}
AT_ONCE = 100


def _fill(tables: Tables) -> None:
    """Things at NOON, an hour later, and a delivery that still waits."""
    for minute in range(0, 120, 60):
        tables.ledger.count(Instant(NOON + minute * MINUTE), Door.MQTT, Counts(stored=1))
        tables.anomalies.add([an_anomaly(time=Instant(NOON + minute * MINUTE))])
    alert = a_caused_alert()
    tables.alerts.add(alert, a_change(alert=alert.id, municipality=HERE))
    tables.channels.put(a_channel(municipality=HERE))
    tables.outbox.owe([a_delivery(), _done()])


def _done() -> object:
    return a_delivery(key="done", channel=CHANNEL, state=DeliveryState.SENT, sent_at=NOON)


async def test_what_is_older_goes_and_the_rest_stays(operations: SqliteOperations):
    await operations.write(HERE, _fill)
    gone = await operations.write(HERE, lambda t: t.prune(Instant(NOON + HOUR), AT_ONCE))

    assert gone == 3  # a count, an anomaly, a delivery that is done
    assert await operations.read(HERE, lambda t: t.ledger.sum(**EVER)) == Counts(stored=1)
    left = await operations.read(HERE, lambda t: t.anomalies.between(SENSOR, **EVER))
    assert [anomaly.time for anomaly in left] == [NOON + HOUR]
    alert = await operations.read(HERE, lambda t: t.alerts.get(a_caused_alert().id))
    assert alert is not None
    due = await operations.write_system(
        lambda t: t.lease_deliveries(Instant(NOON + DAY), Instant(NOON + 2 * DAY), 9)
    )
    assert [parcel.delivery.key for parcel in due] == [a_delivery().key]
    assert await operations.write(HERE, lambda t: t.prune(Instant(NOON + HOUR), AT_ONCE)) == 0


async def test_a_part_is_deleted_at_a_time(operations: SqliteOperations):
    def count(tables: Tables) -> None:
        for minute in range(25):
            tables.ledger.count(Instant(NOON + minute * MINUTE), Door.MQTT, Counts(stored=1))

    await operations.write(HERE, count)
    several = [
        await operations.write(HERE, lambda t: t.prune(Instant(2 * NOON), 10)) for _ in "1234"
    ]
    assert several == [10, 10, 5, 0]


async def test_sessions_that_have_ended_and_old_gaps_go(operations: SqliteOperations):
    def fill(system) -> None:
        system.put_user(a_user())
        system.put_session(a_session(), was=None)
        later = a_session(id=SessionId(0x5F), expires_at=Instant(NOON + 2 * HOUR))
        system.put_session(later, was=None)
        system.watch.add_gap(NOON, Instant(NOON + 1))
        system.watch.add_gap(NOON, Instant(NOON + HOUR))

    await operations.write_system(fill)
    now, before = Instant(NOON + HOUR + 1), Instant(NOON + 2)
    assert await operations.write_system(lambda t: t.prune(now, before, AT_ONCE)) == 2
    assert await operations.read_system(lambda t: t.session(a_session().id)) is None
    assert await operations.read_system(lambda t: t.session(SessionId(0x5F))) is not None
    assert await operations.read_system(lambda t: t.watch.gaps()) == [(NOON, NOON + HOUR)]
