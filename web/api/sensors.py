"""Sensors: the list of the control room, one sensor of the phone, and their keys."""

from operator import attrgetter
from typing import Annotated, Any, Final

from msgspec import UNSET, Meta, Struct, UnsetType

from appliance.domain.access import Grant, ManageDevices, ViewNetwork
from appliance.domain.errors import Invalid
from appliance.domain.hardware import PROTOCOLS, Hardware, HardwareKind, dev_eui, imei, phone
from appliance.domain.ids import AssetId, SensorId
from appliance.domain.quantities import Quantity
from appliance.domain.sensors import LastContact, Sensor, SensorStatus
from appliance.ports.pages import SensorFilter
from appliance.services.sensors import AddedSensor, HowFar, NewSensor, SensorChanges
from web.asking import Ask, Reply
from web.listings import Listing
from web.paging import listing, page_of
from web.routes import PREFIX, Route
from web.sensor_rows import SensorRows
from web.shapes import Id, Limits, Point, Time, given, point, position, time, time_or_none

HARDWARE: Final = {"dev_eui": dev_eui, "imei": imei, "phone_number": phone}
"""How what a device is called on each network is read."""
Name = Annotated[str, Meta(min_length=1, max_length=128)]
Unit = Annotated[str, Meta(max_length=32)]


class SensorQuery(Struct, frozen=True):
    """Which sensors."""

    limit: Annotated[int, Meta(ge=1, le=50_000)] = 10_000
    offset: Annotated[int, Meta(ge=0, le=2**31)] = 0
    status: SensorStatus | None = None
    sensor_type: str | None = None
    device_id: str | None = None
    zone_id: Id | None = None
    q: Annotated[str, Meta(max_length=200)] | None = None
    """Text in the name or the device's id, case ignored."""
    search: str | None = None
    """The same as `q`."""


class TypeOfSensor(Struct, frozen=True):
    """What a sensor measures."""

    id: int
    code: str
    name: str
    quantity: Quantity
    unit: str


class SensorRow(Struct, frozen=True):
    """A sensor in a list, with the last that was heard of it."""

    id: int
    device_id: str
    name: str
    status: SensorStatus
    protocol: str
    sensor_type: str
    unit: str
    location: Point | None
    battery_level: float | None
    signal_strength: float | None
    last_seen_at: Time | None
    last_reading_at: Time | None
    last_reading: float | None
    whitelisted: bool
    threshold_config: Limits
    municipality_id: int
    pipeline_id: int | None
    gateway_device_id: str | None
    """The device of the same municipality that reports for this one besides itself."""
    dev_eui: str | None
    """What the device is called on LoRaWAN."""
    imei: str | None
    phone_number: str | None
    channel: str | None
    """Which of that device's values this is; null: the only one of its quantity."""
    created_at: Time
    updated_at: Time


class SensorDetail(SensorRow, frozen=True, kw_only=True):
    """One sensor; its type is an object here."""

    sensor_type: TypeOfSensor  # type: ignore[assignment]
    learning: str
    """How far learning its own pattern is; empty when it is learned."""
    learning_days: int | None
    """So many of the 14 days that are needed have been seen; null where it is not days that lack."""


class SensorWithKey(SensorRow, frozen=True, kw_only=True):
    """A sensor and its new key, which is shown this once."""

    api_key: str


class SensorIn(Struct, frozen=True):
    """A sensor that shall report."""

    device_id: Name
    name: Name
    sensor_type: Name
    unit: Unit | None = None
    municipality_id: Id | None = None
    location: Point | None = None
    pipeline_id: Id | None = None
    gateway_device_id: Name | None = None
    dev_eui: Name | None = None
    imei: Name | None = None
    phone_number: Name | None = None
    channel: Name | None = None
    protocol: Unit | None = None
    """As its network says, else `mqtt`, if not given."""
    status: SensorStatus = SensorStatus.ACTIVE
    whitelisted: bool = True
    threshold_config: Limits | None = None


class SensorPatch(Struct, frozen=True):
    """What to change."""

    name: Name | UnsetType = UNSET
    sensor_type: Name | UnsetType = UNSET
    unit: Unit | UnsetType = UNSET
    location: Point | UnsetType | None = UNSET
    pipeline_id: Id | UnsetType | None = UNSET
    gateway_device_id: Name | UnsetType | None = UNSET
    dev_eui: Name | UnsetType | None = UNSET
    imei: Name | UnsetType | None = UNSET
    phone_number: Name | UnsetType | None = UNSET
    channel: Name | UnsetType | None = UNSET
    protocol: Unit | UnsetType = UNSET
    status: SensorStatus | UnsetType = UNSET
    whitelisted: bool | UnsetType = UNSET
    threshold_config: Limits | UnsetType | None = UNSET


