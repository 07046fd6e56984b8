"""Looking at what lies in a folder of backups: one that is damaged hides no other."""

import shutil
from dataclasses import replace
from functools import lru_cache
from pathlib import Path
from typing import Final

from appliance.domain.backups import KeptBackup
from appliance.domain.errors import FileRefused
from storage.backup import listing

_REMEMBERED: Final = 256
"""Lists of backups, which may be long and don't change; of more, the longest unused is read anew."""
_MOST: Final = 1_000
"""Backups that are shown; of more, the newest by their names."""


def kept_in(root: Path, key_name: str) -> tuple[KeptBackup, ...]:
    """Say what is there, the newest first; `key_name` tells those of the folder in use."""
    folders = sorted(root.glob(f"{listing.PREFIX}*"), reverse=True)[:_MOST]
    seen = [found for folder in folders if (found := _seen(folder, key_name)) is not None]
    return tuple(sorted(seen, key=lambda one: one.made_at or 0, reverse=True))


def room_in(root: Path) -> int | None:
    """Give the bytes that are free there; None where it isn't."""
    try:
        return shutil.disk_usage(root).free
    except OSError:
        return None


def _seen(folder: Path, key_name: str) -> KeptBackup | None:
    try:
        state = (folder / listing.NAME).stat()
    except OSError:
        return None  # unfinished, or something else
    found, its_key = _read(folder, state.st_mtime_ns, state.st_size)
    return replace(found, own=its_key == key_name)


@lru_cache(_REMEMBERED)
def _read(folder: Path, changed: int, size: int) -> tuple[KeptBackup, str]:
    del changed, size  # by which a list that was changed is read anew
    try:
        backup = listing.load(folder)
    except FileRefused as refused:
        return KeptBackup(name=folder.name, problem=str(refused)), ""
    kept = KeptBackup(
        name=folder.name,
        made_at=backup.made_at,
        size=backup.size,
        files=len(backup.parts),
        version=backup.version,
        keys=backup.keys,
    )
    return kept, backup.key_name
