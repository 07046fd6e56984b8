"""`weir backup create`."""

import contextlib
from collections.abc import Mapping
from pathlib import Path

from appliance.control.desk import Desk, Order, Outcome
from appliance.domain.audit import Thing
from appliance.domain.audit_actions import Action
from appliance.domain.backups import Backup, KeyCare
from appliance.domain.errors import DiskFull
from appliance.domain.instant import text
from appliance.ports.backups import KeyWish, Made
from appliance.services.audit.recording import record

_CARE = {
    KeyCare.INSIDE: "its keys are in it: whoever has this folder can read everything, so keep it as "
    "you keep the keys of the house (--passphrase-file seals them, --keys-apart leaves them out)",
    KeyCare.SEALED: "its keys are under your passphrase: without that nobody can ever read it",
    KeyCare.APART: "its keys are NOT in it: without a copy of weir.key from the data folder (and of "
    "audit.key) nobody can ever read it, so keep those elsewhere",
}


async def create(desk: Desk, order: Order) -> Outcome:
    """Make a backup while everything goes on, read it back, and say where it is."""
    given = order.arguments
    to = Path(given["to"]) if "to" in given else desk.backups.usual_place()
    wish = None
    if "passphrase" in given or "keys_apart" in given:
        wish = KeyWish(given.get("passphrase"), apart="keys_apart" in given)
    began = desk.world.clock.now()
    made = await desk.backups.create(to, wish, order.show)
    if desk.world.backing_up is not None:
        await desk.world.backing_up.note_command(made, began)
    with contextlib.suppress(DiskFull):  # when a backup is needed most
        await record(
            desk.world.operations,
            Action.BACKED_UP,
            Thing("backup", name=made.backup.name),
            details={"to": str(made.folder.parent), "keys": made.backup.keys.value},
        )
    removed = await desk.backups.keep(to, int(given["keep"])) if "keep" in given else 0
    return said(made, removed, given)


def said(made: Made, removed: int, given: Mapping[str, str]) -> Outcome:
    """Say what was made to a person and to a program."""
    backup = made.backup
    lines = [f"{made.folder}: {described(backup)}, read back whole"]
    if made.problems:
        lines = [f"{made.folder}: {described(backup)}, but not all is well:"]
        lines += [f"  {problem}" for problem in made.problems]
    if removed:
        lines.append(f"{removed} older backups were removed")
    notes = [_CARE[backup.keys]]
    if "to" not in given:
        notes.append("take a copy to another computer or disk: this one may break as a whole")
    figures = plain(made.folder, backup) | {"problems": list(made.problems), "removed": removed}
    return Outcome("\n".join(lines), figures, "\n".join(notes), failed=bool(made.problems))


def described(backup: Backup) -> str:
    """Say what a backup is in a few words."""
    mib = max(1, backup.size >> 20)
    return f"as of {text(backup.made_at)}, {len(backup.parts)} files, {mib:,} MiB"


def plain(folder: Path, backup: Backup) -> dict[str, object]:
    """Give what a program wants to know of a backup."""
    return {
        "folder": str(folder),
        "made_at": text(backup.made_at),
        "version": backup.version,
        "schema": backup.schema,
        "journal_last": backup.journal_last,
        "bytes": backup.size,
        "keys": backup.keys.value,
    }
