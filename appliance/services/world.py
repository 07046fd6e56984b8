"""What the services need of the world: one frozen set of ports."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Protocol

from appliance.domain.backups import BackupRun
from appliance.domain.errors import DiskFull
from appliance.domain.hardware import Hardware
from appliance.domain.ids import DeviceId, MunicipalityId, SensorId, Sequence
from appliance.domain.instant import Instant
from appliance.domain.pace import Allowance
from appliance.domain.readings import AdmittedHardware, Refusal
from appliance.domain.sensors import LastContact, Sensor
from appliance.flow.knocks import Knocks
from appliance.ports.audit import AuditKeeping
from appliance.ports.backups import BackupPlan, Backups, Made
from appliance.ports.clock import Clock, IdSource
from appliance.ports.disk import DiskState, Roomy
from appliance.ports.doors import Admission, Intake, Subscribers
from appliance.ports.exporting import Exporter
from appliance.ports.files import AttachedFiles, NoFiles
from appliance.ports.gateways import Codecs
from appliance.ports.history import OpenHistory
from appliance.ports.journal import Journal
from appliance.ports.listening import Trust
from appliance.ports.live import Live
from appliance.ports.map import BaseMapFiles, NoBaseMaps
from appliance.ports.network_files import ReadNetwork, read_nothing
from appliance.ports.operations import Operations
from appliance.ports.software import NoSoftware, Software
from appliance.ports.telling import Messenger
from appliance.services.diagnosis import Diagnosis


class Watching(Protocol):
    """The view that detects and alerts."""

    @property
    def contacts(self) -> Mapping[SensorId, LastContact]:
        """Give what is known of each device from its latest messages."""
        ...

    async def settled(self, sequence: Sequence) -> None:
        """Wait until ledger, alerts and contacts up to this place can be read, at most 2 s."""
        ...

    def poke(self) -> None:
        """Take notice now that rules or sensors were changed."""
        ...


class BackingUp(Protocol):
    """Makes backups, one after the other."""

    plan: BackupPlan
    maker: Callable[[], Backups]

    def ask(self) -> BackupRun:
        """Have one made as soon as possible; while one is being made, that is the one."""
        ...

    async def runs(self) -> list[BackupRun]:
        """Give those remembered, the newest first, with the one that goes on now."""
        ...

    async def note_command(self, made: Made, began: Instant) -> None:
        """Remember one that a command has made, where it lies with the others."""
        ...


class Directory(Admission, Subscribers, Protocol):
    """Knows municipalities, devices and API tokens from memory."""

    def municipalities(self) -> tuple[MunicipalityId, ...]:
        """Give all, by name."""
        ...

    def admit_hardware(self, hardware: Hardware, key: str) -> AdmittedHardware | Refusal:
        """Recognise a device by its name on its own network, and its own key or a gateway's."""
        ...

    def admit_named(
        self, device_id: str, key: str, hardware: Hardware
    ) -> AdmittedHardware | Refusal:
        """Recognise a device by its device id, and its own key or a gateway's."""
        ...

    def speaker(self, key: str) -> Sensor | None:
        """Say whose key this is; None for nobody's."""
        ...

    def held_back(self, municipality: MunicipalityId) -> Mapping[DeviceId, Allowance]:
        """Give the devices that sent more than they may, since the start."""
        ...

    async def note_uses(self) -> None:
        """Put on disk when keys were used."""
        ...

    async def start(self) -> None:
        """Read anew what was changed; who was added can sign in when this returns."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class World:
    """Everything concrete that the services are given; made once by bootstrap."""

    operations: Operations
    history: OpenHistory
    journal: Journal
    live: Live
    watching: Watching
    directory: Directory
    intake: Intake
    knocks: Knocks
    codecs: Codecs
    clock: Clock
    ids: IdSource
    messengers: tuple[Messenger, ...] = ()
    trust: Callable[[], Trust] = Trust
    disk: DiskState = field(default_factory=Roomy)
    files: AttachedFiles = field(default_factory=NoFiles)
    base_maps: BaseMapFiles = field(default_factory=NoBaseMaps)
    exporter: Exporter | None = None
    read_network: ReadNetwork = read_nothing
    doors: Callable[[], Mapping[str, str]] = dict
    """Where devices and people connect, `host:port` by option; known once they listen."""
    diagnosis: Diagnosis = field(default_factory=Diagnosis)
    audit: AuditKeeping = field(default_factory=AuditKeeping)
    software: Software = field(default_factory=NoSoftware)
    backing_up: BackingUp | None = None
    """None where no folder is in use that backups are made of."""


def must_take_files(world: World) -> None:
    """Raise DiskFull while the disk is too full for what can as well be done later: imports."""
    if world.disk.refuses_uploads:
        raise DiskFull(store="an import")
