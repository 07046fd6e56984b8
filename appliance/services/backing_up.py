"""Making backups one after the other, by night or when somebody asks, and remembering how it went."""

import asyncio
import contextlib
import json
import logging
from collections.abc import Callable
from dataclasses import asdict, replace
from pathlib import Path
from typing import Final

from appliance.domain.audit import WEIR, Author, Thing
from appliance.domain.audit_actions import Action
from appliance.domain.backups import BackupCause, BackupOutcome, BackupRun
from appliance.domain.errors import DiskFull, WeirError
from appliance.domain.instant import Instant
from appliance.domain.work import Progress
from appliance.ports.backups import BackupPlan, Backups, Made, NoBackups
from appliance.ports.clock import Clock
from appliance.ports.operations import Operations, SystemTables
from appliance.services.audit.recording import acting, author, record

_log = logging.getLogger(__name__)

_KEY: Final = "backup_runs"
_RUNS: Final = 60
"""So many are remembered; the oldest is forgotten."""
_PROBLEMS: Final = 20


class BackingUp:
    """Makes backups one after the other, and remembers how they went."""

    def __init__(
        self,
        plan: BackupPlan,
        maker: Callable[[], Backups],
        operations: Operations,
        clock: Clock,
    ) -> None:
        self.plan, self.maker = plan, maker
        self._operations, self._clock = operations, clock
        self._asked, self._by = asyncio.Event(), WEIR
        self.running: BackupRun | None = None
        self._unkept: list[BackupRun] = []
        """Which did not get to the disk, for want of room."""

    def ask(self) -> BackupRun:
        """Have one made as soon as possible; while one is being made, that is the one."""
        if self.running is None:
            self._by = author()
            self.running = BackupRun(cause=BackupCause.ASKED, began_at=self._clock.now())
            self._asked.set()
        return self.running

    async def run(self) -> None:
        """Make what is asked for; what fails is remembered, and the next one may succeed."""
        while True:
            await self._asked.wait()
            self._asked.clear()
            with contextlib.suppress(WeirError):
                await self._make(BackupCause.ASKED, self._by)

    async def nightly(self) -> None:
        """Make the nightly one where nightly ones are wished for, and let go of the oldest."""
        if not self.plan.nightly:
            return
        made = await self._make(BackupCause.NIGHTLY, WEIR)
        if not made.problems:
            await self.maker().keep(self.plan.folder, self.plan.keep)

    async def note_command(self, made: Made, began: Instant) -> None:
        """Remember one that a command has made, where it lies with the others."""
        if made.folder.parent == self.plan.folder:
            run = BackupRun(cause=BackupCause.COMMAND, began_at=began)
            await self._remember(_ended(run, made, self._clock.now()))

    async def _make(self, cause: BackupCause, by: Author) -> Made:
        run = self.running = BackupRun(cause=cause, began_at=self._clock.now())
        try:
            made = await self.maker().create(self.plan.folder, None, _silently)
        except BaseException as error:
            self.running = None
            if isinstance(error, WeirError):
                await self._failed(run, error)
            raise
        for problem in made.problems:
            _log.error("backup %s: %s", made.folder.name, problem)
        try:  # its line first: whoever sees that it ended finds the line
            with acting(by), contextlib.suppress(DiskFull):  # when a backup is needed most
                details = {"to": str(made.folder.parent), "keys": made.backup.keys.value}
                thing = Thing("backup", name=made.backup.name)
                await record(self._operations, Action.BACKED_UP, thing, details=details)
        finally:
            self.running = None
            await self._remember(_ended(run, made, self._clock.now()))
        return made

    async def _failed(self, run: BackupRun, error: WeirError) -> None:
        _log.error("no backup was made: %s", error)
        why = (str(error), *((error.hint,) if error.hint else ()))
        now = self._clock.now()
        await self._remember(replace(run, ended_at=now, outcome=BackupOutcome.FAILED, problems=why))

    async def _remember(self, run: BackupRun) -> None:
        self._unkept = [run, *self._unkept][:_RUNS]
        unkept = tuple(self._unkept)

        def keep(system: SystemTables) -> None:
            runs = [*unkept, *_recalled(system)][:_RUNS]
            system.remember(_KEY, json.dumps([asdict(one) for one in runs]).encode())

        with contextlib.suppress(DiskFull):  # it is known until the next start
            await self._operations.write_system(keep)
            self._unkept = [one for one in self._unkept if one not in unkept]

    async def runs(self) -> list[BackupRun]:
        """Give those remembered, the newest first, with the one that goes on now."""
        runs = [*self._unkept, *await self._operations.read_system(_recalled)]
        return runs if self.running is None else [self.running, *runs]


def no_backing_up(operations: Operations, clock: Clock) -> BackingUp:
    """Give one that makes none: where no folder is in use, as in tests of other parts."""
    plan = BackupPlan(folder=Path("backups"), data=Path())
    return BackingUp(plan, NoBackups, operations, clock)


def _recalled(system: SystemTables) -> list[BackupRun]:
    kept = system.recall(_KEY)
    return [] if kept is None else [_run(**one) for one in json.loads(kept)]


def _run(
    cause: str,
    began_at: int,
    ended_at: int | None,
    outcome: str,
    name: str,
    problems: list[str],
) -> BackupRun:
    return BackupRun(
        cause=BackupCause(cause),
        began_at=Instant(began_at),
        ended_at=None if ended_at is None else Instant(ended_at),
        outcome=BackupOutcome(outcome),
        name=name,
        problems=tuple(problems),
    )


def _ended(run: BackupRun, made: Made, now: Instant) -> BackupRun:
    outcome = BackupOutcome.FLAWED if made.problems else BackupOutcome.DONE
    return replace(
        run,
        ended_at=now,
        outcome=outcome,
        name=made.backup.name,
        problems=made.problems[:_PROBLEMS],
    )


def _silently(progress: Progress) -> None:
    del progress
