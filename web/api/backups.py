"""Backups: what there is, how the last ones went, and one more now."""

import shlex
import subprocess
import sys

from msgspec import Struct

from appliance.domain.access import AdministerSystem, ManageSettings
from appliance.domain.backups import BackupCause, BackupOutcome, BackupRun, KeptBackup, KeyCare
from appliance.services.backups import Shelf
from web.asking import Ask
from web.routes import PREFIX, Route
from web.shapes import Time, time, time_or_none


class SafetyOut(Struct, frozen=True):
    """Whether what a municipality has is in a backup; where those are is for super admins."""

    nightly: bool
    """Whether one is made every night."""
    newest_at: Time | None
    whole: bool | None
    """Whether the newest was whole when it was read back; null where nobody remembers."""


class BackupRunOut(Struct, frozen=True):
    """A backup that was made, or not."""

    cause: BackupCause
    """Every night, by somebody here, or by a command at the computer."""
    outcome: BackupOutcome
    """`flawed`: it is there, and not all of it is well; `problems` say what."""
    began_at: Time
    ended_at: Time | None
    name: str | None
    problems: list[str]


class BackupOut(Struct, frozen=True):
    """What lies in the folder of backups."""

    name: str
    made_at: Time | None
    """Everything that was acknowledged before is in it."""
    bytes: int
    """Of all its files; files that never change are shared by several backups on the disk."""
    files: int
    version: str | None
    keys: KeyCare | None
    """Whether what it takes to read it is inside it, sealed under a passphrase, or apart."""
    own: bool
    """Whether it is of this installation."""
    verified: bool | None
    """Whether it was whole when it was read back; null where that is not remembered here."""
    problems: list[str]


class BackupsOut(Struct, frozen=True):
    """Everything there is to say of backups."""

    folder: str
    free_bytes: int | None
    """In that folder; null where there is none yet."""
    nightly: bool
    nightly_at: str
    """UTC, as `05:17`."""
    keep: int
    """So many nightly ones are kept."""
    running: BackupRunOut | None
    last: BackupRunOut | None
    """The newest that ended."""
    last_nightly: BackupRunOut | None
    backups: list[BackupOut]
    """The newest first."""
    restore: str
    """What to type at the computer to make a new folder of the newest."""
    serve_restored: str
    """What to type then."""


async def safety(ask: Ask[ManageSettings]) -> SafetyOut:
    """Say whether one's data is safe."""
    found = await ask.services.backups.safety(await ask.one())
    return SafetyOut(found.nightly, time_or_none(found.newest), found.whole)


async def all_of_them(ask: Ask[AdministerSystem]) -> BackupsOut:
    """Say everything."""
    return _out(await ask.services.backups.all(ask.system()))


async def make(ask: Ask[AdministerSystem]) -> BackupRunOut:
    """Have one made."""
    return _run(await ask.services.backups.ask(ask.system()))


def _out(shelf: Shelf) -> BackupsOut:
    plan = shelf.plan
    restored = str(plan.data.with_name(f"{plan.data.name}-restored").absolute())
    return BackupsOut(
        folder=str(plan.folder),
        free_bytes=shelf.room,
        nightly=plan.nightly,
        nightly_at=plan.at,
        keep=plan.keep,
        running=_run_or_none(shelf.running),
        last=_run_or_none(shelf.last()),
        last_nightly=_run_or_none(shelf.last(BackupCause.NIGHTLY)),
        backups=[_backup(one, shelf.verdict(one.name)) for one in shelf.kept],
        restore=_typed(["weir", "restore", "--from", str(plan.folder), "--data", restored]),
        serve_restored=_typed(["weir", "serve", "--data", restored]),
    )


def _backup(kept: KeptBackup, run: BackupRun | None) -> BackupOut:
    problems = [kept.problem] if kept.problem else list(run.problems if run else ())
    verified = None if run is None else run.outcome is BackupOutcome.DONE
    return BackupOut(
        name=kept.name,
        made_at=time_or_none(kept.made_at),
        bytes=kept.size,
        files=kept.files,
        version=kept.version or None,
        keys=kept.keys,
        own=kept.own,
        verified=False if kept.problem else verified,
        problems=problems,
    )


def _run_or_none(run: BackupRun | None) -> BackupRunOut | None:
    return None if run is None else _run(run)


def _run(run: BackupRun) -> BackupRunOut:
    return BackupRunOut(
        cause=run.cause,
        outcome=run.outcome,
        began_at=time(run.began_at),
        ended_at=time_or_none(run.ended_at),
        name=run.name or None,
        problems=list(run.problems),
    )


def _typed(words: list[str]) -> str:
    """Write a command as it is typed at this computer."""
    return subprocess.list2cmdline(words) if sys.platform == "win32" else shlex.join(words)


ROUTES = (
    Route(
        method="GET",
        path=f"{PREFIX}/backups",
        access=ManageSettings,
        handler=safety,
        answer=SafetyOut,
        summary="Whether there is a backup of what a municipality has, and of when",
    ),
    Route(
        method="GET",
        path=f"{PREFIX}/admin/backups",
        access=AdministerSystem,
        handler=all_of_them,
        answer=BackupsOut,
        summary="Which backups there are, how the last ones went, and how one is restored",
    ),
    Route(
        method="POST",
        path=f"{PREFIX}/admin/backups",
        access=AdministerSystem,
        handler=make,
        answer=BackupRunOut,
        status=202,
        summary="Have a backup made now; what comes of it is in the list",
    ),
)
