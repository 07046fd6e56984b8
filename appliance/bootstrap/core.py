"""The inside: stores, the walk and its views, put together. No door is open yet."""

import asyncio
from functools import cached_property

from appliance.bootstrap.auditing import Auditing
from appliance.bootstrap.backups import NIGHTLY_AT, backup_plan, backups_of
from appliance.bootstrap.listeners import open_certificates
from appliance.bootstrap.scrubbing import attachments_of, base_maps_of, scrub_of
from appliance.bootstrap.ways_out import messengers
from appliance.config.configuration import Configuration
from appliance.demo.postbox import Postbox
from appliance.domain.disk import Pressure
from appliance.domain.errors import StorageFailed
from appliance.domain.ids import MunicipalityId
from appliance.domain.readings import StoredBatch
from appliance.flow.admission import Registry
from appliance.flow.delivering import Deliverer
from appliance.flow.disk_watch import DiskWatch
from appliance.flow.faults import Fault, Faults
from appliance.flow.follow import belong_together, follow
from appliance.flow.intake import BoundedIntake
from appliance.flow.knocks import Knocks
from appliance.flow.learning import learn_all
from appliance.flow.legible import LegibleJournal
from appliance.flow.live import LiveHub
from appliance.flow.patience import PatientOperations, PatientSessions
from appliance.flow.recovery import caught_up, remember_events, remember_readings
from appliance.flow.retaining import Retaining
from appliance.flow.seen import Seen
from appliance.flow.untold import Untold
from appliance.flow.walk import Walk
from appliance.flow.watcher import Watcher
from appliance.flow.watches import Watches
from appliance.flow.zoned_history import ZonedHistory
from appliance.jobs.schedule import Job, Schedule
from appliance.machine.clock import RandomIds, SystemClock
from appliance.machine.disk import Leftovers, SystemVolume
from appliance.machine.folder import DataFolder
from appliance.machine.parts import InstalledSoftware
from appliance.ports.clock import Clock
from appliance.ports.disk import Derived
from appliance.services.audit.history import WatchedHistory
from appliance.services.audit.log import Audit
from appliance.services.backing_up import BackingUp
from appliance.services.housekeeping import Housekeeping
from appliance.services.world import World
from appliance.supervisor import Part
from broker.gateways.codecs import GatewayCodecs
from storage.backup.making import BackupMaker
from storage.export import FileExporter
from storage.gis.read import read_network_file
from storage.history.giving_back import PutAside
from storage.history.history import DuckHistory
from storage.journal.journal import FileJournal
from storage.operations.database import SqliteOperations
from storage.sessions.sessions import SqliteSessions

LEARN_AT = "17 2 * * *"
LEARN_WITHIN = 3_600.0
TIDY_AT = "*/10 * * * *"
TIDY_WITHIN = 3_600.0
SCRUB_AT = "41 3 * * *"
SCRUB_WITHIN = 6 * 3_600.0
RETAIN_AT = "23 1 * * *"
RETAIN_WITHIN = 3_600.0
EACH_MINUTE = "* * * * *"
KEEP_WITHIN = 50.0
SWEEP_AT = "53 2 * * *"
VERIFY_AT = "11 4 * * *"
BACK_UP_WITHIN = 6 * 3_600.0
VERIFY_WITHIN = 6 * 3_600.0


