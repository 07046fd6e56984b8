"""The keys of devices: many at once, ended at once, and when they were used; and how much devices may send."""

from collections.abc import Sequence as Several
from dataclasses import dataclass
from typing import Final

from appliance.domain.access import AdministerSystem, Grant, ManageDevices, SystemGrant
from appliance.domain.devices import KeptKey, key_digest
from appliance.domain.errors import Invalid
from appliance.domain.ids import DeviceId, SensorId
from appliance.domain.instant import SECOND, Instant
from appliance.domain.pace import (
    LEAST_RATE,
    MOST_BURST,
    MOST_RATE,
    Allowance,
    DeviceLimits,
    Pace,
)
from appliance.ports.tables import Tables
from appliance.services.sensors import LONGEST_GRACE, found
from appliance.services.world import World

MOST_AT_ONCE: Final = 10_000


@dataclass(frozen=True, slots=True)
class IssuedKey:
    """The new key of one device, shown this once; or why it has none."""

    device_id: str
    api_key: str | None
    problem: str = ""


@dataclass(frozen=True, slots=True)
class HeldBack:
    """A device that sends more than it may."""

    device_id: DeviceId
    times: int
    """How often it had to wait or was refused, since the start."""
    seconds_ago: float


class DeviceKeys:
    """Issues, lists and ends keys; what is done holds at every door when the call returns."""

    def __init__(self, world: World) -> None:
        self._world = world

    async def of(self, grant: Grant[ManageDevices], sensor: SensorId) -> list[KeptKey]:
        """Give what is kept of a sensor's keys: the present one, then the old one."""
        await self._world.directory.note_uses()

        def query(tables: Tables) -> list[KeptKey]:
            found(tables, sensor)
            return tables.devices.keys(sensor)

        return await self._world.operations.read(grant.municipality, query)

    async def revoke(self, grant: Grant[ManageDevices], sensor: SensorId) -> None:
        """End all keys of a device at once; it is known, and refused until it gets another."""
        now = self._world.clock.now()

        def change(tables: Tables) -> None:
            found(tables, sensor)
            tables.devices.revoke_keys(sensor, now)

        await self._world.operations.write(grant.municipality, change)
        await self._notice()

    async def issue(
        self, grant: Grant[ManageDevices], device_ids: Several[str], old_valid_for: float
    ) -> list[IssuedKey]:
        """Give new keys to many devices in one transaction; the old ones stay valid so many seconds.

        A device that is not there, or is named twice, gets none and says why; the others do.
        """
        if not 0 <= old_valid_for <= LONGEST_GRACE:
            raise Invalid(field="old_valid_for_seconds", problem="0 to 604,800 (a week)")
        if not 0 < len(device_ids) <= MOST_AT_ONCE:
            raise Invalid(field="device_ids", problem=f"1 to {MOST_AT_ONCE:,} device ids")
        until = Instant(self._world.clock.now() + int(old_valid_for * SECOND))

        def change(tables: Tables) -> list[IssuedKey]:
            seen: set[str] = set()
            return [self._issued(tables, name, seen, until) for name in device_ids]

        issued = await self._world.operations.write(grant.municipality, change)
        await self._notice()
        return issued

    def _issued(self, tables: Tables, name: str, seen: set[str], until: Instant) -> IssuedKey:
        sensor = tables.sensors.by_device(DeviceId(name))
        if sensor is None:
            return IssuedKey(name, None, "there is no such device")
        if name in seen:
            return IssuedKey(name, None, "it is named twice")
        seen.add(name)
        api_key = self._world.ids.new_secret()
        tables.sensors.rotate_key(sensor.id, key_digest(api_key), old_until=until)
        return IssuedKey(name, api_key)

    async def limits(self, grant: Grant[ManageDevices]) -> DeviceLimits:
        """Give how much devices may send."""
        return await self._world.operations.read(grant.municipality, lambda t: t.devices.limits())

    async def limit_devices(self, grant: Grant[ManageDevices], device: Pace) -> DeviceLimits:
        """Change how much each device of a municipality may send."""
        _must_make_sense(device, "device")
        return await self._put(grant, device, None)

    async def limit_all(
        self,
        beyond: SystemGrant[AdministerSystem],
        grant: Grant[ManageDevices],
        limits: DeviceLimits,
    ) -> DeviceLimits:
        """Change also how much all devices of a municipality may send together: it guards the others."""
        del beyond
        _must_make_sense(limits.device, "device")
        _must_make_sense(limits.total, "total")
        return await self._put(grant, limits.device, limits.total)

    async def _put(
        self, grant: Grant[ManageDevices], device: Pace, total: Pace | None
    ) -> DeviceLimits:
        def change(tables: Tables) -> DeviceLimits:
            limits = DeviceLimits(device, total or tables.devices.limits().total)
            tables.devices.put_limits(limits)
            return limits

        changed = await self._world.operations.write(grant.municipality, change)
        await self._notice()
        return changed

    def held_back(self, grant: Grant[ManageDevices]) -> list[HeldBack]:
        """Give the devices that sent more than they may since the start, the latest first."""
        now = self._world.clock.monotonic()
        held = self._world.directory.held_back(grant.municipality)
        several = [_held(device, allowance, now) for device, allowance in held.items()]
        return sorted(several, key=lambda one: one.seconds_ago)

    async def _notice(self) -> None:
        await self._world.directory.start()
        self._world.watching.poke()


def _held(device: DeviceId, allowance: Allowance, now: float) -> HeldBack:
    return HeldBack(device, allowance.held_back, max(0.0, now - allowance.last_held))


def _must_make_sense(pace: Pace, name: str) -> None:
    if not LEAST_RATE <= pace.rate <= MOST_RATE:
        raise Invalid(
            field=f"{name}.messages_per_second", problem=f"{LEAST_RATE} to {MOST_RATE:,.0f}"
        )
    if not 1 <= pace.burst <= MOST_BURST:
        raise Invalid(field=f"{name}.burst", problem=f"1 to {MOST_BURST:,}")
