"""Admission keeps up with keys that end by themselves and limits that change."""

from pathlib import Path

from appliance.domain.devices import key_digest
from appliance.domain.instant import SECOND, Instant
from appliance.domain.pace import DeviceLimits, Pace
from appliance.domain.readings import AdmittedDevice, Reason, Refusal
from appliance.flow.admission import Registry
from tests.builders import HERE, SENSOR
from tests.flow.plant import Plant


async def test_a_key_that_comes_to_its_end_ends_connections_without_anything_being_changed(
    tmp_path: Path,
):
    plant = Plant(tmp_path)
    async with plant.running():
        registry = Registry(plant.operations, plant.clock)
        until = Instant(plant.clock.now() + 60 * SECOND)
        for secret in ("old", "new"):
            await plant.operations.write(
                HERE,
                lambda t, s=secret: t.sensors.rotate_key(SENSOR, key_digest(s), old_until=until),
            )
        looks: list[object] = []
        registry.notify(lambda: looks.append(1))
        await registry.start()
        device = registry.admit("PS-001", "old")
        assert isinstance(device, AdmittedDevice)
        before = len(looks)
        await registry.start()
        assert len(looks) == before
        plant.clock.advance(60 * SECOND)
        await registry.start()
        assert len(looks) == before + 1
        assert not registry.still_valid(device, "old")
        assert isinstance(registry.admit("PS-001", "new"), AdmittedDevice)
        refused = registry.admit("PS-001", "old")
        assert isinstance(refused, Refusal)
        assert (refused.reason, refused.municipalities) == (Reason.WRONG_KEY, (HERE,))
        await registry.start()
        assert len(looks) == before + 1


async def test_a_device_has_one_allowance_by_whichever_door_it_comes_and_limits_follow(
    tmp_path: Path,
):
    plant = Plant(tmp_path)
    async with plant.running():
        registry = Registry(plant.operations, plant.clock)
        await plant.operations.write(
            HERE,
            lambda t: t.sensors.rotate_key(SENSOR, key_digest("k"), old_until=plant.clock.now()),
        )
        await registry.start()
        first, again = (registry.admit("PS-001", "k") for _ in range(2))
        assert isinstance(first, AdmittedDevice)
        assert isinstance(again, AdmittedDevice)
        assert first.allowance is again.allowance
        slow = DeviceLimits(Pace(1.0, 3), Pace(10.0, 100))
        await plant.operations.write(HERE, lambda t: t.devices.put_limits(slow))
        await registry.start()
        assert first.allowance.take(plant.clock.monotonic(), 100) == 3
        assert first.allowance.take(plant.clock.monotonic(), 1) == 0
        assert set(registry.held_back(HERE)) == {"PS-001"}
        await plant.operations.write(HERE, lambda t: t.sensors.remove(SENSOR))
        await registry.start()
        assert registry.held_back(HERE) == {}
