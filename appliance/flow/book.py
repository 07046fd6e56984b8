"""Everything that admission knows, read as a whole when something of it was changed."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final, TypeVar

from appliance.domain.enclave import ZoneId
from appliance.domain.errors import Invalid
from appliance.domain.hardware import Hardware, dev_eui, imei
from appliance.domain.ids import DeviceId, MunicipalityId, SensorId, UserId
from appliance.domain.instant import Instant
from appliance.domain.pace import DeviceLimits
from appliance.domain.people import ApiToken, Municipality, User
from appliance.domain.sensors import Sensor
from appliance.domain.zones import KnownZone
from appliance.ports.operations import DeviceKey, SystemTables

_SHORTEST: Final = 14
_LONGEST: Final = 24
"""Characters of an EUI or IMEI, with or without separators."""
K = TypeVar("K")
V = TypeVar("V")


@dataclass(frozen=True, slots=True)
class Book:
    """Everything that admission knows, replaced as a whole when something changes."""

    keys: Mapping[bytes, tuple[DeviceKey, ...]] = field(default_factory=dict)
    spent: Mapping[bytes, tuple[DeviceKey, ...]] = field(default_factory=dict)
    """Keys that are no longer valid, and still tell whose a device was."""
    owners: Mapping[str, tuple[MunicipalityId, ...]] = field(default_factory=dict)
    tokens: Mapping[bytes, ApiToken] = field(default_factory=dict)
    municipalities: Mapping[MunicipalityId, Municipality] = field(default_factory=dict)
    limits: Mapping[MunicipalityId, DeviceLimits] = field(default_factory=dict)
    sensors: Mapping[SensorId, Sensor] = field(default_factory=dict)
    behind: Mapping[tuple[MunicipalityId, DeviceId], tuple[Sensor, ...]] = field(
        default_factory=dict
    )
    """The sensors assigned to each gateway."""
    named: Mapping[str, tuple[Sensor, ...]] = field(default_factory=dict)
    """The sensors of each device id, of all municipalities."""
    hardware: Mapping[Hardware, tuple[Sensor, ...]] = field(default_factory=dict)
    """The sensors of each device on its own network, of all municipalities."""
    makers: Mapping[UserId, User] = field(default_factory=dict)
    """Who made tokens: a token may do no more than they may now."""
    zones: Mapping[ZoneId, KnownZone] = field(default_factory=dict)
    next_end: Instant | None = None
    """When the next of the keys ends."""

    def proves(self, digest: bytes, owners: Iterable[MunicipalityId]) -> MunicipalityId | None:
        """Name the one of the owners whose key this is or was, if it is just one."""
        known = (*self.keys.get(digest, ()), *self.spent.get(digest, ()))
        whose = {key.sensor.municipality for key in known} & set(owners)
        return whose.pop() if len(whose) == 1 else None


def read_book(tables: SystemTables, now: Instant) -> Book:
    """Read everything anew."""
    valid, spent = tables.device_keys(now), tables.spent_keys(now)
    sensors = {key.sensor.id: key.sensor for key in (*spent, *valid)}
    several = sensors.values()
    ends = [key.until for key in valid if key.until is not None]
    tokens = tables.api_tokens()
    makers = {token.created_by for token in tokens}
    return Book(
        keys=_gathered((key.digest, key) for key in valid),
        spent=_gathered((key.digest, key) for key in spent),
        owners=_gathered((str(s.device_id), s.municipality) for s in several),
        tokens={token.token_hash: token for token in tokens},
        makers={user.id: user for user in tables.users() if user.id in makers} if makers else {},
        zones=tables.known_zones(),
        municipalities={m.id: m for m in tables.municipalities()},
        limits=tables.rate_limits(),
        sensors=sensors,
        behind=_gathered(
            ((s.municipality, s.gateway), s) for s in several if s.gateway is not None
        ),
        named=_gathered((str(s.device_id), s) for s in several),
        hardware=_gathered((name, s) for s in several for name in names_of(s)),
        next_end=min(ends, default=None),
    )


def names_of(sensor: Sensor) -> tuple[Hardware, ...]:
    """Give what the device may be called on its network; a device id can be such a name itself."""
    if sensor.hardware is not None:
        return (sensor.hardware,)
    if not _SHORTEST <= len(sensor.device_id) <= _LONGEST:
        return ()
    found = []
    for read in (dev_eui, imei):
        try:
            found.append(read(sensor.device_id))
        except Invalid:
            continue
    return tuple(found)


def _gathered(pairs: Iterable[tuple[K, V]]) -> dict[K, tuple[V, ...]]:
    lists: dict[K, list[V]] = {}
    for key, value in pairs:
        lists.setdefault(key, []).append(value)
    return {key: tuple(values) for key, values in lists.items()}
