"""Admit: who a device or a subscriber is, answered from memory."""

import asyncio
import contextlib
import hmac
import logging
from collections.abc import Callable, Iterator, Mapping
from typing import Final

from appliance.domain.access import Actor
from appliance.domain.devices import key_digest
from appliance.domain.enclave import ZoneId, enclave_of
from appliance.domain.errors import StorageFailed
from appliance.domain.hardware import Hardware
from appliance.domain.ids import DeviceId, MunicipalityId, SensorId, TokenId
from appliance.domain.instant import Instant
from appliance.domain.pace import Allowance
from appliance.domain.readings import AdmittedDevice, AdmittedHardware, Reason, Refusal
from appliance.domain.sensors import Sensor, SensorStatus
from appliance.flow.allowances import Allowances
from appliance.flow.book import Book, read_book
from appliance.flow.horizon import Horizon, horizon_of
from appliance.ports.clock import Clock
from appliance.ports.operations import DeviceKey, Operations, SystemTables

_log = logging.getLogger(__name__)

LOOK_EVERY: Final = 0.5
"""Seconds between looks at whether something was changed, also by another process."""
NOTE_EVERY: Final = 60.0
"""Seconds after which it is noted on disk which keys and tokens were used."""
USUAL_LATENESS: Final = 3_600_000_000


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
        self.edition = 0
        self.allowances = Allowances()
        self._horizons: dict[tuple[MunicipalityId, frozenset[ZoneId]], Horizon] = {}
        """Of this book, by zones; bounded by the people and tokens that are limited."""
        self.tokens_used: dict[TokenId, Instant] = {}
        self.used: dict[tuple[SensorId, bytes], Instant] = {}
        """When keys were shown since that was noted last; bounded by the keys there are."""

    async def start(self) -> None:
        """Read the book; devices can be admitted when this returns."""
        await self._look()

    async def run(self) -> None:
        """Read the book again whenever something was changed, or a key has come to its end."""
        noted = self._clock.monotonic()
        while True:
            with contextlib.suppress(TimeoutError):
                # Not wait_for: on Python 3.11 it may swallow a cancellation (gh-86296).
                async with asyncio.timeout(LOOK_EVERY):
                    await self._changed.wait()
            self._changed.clear()
            await self._look()
            if self._clock.monotonic() >= noted + NOTE_EVERY:
                noted = self._clock.monotonic()
                await self.note_uses()

    async def note_uses(self) -> None:
        """Put on disk when keys were used."""
        uses = [(sensor, digest, at) for (sensor, digest), at in self.used.items()]
        self.used.clear()
        tokens, self.tokens_used = self.tokens_used, {}
        if not uses and not tokens:
            return

        def note(tables: SystemTables) -> None:
            tables.note_key_use(uses)
            tables.note_token_use(tokens)

        with contextlib.suppress(StorageFailed):  # the next use is noted again
            await self._operations.write_system(note)

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
        version, now = await self._operations.setup_version(), self._clock.now()
        ended = self.book.next_end is not None and self.book.next_end <= now
        if version == self._version and not ended:
            return
        self.book = await self._operations.read_system(lambda tables: read_book(tables, now))
        self.edition += 1
        self._version = version
        self._horizons.clear()
        self.allowances.follow(self.book, self._clock.monotonic())
        for listener in self._listeners:
            listener()

    def municipalities(self) -> tuple[MunicipalityId, ...]:
        """Give all, by name."""
        return tuple(self.book.municipalities)

    def admit(self, device_id: str, key: str) -> AdmittedDevice | Refusal:
        """Recognise a device by its name and key.

        The key is looked up by its digest, so the time taken says nothing about its characters.
        """
        name = DeviceId(device_id)
        owners = self.book.owners.get(device_id, ())
        if not owners:
            return Refusal(Reason.UNKNOWN_DEVICE, name)
        digest = key_digest(key)
        for candidate in self._valid(digest):
            if candidate.sensor.device_id == name:
                self._note_use(candidate)
                return self._welcome(candidate.sensor)
        return self._wrong_key(digest, name, owners)

    def admit_hardware(self, hardware: Hardware, key: str) -> AdmittedHardware | Refusal:
        """Recognise a device by its name on its own network, and its own key or a gateway's."""
        sensors = self.book.hardware.get(hardware, ())
        return self._admit(DeviceId(hardware.number), sensors, key, hardware)

    def admit_named(
        self, device_id: str, key: str, hardware: Hardware
    ) -> AdmittedHardware | Refusal:
        """Recognise a device by its device id, and its own key or a gateway's.

        `hardware` is what its network calls it, should nobody know it.
        """
        sensors = self.book.named.get(device_id, ())
        return self._admit(DeviceId(device_id), sensors, key, hardware)

    def speaker(self, key: str) -> Sensor | None:
        """Say whose key this is."""
        return next((valid.sensor for valid in self._valid(key_digest(key))), None)

    def _admit(
        self, name: DeviceId, sensors: tuple[Sensor, ...], key: str, hardware: Hardware
    ) -> AdmittedHardware | Refusal:
        digest, speaker = key_digest(key), None
        for candidate in self._valid(digest):
            speaker = candidate.sensor
            here = [s for s in sensors if s.municipality == speaker.municipality]
            own = speaker in here
            meant = here if own else [s for s in here if s.gateway == speaker.device_id]
            if meant:
                self._note_use(candidate)
                return self._speaking(speaker, tuple(meant), by_gateway=not own)
        owners = tuple(dict.fromkeys(s.municipality for s in sensors))
        if speaker is not None and speaker.municipality not in owners:
            whose, by = (speaker.municipality,), speaker.device_id
            return Refusal(Reason.UNKNOWN_DEVICE, name, whose, relayed_by=by, hardware=hardware)
        if not sensors:
            return Refusal(Reason.UNKNOWN_DEVICE, name, hardware=hardware)
        return self._wrong_key(digest, name, owners)

    def _valid(self, digest: bytes) -> Iterator[DeviceKey]:
        now = self._clock.now()
        return (k for k in self.book.keys.get(digest, ()) if k.until is None or k.until > now)

    def _note_use(self, key: DeviceKey) -> None:
        self.used[key.sensor.id, key.digest] = self._clock.now()

    def _wrong_key(
        self, digest: bytes, name: DeviceId, owners: tuple[MunicipalityId, ...]
    ) -> Refusal:
        """Count it with whose device it is, where that is known.

        Where several have a device of this name, only a key that is or was one of theirs says whose it
        is. Else it is counted in nobody's ledger: none of them hears of another's device.
        """
        if len(set(owners)) > 1:
            proven = self.book.proves(digest, owners)
            owners = () if proven is None else (proven,)
        return Refusal(Reason.WRONG_KEY, name, tuple(dict.fromkeys(owners)))

    def _speaking(
        self, speaker: Sensor, sensors: tuple[Sensor, ...], *, by_gateway: bool
    ) -> AdmittedHardware | Refusal:
        against = {s.device_id: why for s in sensors if (why := self._against(s)) is not None}
        why = self._against(speaker) if by_gateway else None
        if why is None and len(against) == len(sensors):
            why = against[sensors[0].device_id]
        if why is not None:
            return Refusal(why, sensors[0].device_id, (speaker.municipality,))
        welcome = {s.device_id: s for s in sensors if s.device_id not in against}
        device = AdmittedDevice(
            *(speaker.municipality, speaker.device_id, welcome, against), self._allowance(speaker)
        )
        return AdmittedHardware(device, sensors, by_gateway)

    def _allowance(self, sensor: Sensor) -> Allowance:
        now = self._clock.monotonic()
        return self.allowances.of(sensor.municipality, sensor.device_id, self.book, now)

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
        return AdmittedDevice(
            *(sensor.municipality, sensor.device_id, welcome, refused), self._allowance(sensor)
        )

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
        """Recognise an API token; it may do no more than its maker may now."""
        digest, now = key_digest(token), self._clock.now()
        found = self.book.tokens.get(digest)
        if found is None or not hmac.compare_digest(found.token_hash, digest):
            return None
        maker = self.book.makers.get(found.created_by)
        if maker is None or (found.expires_at is not None and found.expires_at <= now):
            return None
        self.tokens_used[found.id] = now
        return found.as_actor(maker)

    def horizon(self, municipality: MunicipalityId) -> Horizon:
        """Give what somebody sees who is limited to zones: `municipality` is an Enclave."""
        zones = enclave_of(municipality)
        wanted = (municipality, frozenset() if zones is None else zones.zones)
        if wanted not in self._horizons:
            book = self.book
            self._horizons[wanted] = horizon_of(wanted[1], municipality, book.zones, book.sensors)
        return self._horizons[wanted]

    def lets_hear(self, municipality: MunicipalityId, topic: str, payload: bytes) -> bool:
        """Say whether somebody limited to zones (an Enclave) may hear this copy."""
        return self.horizon(municipality).lets_hear(topic, payload)

    def held_back(self, municipality: MunicipalityId) -> Mapping[DeviceId, Allowance]:
        """Give the devices of a municipality that sent more than they may, since the start."""
        return self.allowances.held_back(municipality)

    def lateness_of(self, municipality: MunicipalityId) -> int:
        """Give the age from which on readings count as late, in microseconds."""
        found = self.book.municipalities.get(municipality)
        return found.lateness if found is not None else USUAL_LATENESS
