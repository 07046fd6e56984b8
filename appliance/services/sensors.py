"""Sensors: the measured points of a network, and the keys of their devices."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Final, NamedTuple

from appliance.detection.patterns import days_of
from appliance.domain.access import Grant, ManageDevices, ViewNetwork
from appliance.domain.devices import key_digest
from appliance.domain.errors import Conflict, Invalid, NotFound
from appliance.domain.hardware import LONGEST_CHANNEL, Hardware
from appliance.domain.ids import AssetId, DeviceId, SensorId
from appliance.domain.instant import SECOND, Instant
from appliance.domain.quantities import Unit
from appliance.domain.sayings import saying
from appliance.domain.sensors import (
    LastContact,
    Limits,
    Position,
    Sensor,
    SensorStatus,
    SensorType,
    unit_for,
)
from appliance.flow.learning import still_learning
from appliance.ports.pages import Page, SensorFilter
from appliance.ports.tables import Tables
from appliance.services.freshness import Freshness
from appliance.services.names import must_be_named
from appliance.services.world import World

TOKEN_NAME: Final = "token"  # noqa: S105  a user name
LONGEST_DEVICE_ID: Final = 128
LONGEST_GRACE: Final = 7 * 86_400.0


class HowFar(NamedTuple):
    """How far learning a sensor's pattern is."""

    words: str
    days: int | None
    """So many of the 14 that are needed were seen; None where it is not days that lack."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NewSensor:
    """A sensor that shall report."""

    device_id: str
    name: str
    sensor_type: str
    """The type's code."""
    unit: str | None = None
    protocol: str = "mqtt"
    position: Position | None = None
    pipeline: AssetId | None = None
    status: SensorStatus = SensorStatus.ACTIVE
    whitelisted: bool = True
    low: float | None = None
    """The operating limits, in the sensor's unit."""
    high: float | None = None
    gateway: str | None = None
    """The device id of a gateway that reports for it besides itself."""
    hardware: Hardware | None = None
    """What its device is called on its own network."""
    channel: str | None = None
    """Which of that device's values this is."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SensorChanges:
    """What to change: field name → new value, for the fields of NewSensor except `device_id`."""

    fields: dict[str, object] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class AddedSensor:
    """A sensor just added, or with a new key; the key is shown this once."""

    sensor: Sensor
    api_key: str


class Sensors:
    """Adds, changes and lists sensors; admission knows of a change when the call returns."""

    def __init__(self, world: World, freshness: Freshness) -> None:
        self._world = world
        self._freshness = freshness

    async def page(
        self, grant: Grant[ViewNetwork], chosen: SensorFilter, page: Page
    ) -> tuple[list[Sensor], int]:
        """Give one page by name, and how many there are in all."""
        return await self._world.operations.read(
            grant.municipality, lambda t: t.sensors.page(chosen, page)
        )

    async def get(self, grant: Grant[ViewNetwork], sensor: SensorId) -> tuple[Sensor, HowFar]:
        """Give one, and how far learning its own pattern is; no words when it is learned."""

        def query(tables: Tables) -> tuple[Sensor, HowFar]:
            words = still_learning(tables, sensor)
            return found(tables, sensor), HowFar(words, days_of(words))

        return await self._world.operations.read(grant.municipality, query)

    async def contacts_known(self) -> None:
        """Wait until `contact` says what the newest durable readings said."""
        await self._freshness.watch()

    def contact(self, grant: Grant[ViewNetwork], sensor: Sensor) -> LastContact:
        """Give what is known of a sensor's device from its latest messages."""
        if sensor.municipality != grant.municipality:
            raise NotFound(kind="sensor", name=sensor.id)
        return self._world.watching.contacts.get(sensor.id) or LastContact(sensor.id)

    def contacts(self) -> Callable[[Sensor], LastContact]:
        """Give what tells the contacts of sensors that were found under a grant."""
        known = self._world.watching.contacts
        return lambda sensor: known.get(sensor.id) or LastContact(sensor.id)

    async def add(self, grant: Grant[ManageDevices], new: NewSensor) -> AddedSensor:
        """Add one with a new key; Conflict when the municipality has such a device already."""
        must_be_a_device_id(new.device_id)
        must_be_named(new.name, "name")
        api_key = self._world.ids.new_secret()
        sensor_id = SensorId(self._world.ids.new_id())
        now = self._world.clock.now()

        def change(tables: Tables) -> Sensor:
            sensor = _made(tables, grant, new, sensor_id, now)
            if tables.sensors.by_device(sensor.device_id) is not None:
                raise Conflict(
                    what=saying(
                        "device_there", "there is a device {name!r} already", name=sensor.device_id
                    )
                )
            tables.sensors.add([(sensor, key_digest(api_key))])
            return sensor

        sensor = await self._world.operations.write(grant.municipality, change)
        await self._notice()
        return AddedSensor(sensor, api_key)

    async def change(
        self, grant: Grant[ManageDevices], sensor: SensorId, changes: SensorChanges
    ) -> Sensor:
        """Change one; its quantity stays, because its history is kept in it."""
        now = self._world.clock.now()

        def change(tables: Tables) -> Sensor:
            changed = _changed(tables, found(tables, sensor), changes, now)
            tables.sensors.change(changed)
            return changed

        changed = await self._world.operations.write(grant.municipality, change)
        await self._notice()
        return changed

    async def remove(self, grant: Grant[ManageDevices], sensor: SensorId) -> None:
        """Remove one with its keys; its alerts stay."""

        def change(tables: Tables) -> None:
            found(tables, sensor)
            tables.sensors.remove(sensor)

        await self._world.operations.write(grant.municipality, change)
        await self._notice()

    async def rotate_key(
        self, grant: Grant[ManageDevices], sensor: SensorId, old_valid_for: float = 0.0
    ) -> AddedSensor:
        """Give the device a new key; the old one stays valid for so many seconds."""
        if not 0 <= old_valid_for <= LONGEST_GRACE:
            raise Invalid(field="old_valid_for_seconds", problem="0 to 604,800 (a week)")
        api_key = self._world.ids.new_secret()
        until = Instant(self._world.clock.now() + int(old_valid_for * SECOND))

        def change(tables: Tables) -> Sensor:
            kept = found(tables, sensor)
            tables.sensors.rotate_key(sensor, key_digest(api_key), old_until=until)
            return kept

        kept = await self._world.operations.write(grant.municipality, change)
        await self._notice()
        return AddedSensor(kept, api_key)

    async def _notice(self) -> None:
        await self._world.directory.start()
        self._world.watching.poke()


