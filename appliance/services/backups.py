"""Backups as people see them: what there is, how the last ones went, and one more now."""

from dataclasses import dataclass

from appliance.domain.access import AdministerSystem, Grant, ManageSettings, SystemGrant
from appliance.domain.audit import Thing
from appliance.domain.audit_actions import Action
from appliance.domain.backups import (
    BackupCause,
    BackupOutcome,
    BackupRun,
    KeptBackup,
)
from appliance.domain.instant import Instant
from appliance.ports.backups import BackupPlan
from appliance.services.audit.recording import record
from appliance.services.backing_up import no_backing_up
from appliance.services.world import World


@dataclass(frozen=True, slots=True, kw_only=True)
class Shelf:
    """Everything that there is to say of backups."""

    plan: BackupPlan
    room: int | None
    kept: tuple[KeptBackup, ...]
    runs: tuple[BackupRun, ...]
    """The newest first; one that goes on is among them."""

    def verdict(self, name: str) -> BackupRun | None:
        """Give the run that made this backup and read it back; None where none is remembered."""
        return next((run for run in self.runs if run.name == name), None)

    def last(self, cause: BackupCause | None = None) -> BackupRun | None:
        """Give the newest run that has ended, of this cause."""
        ended = (r for r in self.runs if r.outcome is not BackupOutcome.RUNNING)
        return next((r for r in ended if cause in {None, r.cause}), None)

    @property
    def running(self) -> BackupRun | None:
        """The one that goes on now."""
        return next((r for r in self.runs if r.outcome is BackupOutcome.RUNNING), None)


@dataclass(frozen=True, slots=True)
class Safety:
    """What concerns a municipality: that there are backups, and not where."""

    nightly: bool
    newest: Instant | None
    """When the newest whole one was made."""
    whole: bool | None
    """Whether it was whole when it was read back; None where nobody remembers."""


class BackupShelf:
    """Says what backups there are, to whom it concerns."""

    def __init__(self, world: World) -> None:
        self._operations = world.operations
        self._making = world.backing_up or no_backing_up(world.operations, world.clock)

    async def all(self, grant: SystemGrant[AdministerSystem]) -> Shelf:
        """Say everything."""
        del grant
        return await self._shelf()

    async def safety(self, grant: Grant[ManageSettings]) -> Safety:
        """Say what somebody should know whose data is in the backups."""
        del grant
        shelf = await self._shelf()
        mine = next((one for one in shelf.kept if one.own), None)
        run = None if mine is None else shelf.verdict(mine.name)
        return Safety(
            nightly=shelf.plan.nightly,
            newest=None if mine is None else mine.made_at,
            whole=None if run is None else run.outcome is BackupOutcome.DONE,
        )

    async def ask(self, grant: SystemGrant[AdministerSystem]) -> BackupRun:
        """Have one made as soon as possible; while one is being made, that is the one."""
        del grant
        await record(self._operations, Action.BACKUP_ASKED, Thing("backup"))
        return self._making.ask()

    async def _shelf(self) -> Shelf:
        maker = self._making.maker()
        return Shelf(
            plan=self._making.plan,
            room=await maker.room(),
            kept=await maker.kept(),
            runs=tuple(await self._making.runs()),
        )
