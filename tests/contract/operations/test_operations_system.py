"""Municipalities, sensor types, settings, and the watch's own state."""

import pytest

from appliance.domain.errors import Conflict, NotFound
from appliance.domain.ids import MunicipalityId, SensorId, SensorTypeId, Sequence
from appliance.domain.instant import MINUTE, Instant
from appliance.domain.quantities import Quantity
from appliance.domain.sensors import LastContact, Limits
from appliance.ports.operations import WatchMark
from storage.operations import watch
from storage.operations.database import SqliteOperations
from storage.operations.sensor_types import common_types
from tests.builders import (
    HERE,
    NOON,
    OTHER_SENSOR,
    SENSOR,
    THERE,
    a_municipality,
    a_sensor_type,
)
from tests.contract.operations.things import a_last_contact, a_real_sensor


async def test_municipalities_come_by_name_and_one_of_the_same_id_is_replaced(
    operations: SqliteOperations,
):
    changed = a_municipality(name="brookfield", demo=True, lateness=5, require_whitelist=False)
    await operations.write_system(lambda s: s.put_municipality(changed))
    known = await operations.read_system(lambda s: s.municipalities())
    assert [m.name for m in known] == ["Ashford", "brookfield"]
    assert known[1] == changed
    assert await operations.read(HERE, lambda t: t.municipality) == changed


async def test_a_municipality_s_name_is_taken_whatever_its_case(operations: SqliteOperations):
    with pytest.raises(Conflict, match="ashford"):
        await operations.write_system(lambda s: s.put_municipality(a_municipality(name="ashford")))


async def test_a_municipality_that_is_not_there_has_no_tables(operations: SqliteOperations):
    nowhere = MunicipalityId(404)
    with pytest.raises(NotFound):
        await operations.read(nowhere, lambda t: t.rules.all())
    with pytest.raises(NotFound):
        await operations.write(nowhere, lambda t: t.rules.all())


async def test_the_common_types_are_there_in_si(operations: SqliteOperations):
    pressure = await operations.read_system(lambda s: s.sensor_type(SensorTypeId(1)))
    assert pressure.code == "pressure"
    assert pressure.plausible == Limits(-1e5, 60e5)
    assert pressure.operating == Limits()
    codes = [sensor_type.code for sensor_type in common_types()]
    assert len(set(codes)) == 16
    assert {sensor_type.quantity for sensor_type in common_types()} >= {
        Quantity.RATIO,
        Quantity.RAINFALL,
        Quantity.COUNT,
    }


async def test_a_changed_common_type_stays_changed_after_a_restart(operations: SqliteOperations):
    narrow = a_sensor_type(id=SensorTypeId(2), code="flow", operating=Limits(0.0, 1.0))
    await operations.write_system(lambda s: s.put_sensor_type(narrow))
    await operations.stop()
    await operations.start()
    assert await operations.read_system(lambda s: s.sensor_type(SensorTypeId(2))) == narrow
    # Back, because the other municipality uses it too.
    await operations.write_system(lambda s: s.put_sensor_type(common_types()[1]))


async def test_a_municipality_s_own_type_is_only_its_own(operations: SqliteOperations):
    mine = a_sensor_type(municipality=HERE, code="acoustic")
    await operations.write_system(lambda s: s.put_sensor_type(mine))
    assert mine in await operations.read(HERE, lambda t: t.sensors.types())
    assert mine not in await operations.read(THERE, lambda t: t.sensors.types())


@pytest.mark.parametrize("owner", [None, HERE])
async def test_the_code_of_a_type_that_is_used_beside_it_is_taken(
    operations: SqliteOperations, owner: MunicipalityId | None
):
    with pytest.raises(Conflict, match="pressure"):
        await operations.write_system(
            lambda s: s.put_sensor_type(a_sensor_type(municipality=owner, code="pressure"))
        )


async def test_a_setting_is_kept_and_replaced(operations: SqliteOperations):
    assert await operations.read_system(lambda s: s.recall("key")) is None
    for value in (b"one", b"\x00two"):
        await operations.write_system(lambda s, value=value: s.remember("key", value))
        assert await operations.read_system(lambda s: s.recall("key")) == value


async def test_counts_are_over_all_municipalities(operations: SqliteOperations):
    await operations.write(HERE, lambda t: t.sensors.add([(a_real_sensor(), b"key")]))
    assert await operations.read_system(lambda s: s.counts()) == {
        "municipalities": 2,
        "users": 1,
        "sensors": 2,
        "open_alerts": 1,
    }


async def test_the_mark_moves_and_the_saved_state_stays_behind_it(operations: SqliteOperations):
    assert await operations.read_system(lambda s: s.watch.mark()) == WatchMark(0, 0, 0, 0)
    assert await operations.read_system(lambda s: s.watch.load()) == {}

    def work(system):
        system.watch.save({"rules": b"\x00", "pattern": b"p"}, Sequence(3), NOON)
        system.watch.move(Sequence(5), Instant(NOON + MINUTE))

    await operations.write_system(work)
    mark = WatchMark(5, NOON + MINUTE, 3, NOON)
    assert await operations.read_system(lambda s: s.watch.mark()) == mark
    states = await operations.read_system(lambda s: s.watch.load())
    assert states == {"rules": b"\x00", "pattern": b"p"}
    await operations.write_system(lambda s: s.watch.save({"rules": b"2"}, Sequence(5), NOON))
    assert await operations.read_system(lambda s: s.watch.load()) == {"rules": b"2"}


async def test_the_last_contact_of_each_sensor_is_kept_while_it_is_there(
    operations: SqliteOperations,
):
    gone, bare = a_last_contact(sensor=SensorId(404)), LastContact(OTHER_SENSOR)
    await operations.write(HERE, lambda t: t.sensors.add([(a_real_sensor(), b"key")]))
    await operations.write_system(
        lambda s: s.watch.save_contacts([a_last_contact(value_si=1.0), gone, bare])
    )
    await operations.write_system(lambda s: s.watch.save_contacts([a_last_contact()]))
    kept = await operations.read_system(lambda s: s.watch.contacts())
    assert kept == [a_last_contact(), bare]
    assert kept[0].sensor == SENSOR


async def test_the_way_of_a_batch_is_known_until_10_000_others_have_passed(
    operations: SqliteOperations, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(watch, "PASSES_KEPT", 2)

    def go(system):
        for first, last in ((1, 4), (5, 5), (6, 9)):
            system.watch.add_pass(Sequence(first), Sequence(last), {"history": Instant(last)})

    await operations.write_system(go)
    found = await operations.read_system(
        lambda s: [s.watch.passes(Sequence(n)) for n in (4, 5, 7, 10)]
    )
    assert found == [{}, {"history": 5}, {"history": 9}, {}]


async def test_gaps_come_oldest_first(operations: SqliteOperations):
    gaps = [(NOON, Instant(NOON + 5)), (Instant(NOON + 9), Instant(NOON + 9))]
    await operations.write_system(lambda s: [s.watch.add_gap(*gap) for gap in gaps])
    assert await operations.read_system(lambda s: s.watch.gaps()) == gaps