def found(tables: Tables, sensor: SensorId) -> Sensor:
    """Give a sensor, or raise NotFound."""
    there = tables.sensors.get(sensor)
    if there is None:
        raise NotFound(kind="sensor", name=sensor)
    return there


def must_be_a_device_id(text: str) -> None:
    """Raise Invalid for what can't be an MQTT topic level [MQTT-4.7.1-1] or a user name."""
    if not text or len(text) > LONGEST_DEVICE_ID:
        raise Invalid(
            field="device_id",
            problem=saying("characters", "1 to {most:,} characters", most=LONGEST_DEVICE_ID),
        )
    if any(c in "/+#" or c.isspace() or not c.isprintable() for c in text):
        raise Invalid(field="device_id", problem=saying("no_such_signs", "no spaces, /, + or #"))
    if text.casefold() == TOKEN_NAME:
        raise Invalid(
            field="device_id",
            problem=saying("name_of_tokens", "this is the MQTT user name of API tokens"),
        )


def type_coded(tables: Tables, code: str) -> SensorType:
    """Give the type with this code, or raise Invalid naming those there are."""
    types = {one.code.casefold(): one for one in tables.sensors.types()}
    known = types.get(code.strip().casefold())
    if known is None:
        names = ", ".join(sorted(one.code for one in types.values())) or "none"
        raise Invalid(
            field="sensor_type",
            problem=saying(
                "no_type", "there is no type {name!r}; known: {known}", name=code, known=names
            ),
        )
    return known


def _made(
    tables: Tables, grant: Grant[ManageDevices], new: NewSensor, sensor_id: SensorId, now: Instant
) -> Sensor:
    sensor_type = type_coded(tables, new.sensor_type)
    unit = unit_for(sensor_type, new.unit)
    _must_be_a_pipeline(tables, new.pipeline)
    return Sensor(
        id=sensor_id,
        municipality=grant.municipality,
        device_id=DeviceId(new.device_id),
        name=new.name.strip(),
        type=sensor_type,
        unit=unit,
        status=new.status,
        whitelisted=new.whitelisted,
        protocol=new.protocol,
        position=new.position,
        pipeline=new.pipeline,
        operating=limits_in(unit, new.low, new.high),
        created_at=now,
        updated_at=now,
        gateway=_gateway(tables, new),
        hardware=new.hardware,
        channel=_channel(tables, new),
    )


