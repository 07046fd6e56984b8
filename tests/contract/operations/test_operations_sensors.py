"""Sensors and device keys."""

import pytest

from appliance.domain.errors import Conflict, NotFound
from appliance.domain.ids import DeviceId, SensorId
from appliance.domain.instant import HOUR, Instant
from appliance.domain.quantities import unit_of
from appliance.domain.sensors import Limits, Position, SensorStatus
from appliance.ports.pages import Page, SensorFilter
from storage.operations.database import SqliteOperations
from tests.builders import HERE, NOON, OTHER_SENSOR, SENSOR, THERE
from tests.contract.operations.things import (
    ALL,
    FLOW,
    OTHERS,
    PIPE,
    PRESSURE,
    a_last_contact,
    a_pipeline,
    a_real_sensor,
    keys_of,
)


def sensors(*names: str) -> list:
    return [
        (a_real_sensor(id=SENSOR + 16 * n, name=name, device_id=DeviceId(f"D{n}")), b"%d" % n)
        for n, name in enumerate(names)
    ]


async def test_a_sensor_comes_back_as_it_was_put_in(operations: SqliteOperations):
    full = a_real_sensor(
        type=FLOW,
        unit=unit_of(FLOW.quantity, "l/s"),
        status=SensorStatus.MAINTENANCE,
        whitelisted=False,
        position=Position(-70.123456789012, -33.0),
        operating=Limits(0.01, None),
        updated_at=Instant(NOON + 1),
        gateway=DeviceId("GW-1"),
    )
    await operations.write(HERE, lambda t: t.sensors.add([(full, b"key")]))
    assert await operations.read(HERE, lambda t: t.sensors.get(SENSOR)) == full
    assert await operations.read(HERE, lambda t: t.sensors.by_device(full.device_id)) == full
    assert await operations.read(HERE, lambda t: t.sensors.everything()) == [full]


async def test_two_municipalities_may_have_devices_of_the_same_name(operations: SqliteOperations):
    mine = a_real_sensor()
    await operations.write(HERE, lambda t: t.sensors.add([(mine, b"mine")]))
    theirs = await operations.read(THERE, lambda t: t.sensors.by_device(mine.device_id))
    assert theirs is not None
    assert (theirs.id, theirs.municipality) == (OTHER_SENSOR, THERE)
    assert await operations.read(HERE, lambda t: t.sensors.by_device(mine.device_id)) == mine
    assert await operations.read(HERE, lambda t: t.sensors.get(OTHER_SENSOR)) is None


async def test_a_device_name_is_taken_once_and_then_nothing_of_the_list_is_added(
    operations: SqliteOperations,
):
    twice = [(a_real_sensor(), b"1"), (a_real_sensor(id=SensorId(99)), b"2")]
    with pytest.raises(Conflict, match="PS-001"):
        await operations.write(HERE, lambda t: t.sensors.add(twice))
    assert await operations.read(HERE, lambda t: t.sensors.everything()) == []
    assert await operations.read_system(lambda s: keys_of(s, HERE)) == set()


async def test_a_page_goes_by_name_whatever_its_case(operations: SqliteOperations):
    await operations.write(HERE, lambda t: t.sensors.add(sensors("b", "A", "c", "Ärmel", "a2")))
    page, count = await operations.read(
        HERE, lambda t: t.sensors.page(SensorFilter(), Page(limit=2, offset=1))
    )
    assert ([sensor.name for sensor in page], count) == (["a2", "b"], 5)


@pytest.mark.parametrize(
    ("chosen", "names"),
    [
        (SensorFilter(search="STRAßE"), ["Straße"]),
        (SensorFilter(search="ärm"), ["ÄRMEL"]),
        (SensorFilter(search="d2"), ["100% mill"]),
        (SensorFilter(search="%"), ["100% mill"]),
        (SensorFilter(status="faulty"), []),
        (SensorFilter(sensor_type="flow"), []),
        (SensorFilter(sensor_type="pressure", status="active", search="mill"), ["100% mill"]),
    ],
)
async def test_a_filter_finds_names_and_device_ids(
    operations: SqliteOperations, chosen: SensorFilter, names: list[str]
):
    await operations.write(HERE, lambda t: t.sensors.add(sensors("Straße", "ÄRMEL", "100% mill")))
    page, count = await operations.read(HERE, lambda t: t.sensors.page(chosen, ALL))
    assert ([sensor.name for sensor in page], count) == (names, len(names))


async def test_ten_thousand_sensors_fit_on_a_page(operations: SqliteOperations):
    many = sensors(*(f"{n:05}" for n in range(10_000)))
    await operations.write(HERE, lambda t: t.sensors.add(many))
    page, count = await operations.read(
        HERE, lambda t: t.sensors.page(SensorFilter(), Page(limit=10_000))
    )
    assert (page, count) == ([sensor for sensor, _ in many], 10_000)
    assert len(await operations.read_system(lambda s: keys_of(s, HERE))) == 10_000


