"""The devices that knocked and that nobody knows."""

from operator import attrgetter
from typing import Annotated

from msgspec import Meta, Struct

from appliance.domain.access import InspectIntake, ManageDevices
from appliance.domain.knocks import Knock
from appliance.domain.readings import Door
from appliance.services.knocks import Claim
from web.api.sensors import Name, SensorWithKey, Unit, with_key
from web.asking import Ask, Reply
from web.listings import Listing
from web.paging import part_of
from web.routes import PREFIX, Route
from web.shapes import Id, Time, time


class KnockQuery(Struct, frozen=True):
    """Which part of the list."""

    limit: Annotated[int, Meta(ge=1, le=1_000)] = 100
    offset: Annotated[int, Meta(ge=0, le=10_000)] = 0
    q: Annotated[str, Meta(max_length=200)] | None = None
    """Text in the device's id, case ignored."""


class KnockOut(Struct, frozen=True):
    """A device that is not known, as it was seen last."""

    id: int
    device_id: str
    door: Door
    address: str
    first_seen: Time
    last_seen: Time
    count: int
    payload: str
    """The beginning of what it sent last; empty where it got no further than its name."""
    gateway_device_id: str | None
    """The gateway that brought it."""
    municipality_id: int | None
    """Whose gateway that is; null where nothing says whose the device is."""


class ClaimIn(Struct, frozen=True):
    """What the device shall be."""

    name: Name
    sensor_type: Name
    unit: Unit | None = None
    device_id: Name | None = None
    channel: Name | None = None
    municipality_id: Id | None = None


async def list_knocks(ask: Ask[InspectIntake]) -> Reply:
    """Give those that one may see, those that knocked last first."""
    grants = await ask.every()
    found = {k.id: k for grant in grants for k in await ask.services.knocks.of(grant)}
    if ask.is_everywhere():
        found |= {k.id: k for k in await ask.services.knocks.of_nobody(ask.beyond())}
    return part_of(ask, list(found.values())).written(ask, _out)


async def claim(ask: Ask[ManageDevices]) -> SensorWithKey:
    """Let one in."""
    said: ClaimIn = ask.body
    wanted = Claim(
        name=said.name,
        sensor_type=said.sensor_type,
        unit=said.unit,
        device_id=said.device_id,
        channel=said.channel,
    )
    grant = await ask.one(said.municipality_id)
    return with_key(await ask.services.knocks.claim(grant, ask.path["knock"], wanted))


def _out(knock: Knock) -> KnockOut:
    return KnockOut(
        id=knock.id,
        device_id=knock.device_id,
        door=knock.door,
        address=knock.address,
        first_seen=time(knock.first_seen),
        last_seen=time(knock.last_seen),
        count=knock.count,
        payload=knock.payload,
        gateway_device_id=knock.gateway,
        municipality_id=knock.municipality,
    )


ROUTES = (
    Route(
        method="GET",
        path=f"{PREFIX}/devices/knocks",
        access=InspectIntake,
        handler=list_knocks,
        query=KnockQuery,
        answer=list[KnockOut],
        listing=Listing(
            ("-last_seen",),
            {
                "last_seen": attrgetter("last_seen"),
                "first_seen": attrgetter("first_seen"),
                "count": attrgetter("count"),
                "device_id": attrgetter("device_id"),
            },
            text=attrgetter("device_id"),
        ),
        summary="Devices that knocked and that nobody knows, since the start",
    ),
    Route(
        method="POST",
        path=f"{PREFIX}/devices/knocks/{{knock}}/claim",
        access=ManageDevices,
        handler=claim,
        body=ClaimIn,
        answer=SensorWithKey,
        status=201,
        summary="Make a sensor of a device that knocked; its key is shown this once",
    ),
)