def _changed(tables: Tables, sensor: Sensor, changes: SensorChanges, now: Instant) -> Sensor:
    wanted = replace(_as_new(sensor), **changes.fields)  # type: ignore[arg-type]
    must_be_named(wanted.name, "name")
    sensor_type = type_coded(tables, wanted.sensor_type)
    if sensor_type.quantity is not sensor.type.quantity:
        raise Conflict(
            what=saying(
                "other_quantity",
                "this sensor's readings are a {quantity}",
                quantity=sensor.type.quantity.value,
            )
        )
    unit = unit_for(sensor_type, wanted.unit)
    _must_be_a_pipeline(tables, wanted.pipeline)
    return replace(
        sensor,
        name=wanted.name.strip(),
        type=sensor_type,
        unit=unit,
        status=wanted.status,
        whitelisted=wanted.whitelisted,
        protocol=wanted.protocol,
        position=wanted.position,
        pipeline=wanted.pipeline,
        operating=limits_in(unit, wanted.low, wanted.high),
        updated_at=now,
        gateway=_gateway(tables, wanted),
        hardware=wanted.hardware,
        channel=_channel(tables, wanted),
    )


def _as_new(sensor: Sensor) -> NewSensor:
    low, high = sensor.operating.low, sensor.operating.high
    return NewSensor(
        device_id=sensor.device_id,
        name=sensor.name,
        sensor_type=sensor.type.code,
        unit=sensor.unit.symbol,
        protocol=sensor.protocol,
        position=sensor.position,
        pipeline=sensor.pipeline,
        status=sensor.status,
        whitelisted=sensor.whitelisted,
        low=None if low is None else sensor.unit.from_si(low),
        high=None if high is None else sensor.unit.from_si(high),
        gateway=sensor.gateway,
        hardware=sensor.hardware,
        channel=sensor.channel,
    )


def _must_be_a_pipeline(tables: Tables, pipeline: AssetId | None) -> None:
    if pipeline is not None and tables.network.pipeline(pipeline) is None:
        raise Invalid(
            field="pipeline_id",
            problem=saying("no_asset", "there is no pipeline {name}", name=pipeline),
        )


def _gateway(tables: Tables, wanted: NewSensor) -> DeviceId | None:
    if wanted.gateway is None:
        return None
    gateway = DeviceId(wanted.gateway)
    if gateway == wanted.device_id:
        raise Invalid(
            field="gateway_device_id",
            problem=saying("own_gateway", "a device is not its own gateway"),
        )
    if tables.sensors.by_device(gateway) is None:
        raise Invalid(
            field="gateway_device_id",
            problem=saying("no_device", "there is no device {name!r}", name=gateway),
        )
    return gateway


def _channel(tables: Tables, wanted: NewSensor) -> str | None:
    """Give the channel; Invalid or Conflict where it could not be told from another's."""
    channel = (wanted.channel or "").strip() or None
    if channel is not None and (len(channel) > LONGEST_CHANNEL or not channel.isprintable()):
        raise Invalid(
            field="channel",
            problem=saying("characters", "1 to {most} printable characters", most=LONGEST_CHANNEL),
        )
    if wanted.hardware is not None:
        code = wanted.sensor_type.strip().casefold()
        for other in tables.sensors.of_hardware(wanted.hardware):
            if other.device_id == wanted.device_id or other.channel != channel:
                continue
            if other.type.code.casefold() == code:
                same = saying(
                    "channel_taken",
                    "{name!r} has this channel of {number} already",
                    name=other.device_id,
                    number=wanted.hardware.number,
                )
                raise Conflict(what=same)
    return channel


def limits_in(unit: Unit, low: float | None, high: float | None) -> Limits:
    """Give limits in SI from limits in a unit; Invalid when they are the wrong way round."""
    if low is not None and high is not None and low > high:
        raise Invalid(
            field="threshold_config", problem=saying("min_over_max", "min is greater than max")
        )
    return Limits(
        None if low is None else unit.to_si(low), None if high is None else unit.to_si(high)
    )