async def test_a_changed_sensor_replaces_what_was_and_keeps_its_key(operations: SqliteOperations):
    await operations.write(HERE, lambda t: t.sensors.add([(a_real_sensor(), b"key")]))
    moved = a_real_sensor(name="Elsewhere", position=None, device_id=DeviceId("PS-9"))
    await operations.write(HERE, lambda t: t.sensors.change(moved))
    assert await operations.read(HERE, lambda t: t.sensors.everything()) == [moved]
    assert await operations.read_system(lambda s: keys_of(s, HERE)) == {("PS-9", b"key")}


async def test_a_sensor_of_another_municipality_can_t_be_changed(operations: SqliteOperations):
    stolen = a_real_sensor(id=OTHER_SENSOR)
    with pytest.raises(NotFound):
        await operations.write(HERE, lambda t: t.sensors.change(stolen))
    with pytest.raises(NotFound):
        await operations.write(
            HERE, lambda t: t.sensors.change(a_real_sensor(id=OTHER_SENSOR, municipality=THERE))
        )
    with pytest.raises(NotFound):
        await operations.write(
            HERE, lambda t: t.sensors.rotate_key(OTHER_SENSOR, b"stolen", old_until=NOON)
        )
    await operations.write(HERE, lambda t: t.sensors.remove(OTHER_SENSOR))


async def test_a_sensor_lies_on_a_pipe_of_its_own_municipality_only(operations: SqliteOperations):
    await operations.write(HERE, lambda t: t.network.add_pipeline(a_pipeline()))
    on_mine = a_real_sensor(pipeline=PIPE)
    await operations.write(HERE, lambda t: t.sensors.add([(on_mine, b"key")]))
    on_theirs = a_real_sensor(pipeline=PIPE + OTHERS)
    with pytest.raises(Conflict, match="refers to something"):
        await operations.write(HERE, lambda t: t.sensors.change(on_theirs))
    assert await operations.read(HERE, lambda t: t.sensors.everything()) == [on_mine]


async def test_a_removed_sensor_takes_its_keys_and_contact_with_it(operations: SqliteOperations):
    await operations.write(HERE, lambda t: t.sensors.add([(a_real_sensor(), b"key")]))
    await operations.write_system(lambda s: s.watch.save_contacts([a_last_contact()]))
    await operations.write(HERE, lambda t: t.sensors.remove(SENSOR))
    assert await operations.read(HERE, lambda t: t.sensors.everything()) == []
    assert await operations.read_system(lambda s: keys_of(s, HERE)) == set()
    assert await operations.read_system(lambda s: s.watch.contacts()) == []
    await operations.write(HERE, lambda t: t.sensors.add([(a_real_sensor(), b"again")]))


async def test_the_old_key_is_valid_until_its_time_and_the_one_before_no_longer(
    operations: SqliteOperations,
):
    await operations.write(HERE, lambda t: t.sensors.add([(a_real_sensor(), b"first")]))
    later, latest = Instant(NOON + HOUR), Instant(NOON + 2 * HOUR)
    await operations.write(HERE, lambda t: t.sensors.rotate_key(SENSOR, b"second", old_until=later))
    keys = await operations.read_system(lambda s: s.device_keys(NOON))
    mine = {key.digest: key.until for key in keys if key.sensor.municipality == HERE}
    assert mine == {b"first": later, b"second": None}

    await operations.write(HERE, lambda t: t.sensors.rotate_key(SENSOR, b"third", old_until=latest))
    assert await operations.read_system(lambda s: keys_of(s, HERE)) == {
        ("PS-001", b"second"),
        ("PS-001", b"third"),
    }
    assert [
        key.digest
        for key in await operations.read_system(lambda s: s.device_keys(latest))
        if key.sensor.municipality == HERE
    ] == [b"third"]


async def test_the_types_of_another_municipality_are_not_among_ours(operations: SqliteOperations):
    common = await operations.read(HERE, lambda t: t.sensors.types())
    assert PRESSURE in common
    assert {sensor_type.municipality for sensor_type in common} == {None}
    assert [t.name for t in common] == sorted((t.name for t in common), key=str.casefold)


async def test_a_gateway_that_is_removed_leaves_its_own_devices_and_nobody_elses(
    operations: SqliteOperations,
):
    gateway = a_real_sensor(device_id=DeviceId("GW-1"))
    behind = a_real_sensor(id=SensorId(99), device_id=DeviceId("D1"), gateway=DeviceId("GW-1"))
    other = a_real_sensor(id=SensorId(98), device_id=DeviceId("D2"), gateway=DeviceId("GW-2"))
    several = [(gateway, b"1"), (behind, b"2"), (other, b"3")]
    await operations.write(HERE, lambda t: t.sensors.add(several))
    await operations.write(HERE, lambda t: t.sensors.remove(gateway.id))
    left = await operations.read(HERE, lambda t: t.sensors.everything())
    assert {sensor.device_id: sensor.gateway for sensor in left} == {"D1": None, "D2": "GW-2"}
