"""Admit: who a device or a subscriber is, answered from memory."""

import asyncio
import contextlib
import hmac
import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Final

from appliance.domain.access import Actor
from appliance.domain.devices import key_digest
from appliance.domain.ids import DeviceId, MunicipalityId, SensorId
from appliance.domain.instant import Instant
from appliance.domain.people import ApiToken, Municipality
from appliance.domain.readings import AdmittedDevice, Reason, Refusal
from appliance.domain.sensors import Sensor, SensorStatus
from appliance.ports.clock import Clock
from appliance.ports.operations import DeviceKey, Operations, SystemTables

_log = logging.getLogger(__name__)

LOOK_EVERY: Final = 0.5
"""Seconds between looks at whether something was changed, also by another process."""
USUAL_LATENESS: Final = 3_600_000_000


@dataclass(frozen=True, slots=True)
class Book:
    """Everything that admission knows, replaced as a whole when something changes."""

    keys: Mapping[bytes, tuple[DeviceKey, ...]] = field(default_factory=dict)
    owners: Mapping[str, tuple[MunicipalityId, ...]] = field(default_factory=dict)
    tokens: Mapping[bytes, ApiToken] = field(default_factory=dict)
    municipalities: Mapping[MunicipalityId, Municipality] = field(default_factory=dict)
    sensors: Mapping[SensorId, Sensor] = field(default_factory=dict)
    behind: Mapping[tuple[MunicipalityId, DeviceId], tuple[Sensor, ...]] = field(
        default_factory=dict
    )
    """The sensors assigned to each gateway."""


class Registry:
    """Keeps the book in memory and up to date; implements Admission and Subscribers."""

    def __init__(self, operations: Operations, clock: Clock) -> None:
        self._operations = operations
        self._clock = clock
        self._version = -1
        self._changed = asyncio.Event()
        self._listeners: list[Callable[[], None]] = []
        self._one_look = asyncio.Lock()
        self.book = Book()

    async def start(self) -> None:
        """Read the book; devices can be admitted when this returns."""
        await self._look()

    async def run(self) -> None:
        """Read the book again whenever something was changed."""
        while True:
            with contextlib.suppress(TimeoutError):
                # Not wait_for: on Python 3.11 it may swallow a cancellation (gh-86296).
                async with asyncio.timeout(LOOK_EVERY):
                    await self._changed.wait()
            self._changed.clear()
            await self._look()

    def poke(self) -> None:
        """Look now: something was changed."""
        self._changed.set()

    def notify(self, listener: Callable[[], None]) -> None:
        """Have this called after each new book; it must not wait."""
        self._listeners.append(listener)

    async def _look(self) -> None:
        async with self._one_look:  # or an older book might come after a newer one
            await self._look_now()

    async def _look_now(self) -> None:
        version = await self._operations.setup_version()
        if version == self._version:
            return
        now = self._clock.now()
        book = await self._operations.read_system(lambda tables: _read(tables, now))
        self._version = version
        self.book = book
        for listener in self._listeners:
            listener()

    def admit(self, device_id: str, key: str) -> AdmittedDevice | Refusal:
        """Recognise a device by its name and key.

        The key is looked up by its digest, so the time taken says nothing about its characters.
        """
        name = DeviceId(device_id)
        owners = self.book.owners.get(device_id, ())
        if not owners:
            return Refusal(Reason.UNKNOWN_DEVICE, name)
        now = self._clock.now()
        for candidate in self.book.keys.get(key_digest(key), ()):
            if candidate.sensor.device_id == name and _is_valid(candidate, now):
                return self._welcome(candidate.sensor)
        return Refusal(Reason.WRONG_KEY, name, owners)

    def _welcome(self, sensor: Sensor) -> AdmittedDevice | Refusal:
        reason = self._against(sensor)
        if reason is not None:
            return Refusal(reason, sensor.device_id, (sensor.municipality,))
        welcome, refused = {sensor.device_id: sensor}, {}
        for other in self.book.behind.get((sensor.municipality, sensor.device_id), ()):
            against = self._against(other)
            if against is None:
                welcome[other.device_id] = other
            else:
                refused[other.device_id] = against
        return AdmittedDevice(sensor.municipality, sensor.device_id, welcome, refused)

    def _against(self, sensor: Sensor) -> Reason | None:
        """Say why a sensor must not report now, if so."""
        if sensor.status is SensorStatus.INACTIVE:
            return Reason.DISABLED
        municipality = self.book.municipalities[sensor.municipality]
        if municipality.require_whitelist and not sensor.whitelisted:
            return Reason.NOT_WHITELISTED
        return None

    def still_valid(self, device: AdmittedDevice, key: str) -> bool:
        """Say whether the device would be admitted now as what it is."""
        again = self.admit(device.device_id, key)
        return isinstance(again, AdmittedDevice) and again.municipality == device.municipality

    def authenticate(self, token: str) -> Actor | None:
        """Recognise an API token."""
        digest = key_digest(token)
        found = self.book.tokens.get(digest)
        if found is None or not hmac.compare_digest(found.token_hash, digest):
            return None
        if found.expires_at is not None and found.expires_at <= self._clock.now():
            return None
        return Actor(found.created_by, found.name, found.role, found.municipality, found.id)

    def lateness_of(self, municipality: MunicipalityId) -> int:
        """Give the age from which on readings count as late, in microseconds."""
        found = self.book.municipalities.get(municipality)
        return found.lateness if found is not None else USUAL_LATENESS


def _is_valid(key: DeviceKey, now: Instant) -> bool:
    return key.until is None or key.until > now


def _read(tables: SystemTables, now: Instant) -> Book:
    keys: dict[bytes, tuple[DeviceKey, ...]] = {}
    owners: dict[str, tuple[MunicipalityId, ...]] = {}
    sensors: dict[SensorId, Sensor] = {}
    for key in tables.device_keys(now):
        keys[key.digest] = (*keys.get(key.digest, ()), key)
        sensors[key.sensor.id] = key.sensor
    behind: dict[tuple[MunicipalityId, DeviceId], tuple[Sensor, ...]] = {}
    for sensor in sensors.values():
        owners[sensor.device_id] = (*owners.get(sensor.device_id, ()), sensor.municipality)
        if sensor.gateway is not None:
            gateway = (sensor.municipality, sensor.gateway)
            behind[gateway] = (*behind.get(gateway, ()), sensor)
    return Book(
        keys=keys,
        owners=owners,
        tokens={token.token_hash: token for token in tables.api_tokens()},
        municipalities={m.id: m for m in tables.municipalities()},
        sensors=sensors,
        behind=behind,
    )
