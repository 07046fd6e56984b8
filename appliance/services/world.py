"""What the services need of the world: one frozen set of ports."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Protocol

from appliance.domain.errors import DiskFull
from appliance.domain.hardware import Hardware
from appliance.domain.ids import DeviceId, MunicipalityId, SensorId, Sequence
from appliance.domain.pace import Allowance
from appliance.domain.readings import AdmittedHardware, Refusal
from appliance.domain.sensors import LastContact, Sensor
from appliance.flow.knocks import Knocks
from appliance.ports.audit import AuditKeeping
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
from appliance.ports.operations import Operations
from appliance.ports.telling import Messenger


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


class Directory(Admission, Subscribers, Protocol):
    """Knows devices and API tokens from memory."""

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
    exporter: Exporter | None = None
    audit: AuditKeeping = field(default_factory=AuditKeeping)


def must_take_files(world: World) -> None:
    """Raise DiskFull while the disk is too full for what can as well be done later: imports."""
    if world.disk.refuses_uploads:
        raise DiskFull(store="an import")