class Rotation(Struct, frozen=True):
    """How long the old key still works."""

    old_valid_for_seconds: float = 0.0


async def list_sensors(ask: Ask[ViewNetwork]) -> Reply:
    """Give a page of sensors."""
    query: SensorQuery = ask.query
    chosen = SensorFilter(
        status=query.status,
        sensor_type=query.sensor_type,
        search=query.q or query.search,
        device=query.device_id,
        zone=query.zone_id,
    )
    sensors = ask.services.sensors
    await sensors.contacts_known()
    part = await page_of(ask, lambda grant, page: sensors.page(grant, chosen, page))
    rows = await _ROWS.of(part.rows, sensors.contacts())
    return listing(ask, rows, part.total, part.cursor)


async def get_sensor(ask: Ask[ViewNetwork]) -> SensorDetail:
    """Give one sensor."""
    sensor_id, sensors = SensorId(ask.path["sensor"]), ask.services.sensors
    await sensors.contacts_known()

    async def find(grant: Grant[ViewNetwork]) -> SensorDetail:
        sensor, learning = await sensors.get(grant, sensor_id)
        return detail(sensor, sensors.contact(grant, sensor), learning)

    return await ask.found(find)


async def add_sensor(ask: Ask[ManageDevices]) -> SensorWithKey:
    """Add a sensor."""
    said: SensorIn = ask.body
    limits = said.threshold_config or Limits()
    hardware = _hardware(dev_eui=said.dev_eui, imei=said.imei, phone_number=said.phone_number)
    new = NewSensor(
        device_id=said.device_id,
        name=said.name,
        sensor_type=said.sensor_type,
        unit=said.unit,
        protocol=said.protocol or (PROTOCOLS[hardware.kind] if hardware else "mqtt"),
        position=position(said.location),
        pipeline=None if said.pipeline_id is None else AssetId(said.pipeline_id),
        status=said.status,
        whitelisted=said.whitelisted,
        low=limits.min,
        high=limits.max,
        gateway=said.gateway_device_id,
        hardware=hardware,
        channel=said.channel,
    )
    grant = await ask.one(said.municipality_id)
    return with_key(await ask.services.sensors.add(grant, new))


async def change_sensor(ask: Ask[ManageDevices]) -> SensorRow:
    """Change a sensor."""
    fields = given(ask.body)
    if "location" in fields:
        fields["position"] = position(fields.pop("location"))
    if "pipeline_id" in fields:
        fields["pipeline"] = fields.pop("pipeline_id")
    if "gateway_device_id" in fields:
        fields["gateway"] = fields.pop("gateway_device_id")
    if names := {name: fields.pop(name) for name in HARDWARE if name in fields}:
        fields["hardware"] = _hardware(**names)
    if "threshold_config" in fields:
        limits = fields.pop("threshold_config") or Limits()
        fields |= {"low": limits.min, "high": limits.max}
    changes, sensors = SensorChanges(fields=fields), ask.services.sensors
    sensor_id = SensorId(ask.path["sensor"])

    async def change(grant: Grant[ManageDevices]) -> SensorRow:
        changed = await sensors.change(grant, sensor_id, changes)
        return row(changed, sensors.contact(grant, changed))

    return await ask.found(change)


async def remove_sensor(ask: Ask[ManageDevices]) -> Reply:
    """Remove a sensor."""
    sensor_id = SensorId(ask.path["sensor"])
    await ask.found(lambda grant: ask.services.sensors.remove(grant, sensor_id))
    return Reply(status=204)


async def rotate_key(ask: Ask[ManageDevices]) -> SensorWithKey:
    """Give a sensor's device a new key."""
    sensor_id, seconds = SensorId(ask.path["sensor"]), ask.body.old_valid_for_seconds
    return with_key(
        await ask.found(lambda grant: ask.services.sensors.rotate_key(grant, sensor_id, seconds))
    )


def _hardware(**names: str | None) -> Hardware | None:
    """Read what a device is called on its own network: one name, for it is on one network."""
    given_names = {name: text for name, text in names.items() if text is not None}
    if len(given_names) > 1:
        raise Invalid(field=max(given_names), problem="a device is on one network only")
    return next((HARDWARE[name](text) for name, text in given_names.items()), None)