class Core:
    """One appliance without its doors."""

    def __init__(
        self,
        configuration: Configuration,
        folder: DataFolder,
        key: bytes,
        postbox: Postbox | None = None,
    ) -> None:
        self._configuration, self._folder, self._key = configuration, folder, key
        self.clock, self.ids = SystemClock(), RandomIds()
        self.operations = SqliteOperations(folder.operations, key, self.clock)
        self.auditing = Auditing(configuration, folder, self.operations, self.clock)
        self.journal = FileJournal(folder.journal, key, self.clock)
        self.history = DuckHistory(folder.history, self.clock, sealed=folder.sealed)
        sessions = SqliteSessions(folder.sessions, key, self.clock)
        self.files = attachments_of(folder, self.ids, self.clock)
        self.scrub = scrub_of(
            folder,
            key,
            self.journal,
            (self.operations.note, sessions.note),
            self.history.sealed,
            self.files,
        )
        derived = (PutAside(folder.history), self.history, self.operations, sessions)
        self.disk = _disk_watch(configuration, folder, self.clock, derived)
        self.patient_operations = PatientOperations(self.operations, self.disk)
        self.sessions = PatientSessions(sessions, self.disk)
        self.registry = Registry(self.operations, self.clock)
        self.hub = LiveHub(self.registry.horizon)
        self.knocks = Knocks(self.ids)
        self.intake = BoundedIntake(self.disk, self.knocks)
        self.seen = Seen(self.history)
        self._journal_grew, self._journal_faults = asyncio.Event(), Faults(self.clock)
        self.legible = LegibleJournal(self.journal, self._journal_faults)
        self.retaining = Retaining(self.patient_operations, self.history, self.legible, self.clock)
        self.watcher = Watcher(
            self.legible,
            self.patient_operations,
            Watches(self.operations),
            self.hub,
            self.clock,
            self.ids,
        )
        self.walk = Walk(
            self.intake,
            self.journal,
            self.seen,
            self.registry,
            self.clock,
            (self._wake_history, self.watcher.offer),
        )
        self.watcher.mind(self.walk.oldest)
        self.walk.mind(self.watcher.latest)
        self.untold = Untold(self.operations, self.hub)
        self.certificates = open_certificates(configuration, folder, key, self.clock)
        self.messengers = messengers(configuration, self.operations, self.clock, postbox)
        self.deliverer = Deliverer(self.patient_operations, self.messengers, self.clock)
        self.world = self._world(folder)

    def _world(self, folder: DataFolder) -> World:
        return World(
            operations=self.auditing.recorded,
            audit=self.auditing.keeping,
            history=WatchedHistory(
                ZonedHistory(self.history, self.registry.horizon), self.auditing.recorded.looked
            ),
            journal=self.journal,
            live=self.hub,
            watching=self.watcher,
            directory=self.registry,
            intake=self.intake,
            knocks=self.knocks,
            codecs=GatewayCodecs(),
            clock=self.clock,
            ids=self.ids,
            messengers=self.messengers,
            trust=lambda: self.certificates.trust,
            disk=self.disk,
            files=self.files,
            base_maps=base_maps_of(folder, self.ids, self.clock),
            exporter=FileExporter(),
            read_network=read_network_file,
            backing_up=self.backing_up,
            software=InstalledSoftware(),
        )

    @cached_property
    def backups(self) -> BackupMaker:
        """What makes backups of this folder; after the key of the audit log was made."""
        return backups_of(self._configuration, self._folder, self._key, self.journal, self.clock)

    @cached_property
    def backing_up(self) -> BackingUp:
        """What makes backups by night and when somebody asks."""
        plan = backup_plan(self._configuration, self._folder)
        return BackingUp(plan, lambda: self.backups, self.auditing.recorded, self.clock)

    @cached_property
    def audit(self) -> Audit:
        """The audit log as a whole, which remembers what its last proof found."""
        return Audit(self.world)

    def _wake_history(self, batches: tuple[StoredBatch, ...]) -> None:
        del batches
        self._journal_grew.set()

    def jobs(self) -> tuple[Job, ...]:
        """Give what happens by the clock."""
        keeping = Housekeeping(self.world)
        return (
            Job("learn", LEARN_AT, self.learn, LEARN_WITHIN),
            Job("tidy history", TIDY_AT, self._tidy, TIDY_WITHIN),
            Job("scrub", SCRUB_AT, self._scrub, SCRUB_WITHIN),
            Job("retention", RETAIN_AT, self._retain, RETAIN_WITHIN),
            Job("records", EACH_MINUTE, keeping.each_minute, KEEP_WITHIN),
            Job("attachments", SWEEP_AT, keeping.each_night, RETAIN_WITHIN),
            Job("verify audit", VERIFY_AT, self._verify_audit, VERIFY_WITHIN),
            Job("back up", NIGHTLY_AT, self.backing_up.nightly, BACK_UP_WITHIN),
        )

    def parts(self) -> list[Part]:
        """Give the parts in the order in which they start; stopping is the reverse."""
        schedule = Schedule(self.jobs(), self.clock)
        return [
            Part("disk", start=self.disk.start, run=self.disk.run),
            Part("operations", start=self.operations.start, stop=self.operations.stop),
            self.auditing.part(),
            Part("journal", self.journal.start, self._watch_journal, self.journal.stop),
            Part("history", start=self.history.start, stop=self.history.stop),
            Part("registry", start=self.registry.start, run=self.registry.run),
            Part("one journal", start=self._one_journal),
            Part("follow", run=self._follow),
            Part("history is complete", start=self._history_complete),
            Part("watcher's state", start=self.watcher.start),
            Part("screens' past", start=self._screens_past),
            Part("watcher", run=self.watcher.run, stop=self.watcher.stop),
            Part("known readings", start=self._known_readings),
            Part("walk", run=self.walk.run, stop=self.walk.drain),
            Part("untold", run=self.untold.run),
            Part("deliverer", run=self.deliverer.run),
            Part("room", run=self.disk.run_giving_up),
            Part("backups", run=self.backing_up.run),
            Part("jobs", schedule.start, schedule.run, schedule.stop),
        ]

    async def _watch_journal(self) -> None:
        await self.journal.failed()
        raise StorageFailed(store="the journal", problem="a write did not get to the disk")

    async def _one_journal(self) -> None:
        await belong_together(self.legible, self.history)

    async def _scrub(self) -> None:
        await self.scrub.run()

    async def _tidy(self) -> None:
        if self.disk.level >= Pressure.GIVES_UP_DERIVED:
            return  # sorting needs room for a second copy
        await self.history.tidy(self.clock.now())
        await self.retaining.trim()

    async def _retain(self) -> None:
        await self.retaining.run()

    async def _verify_audit(self) -> None:
        await self.audit.prove_all()
        self.audit.log_heads()

    async def _follow(self) -> None:
        await follow(self.legible, self.history, self._journal_grew, self.disk)

    async def _history_complete(self) -> None:
        await caught_up(self.journal, self.history)

    async def _screens_past(self) -> None:
        self.registry.notify(self.watcher.poke)
        self.watcher.connect(None, self.deliverer.poke)
        await remember_events(self.legible, self.operations, self.watcher, self.hub)

    async def _known_readings(self) -> None:
        await remember_readings(self.legible, self.watcher, self.seen)

    def is_held(self) -> bool:
        """Say whether acks are withheld until there is room on the disk."""
        return self.intake.is_held

    def passed_over(self) -> list[Fault]:
        """Give Weir's own faults since the start."""
        return [*self.walk.faults.all(), *self.watcher.faults.all(), *self._journal_faults.all()]

    async def learn(self) -> None:
        """Learn every municipality's patterns anew, and watch by them from then on."""
        municipalities = await self.operations.read_system(lambda t: t.municipalities())
        for municipality in municipalities:
            await learn_all(self.patient_operations, self.history, self.clock, municipality)
        self.watcher.poke()

    async def learn_one(self, wanted: MunicipalityId) -> None:
        """Learn one municipality's patterns anew."""
        await self.history.settled(self.journal.last)
        municipality = await self.operations.read(wanted, lambda t: t.municipality)
        await learn_all(self.patient_operations, self.history, self.clock, municipality)
        self.watcher.poke()


def _disk_watch(
    configuration: Configuration, folder: DataFolder, clock: Clock, stores: tuple[Derived, ...]
) -> DiskWatch:
    return DiskWatch(
        SystemVolume(folder.path),
        clock,
        configuration.disk,
        ballast=configuration.disk_ballast,
        derived=(*stores, Leftovers(folder.scratch, clock)),
    )
