"""Keys and their use, devices on other networks, and limits."""

from appliance.domain.devices import KeptKey
from appliance.domain.hardware import dev_eui, phone
from appliance.domain.ids import DeviceId, SensorId
from appliance.domain.instant import HOUR, Instant
from appliance.domain.pace import DeviceLimits, Pace
from storage.operations.database import SqliteOperations
from tests.builders import HERE, NOON, OTHER_SENSOR, SENSOR, THERE
from tests.contract.operations.things import a_real_sensor, keys_of

LATER = Instant(NOON + HOUR)
EUI = dev_eui("0004A30B001C0530")


async def add(operations: SqliteOperations, **fields: object) -> None:
    await operations.write(HERE, lambda t: t.sensors.add([(a_real_sensor(**fields), b"first")]))


async def kept(operations: SqliteOperations, sensor: SensorId = SENSOR) -> list[KeptKey]:
    return await operations.read(HERE, lambda t: t.devices.keys(sensor))


async def test_the_use_of_each_key_is_kept_and_forgotten_with_the_key(
    operations: SqliteOperations,
):
    await add(operations)
    await operations.write(HERE, lambda t: t.sensors.rotate_key(SENSOR, b"second", old_until=LATER))
    edition = await operations.setup_version()
    uses = [(SENSOR, b"first", NOON), (SENSOR, b"second", LATER), (SENSOR, b"ghost", NOON)]
    await operations.write_system(lambda s: s.note_key_use(uses))
    await operations.write_system(lambda s: s.note_key_use([(SENSOR, b"second", NOON)]))
    assert await operations.setup_version() == edition  # nobody need read the book anew
    assert await kept(operations) == [
        KeptKey(b"second", None, LATER),
        KeptKey(b"first", LATER, NOON),
    ]
    assert await kept(operations, OTHER_SENSOR) == []
    await operations.write(HERE, lambda t: t.sensors.remove(SENSOR))
    await add(operations)
    assert await kept(operations) == [KeptKey(b"first", None, None)]


async def test_ended_keys_are_no_longer_valid_and_still_tell_whose_they_were(
    operations: SqliteOperations,
):
    await add(operations)
    assert await operations.write(HERE, lambda t: t.devices.revoke_keys(OTHER_SENSOR, NOON)) == 0
    assert await operations.write(HERE, lambda t: t.devices.revoke_keys(SENSOR, NOON)) == 1
    assert await operations.write(HERE, lambda t: t.devices.revoke_keys(SENSOR, LATER)) == 0
    assert await operations.read_system(lambda s: keys_of(s, HERE)) == set()
    spent = await operations.read_system(lambda s: s.spent_keys(NOON))
    assert [(k.sensor.id, k.digest, k.until) for k in spent] == [(SENSOR, b"first", NOON)]


async def test_a_device_on_another_network_is_found_in_its_own_municipality_only(
    operations: SqliteOperations,
):
    await add(operations, hardware=EUI, channel="3")
    found = await operations.read(HERE, lambda t: t.sensors.of_hardware(EUI))
    assert [(s.id, s.hardware, s.channel) for s in found] == [(SENSOR, EUI, "3")]
    assert await operations.read(THERE, lambda t: t.sensors.of_hardware(EUI)) == []
    by_phone = a_real_sensor(hardware=phone("+49171"), device_id=DeviceId("PS-9"))
    await operations.write(HERE, lambda t: t.sensors.change(by_phone))
    assert await operations.read(HERE, lambda t: t.sensors.get(SENSOR)) == by_phone
    assert await operations.read(HERE, lambda t: t.sensors.of_hardware(EUI)) == []


async def test_limits_are_a_municipality_s_own_and_as_usual_until_they_are_changed(
    operations: SqliteOperations,
):
    assert await operations.read(HERE, lambda t: t.devices.limits()) == DeviceLimits()
    edition = await operations.setup_version()
    for limits in (
        DeviceLimits(Pace(0.5, 10), Pace(2.0, 20)),
        DeviceLimits(Pace(1.0, 11), Pace(2.0, 20)),
    ):
        await operations.write(HERE, lambda t, limits=limits: t.devices.put_limits(limits))
        assert await operations.read(HERE, lambda t: t.devices.limits()) == limits
        assert await operations.read_system(lambda s: s.rate_limits()) == {HERE: limits}
        assert await operations.setup_version() != edition
    assert await operations.read(THERE, lambda t: t.devices.limits()) == DeviceLimits()