def _number(sensor: Sensor, kind: HardwareKind) -> str | None:
    known = sensor.hardware
    return known.number if known is not None and known.kind is kind else None


def row(sensor: Sensor, contact: LastContact) -> SensorRow:
    """Write a sensor for a list."""
    return SensorRow(**_fields(sensor, contact))


_ROWS: Final = SensorRows(row)


def detail(sensor: Sensor, contact: LastContact, learning: HowFar) -> SensorDetail:
    """Write one sensor."""
    kind = sensor.type
    described = TypeOfSensor(kind.id, kind.code, kind.name, kind.quantity, sensor.unit.symbol)
    fields = _fields(sensor, contact) | {"sensor_type": described}
    return SensorDetail(**fields, learning=learning.words, learning_days=learning.days)


def with_key(added: AddedSensor) -> SensorWithKey:
    """Write a sensor and its key."""
    fields = _fields(added.sensor, LastContact(added.sensor.id))
    return SensorWithKey(**fields, api_key=added.api_key)


def _fields(sensor: Sensor, contact: LastContact) -> dict[str, Any]:
    unit, value = sensor.unit, contact.value_si
    limits = sensor.limits
    return {
        "id": sensor.id,
        "device_id": sensor.device_id,
        "name": sensor.name,
        "status": sensor.status,
        "protocol": sensor.protocol,
        "sensor_type": sensor.type.code,
        "unit": unit.symbol,
        "location": point(sensor.position),
        "battery_level": contact.battery_percent,
        "signal_strength": contact.signal_dbm,
        "last_seen_at": time_or_none(contact.arrived),
        "last_reading_at": time_or_none(contact.time),
        "last_reading": None if value is None else unit.from_si(value),
        "whitelisted": sensor.whitelisted,
        "threshold_config": Limits(
            None if limits.low is None else unit.from_si(limits.low),
            None if limits.high is None else unit.from_si(limits.high),
        ),
        "municipality_id": sensor.municipality,
        "pipeline_id": sensor.pipeline,
        "gateway_device_id": sensor.gateway,
        "dev_eui": _number(sensor, HardwareKind.EUI),
        "imei": _number(sensor, HardwareKind.IMEI),
        "phone_number": _number(sensor, HardwareKind.PHONE),
        "channel": sensor.channel,
        "created_at": time(sensor.created_at),
        "updated_at": time(sensor.updated_at),
    }


ROUTES = (
    Route(
        method="GET",
        path=f"{PREFIX}/sensors",
        access=ViewNetwork,
        handler=list_sensors,
        query=SensorQuery,
        answer=list[SensorRow],
        listing=Listing(
            ("name",),
            {
                "name": lambda s: f"{s.name.casefold()}\n{s.device_id.casefold()}",
                "device_id": attrgetter("device_id"),
                "status": attrgetter("status"),
                "created_at": attrgetter("created_at"),
                "updated_at": attrgetter("updated_at"),
            },
        ),
        summary="Sensors by name, with the last that was heard of each",
    ),
    Route(
        method="POST",
        path=f"{PREFIX}/sensors",
        access=ManageDevices,
        handler=add_sensor,
        body=SensorIn,
        answer=SensorWithKey,
        status=201,
        summary="Add a sensor; its key is shown this once",
    ),
    Route(
        method="GET",
        path=f"{PREFIX}/sensors/{{sensor}}",
        access=ViewNetwork,
        handler=get_sensor,
        answer=SensorDetail,
        summary="One sensor, its type as an object",
    ),
    Route(
        method="PATCH",
        path=f"{PREFIX}/sensors/{{sensor}}",
        access=ManageDevices,
        handler=change_sensor,
        body=SensorPatch,
        answer=SensorRow,
        summary="Change a sensor",
    ),
    Route(
        method="DELETE",
        path=f"{PREFIX}/sensors/{{sensor}}",
        access=ManageDevices,
        handler=remove_sensor,
        status=204,
        summary="Remove a sensor with its keys; its alerts stay",
    ),
    Route(
        method="POST",
        path=f"{PREFIX}/sensors/{{sensor}}/rotate-key",
        access=ManageDevices,
        handler=rotate_key,
        body=Rotation,
        answer=SensorWithKey,
        summary="Give the device a new key; the old one stays valid as long as is said",
    ),
)
