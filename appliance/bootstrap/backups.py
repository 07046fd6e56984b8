"""Backups put together: of the folder in use, and what is done with a backup where none is in use."""

import asyncio
from importlib.metadata import version
from pathlib import Path
from typing import Final

from appliance.config.configuration import Configuration
from appliance.control.commands.backups import described, plain
from appliance.control.desk import Outcome
from appliance.domain.backups import Backup, KeyCare
from appliance.domain.errors import FileRefused, StartRefused, WeirError
from appliance.domain.instant import Instant, text
from appliance.domain.work import ShowProgress
from appliance.machine.folder import DataFolder
from appliance.ports.backups import BackupPlan, KeyWish
from appliance.ports.clock import Clock
from storage.backup import listing
from storage.backup.making import BackupMaker, Source
from storage.backup.restoring import chosen, keys_of, restore
from storage.backup.verifying import verify
from storage.journal.journal import FileJournal

NIGHTLY_AT: Final = "17 5 * * *"
NIGHTLY: Final = "05:17"
"""The same as a time of day, UTC."""


def backups_of(
    configuration: Configuration,
    folder: DataFolder,
    key: bytes,
    journal: FileJournal,
    clock: Clock,
) -> BackupMaker:
    """Give what makes backups of this folder; its own file of the audit log's key goes along."""
    audit_key = folder.path / "audit.key"
    keys = {"weir.key": key}
    if configuration.audit_key is None and audit_key.is_file():
        keys["audit.key"] = audit_key.read_bytes()
    source = Source(folder.path, keys, journal.pieces, version("weir"))
    usual = configuration.backup_to or folder.path / "backups"
    return BackupMaker(source, clock, usual, KeyWish(passphrase_of(configuration)))


def backup_plan(configuration: Configuration, folder: DataFolder) -> BackupPlan:
    """Say which backups are made without a word, and where all of them are."""
    return BackupPlan(
        folder=usual_place(configuration),
        data=folder.path,
        nightly=configuration.backup_to is not None,
        keep=int(configuration.backup_keep),
        at=NIGHTLY,
    )


def usual_place(configuration: Configuration) -> Path:
    """Give where backups of a folder are when nobody says where."""
    return configuration.backup_to or configuration.data / "backups"


async def list_backups(root: Path) -> Outcome:
    """Say which backups there are in a folder."""
    found = await asyncio.to_thread(listing.all_in, root)
    lines = [f"{folder}: {described(backup)}, keys {backup.keys}" for folder, backup in found]
    return Outcome(
        "\n".join(lines) or f"there is no backup in {root}",
        {"backups": [plain(folder, backup) for folder, backup in found]},
    )


async def verify_backups(
    root: Path, key: Path | None, passphrase: str | None, data: Path, show: ShowProgress
) -> Outcome:
    """Read every backup in a folder back, and say which are whole."""
    found = await asyncio.to_thread(listing.all_in, root)
    if not found:
        raise FileRefused(file=root, problem="there is no backup in it", remedy="name another")
    lines, figures, notes = [], [], []
    for folder, backup in found:
        needed = _key_for(folder, backup, key, passphrase, data)
        problems = await asyncio.to_thread(verify, folder, backup, needed, show)
        lines.append(f"{folder}: {'; '.join(problems) or 'whole'}")
        if needed is None:
            notes.append(f"{folder.name}: only bytes were compared, nothing was opened: no key")
        figures.append(plain(folder, backup) | {"problems": problems, "opened": needed is not None})
    return Outcome(
        "\n".join(lines),
        {"backups": figures},
        "\n".join(notes),
        failed=any(one["problems"] for one in figures),
    )


async def restore_backup(
    root: Path,
    data: Path,
    at: Instant | None,
    key: Path | None,
    passphrase: str | None,
    show: ShowProgress,
) -> Outcome:
    """Make a data folder of the newest backup, or of the newest made until a time."""

    def work() -> tuple[Path, Backup, dict[str, bytes]]:
        folder, backup = chosen(root, at)
        keys = keys_of(folder, backup, passphrase=passphrase, file=key)
        restore((folder, backup), keys, data.absolute(), show)
        return folder, backup, keys

    folder, backup, keys = await asyncio.to_thread(work)
    lines = [
        f"{data} is {folder.name}: everything that was acknowledged before {text(backup.made_at)}",
        f"start it with: weir serve --data {data}",
    ]
    notes = [
        "never let this copy and the one it comes from run at the same time: devices report to one",
        "history is made anew from the journal at the first start",
    ]
    if at is not None:
        notes.append(
            f"backups have no time in between: what came from {text(backup.made_at)} until "
            f"{text(at)} is not in it"
        )
    if "audit.key" not in keys:
        notes.append(
            "audit.key was not in the backup: put your copy beside weir.key before you start"
        )
    figures = plain(folder, backup) | {"data": str(data)}
    return Outcome("\n".join(lines), figures, "\n".join(notes))


def _key_for(
    folder: Path, backup: Backup, key: Path | None, passphrase: str | None, data: Path
) -> bytes | None:
    """Find the key: as said, in the backup, or that of the folder in use; None where there is none."""
    if key is not None or passphrase is not None or backup.keys is KeyCare.INSIDE:
        return keys_of(folder, backup, passphrase=passphrase, file=key)["weir.key"]
    try:
        own = data / "weir.key"
        return keys_of(folder, backup, passphrase=None, file=own)["weir.key"]
    except WeirError:
        return None


def passphrase_of(configuration: Configuration) -> str | None:
    """Give the passphrase for backups, None without one; StartRefused where it can't be read."""
    file = configuration.backup_passphrase_file
    if file is None:
        return None
    try:
        return file.read_text(encoding="utf-8").partition("\n")[0].rstrip("\r")
    except (OSError, UnicodeDecodeError) as error:
        raise StartRefused(
            problem=f"--backup-passphrase-file {file} can't be read ({error})",
            remedy="correct --backup-passphrase-file",
        ) from None
