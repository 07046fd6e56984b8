"""The devices that knocked and that nobody knows: looked at, and let in in one step."""

from dataclasses import dataclass

from appliance.domain.access import (
    AdministerSystem,
    Grant,
    InspectIntake,
    ManageDevices,
    Permission,
    Role,
    SystemGrant,
)
from appliance.domain.errors import NotFound
from appliance.domain.hardware import PROTOCOLS
from appliance.domain.ids import MunicipalityId
from appliance.domain.knocks import Knock
from appliance.services.audit.recording import author
from appliance.services.sensors import AddedSensor, NewSensor, Sensors
from appliance.services.world import World


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """What the device that knocked shall be."""

    name: str
    sensor_type: str
    unit: str | None = None
    device_id: str | None = None
    """None: as it called itself."""
    channel: str | None = None


class KnockList:
    """Shows who knocked, to whom it may concern.

    A device without valid credentials belongs to nobody: neither its name nor its address says whose it
    is. A municipality sees those that a gateway of its own brought; and everybody, if there is no other
    municipality. The super admin sees all, and lets them into the municipality that they name.
    """

    def __init__(self, world: World, sensors: Sensors) -> None:
        self._world = world
        self._sensors = sensors

    async def of(self, grant: Grant[InspectIntake]) -> list[Knock]:
        """Give those that concern a municipality, those that knocked last first."""
        who = author()
        if who.looks_in:  # they are in memory: no database says who looked
            await self._world.audit.looked(who, {grant.municipality})
        return await self._visible(grant)

    async def of_nobody(self, grant: SystemGrant[AdministerSystem]) -> list[Knock]:
        """Give those of which nothing says whose they are."""
        del grant
        return self._world.knocks.of(None)

    async def claim(self, grant: Grant[ManageDevices], knock: int, claim: Claim) -> AddedSensor:
        """Make a sensor of a device that knocked, and give its key.

        NotFound for what is not the municipality's to see; Conflict when it has such a device already.
        """
        visible = await self._visible(grant)
        if grant.actor.role is Role.SUPER_ADMIN:
            visible = [*self._world.knocks.of(grant.municipality), *self._world.knocks.of(None)]
        found = next((each for each in visible if each.id == knock), None)
        if found is None:
            raise NotFound(kind="knock", name=knock)
        kind = None if found.hardware is None else found.hardware.kind
        new = NewSensor(
            device_id=claim.device_id or found.device_id,
            name=claim.name,
            sensor_type=claim.sensor_type,
            unit=claim.unit,
            protocol=found.door.value if kind is None else PROTOCOLS[kind],
            gateway=found.gateway,
            hardware=found.hardware,
            channel=claim.channel,
        )
        added = await self._sensors.add(grant, new)
        self._world.knocks.forget(found)
        return added

    async def _visible(self, grant: Grant[Permission]) -> list[Knock]:
        knocks = self._world.knocks
        mine = knocks.of(grant.municipality)
        if await self._is_alone(grant.municipality):
            mine = [*mine, *knocks.of(None)]
        return sorted(mine, key=lambda knock: knock.last_seen, reverse=True)

    async def _is_alone(self, municipality: MunicipalityId) -> bool:
        everywhere = await self._world.operations.read_system(lambda t: t.municipalities())
        real = [m.id for m in everywhere if not m.demo] or [m.id for m in everywhere]
        return real == [municipality]
