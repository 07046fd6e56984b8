"""A backup becomes a data folder: whole and proven, or not there at all."""

import shutil
from dataclasses import replace
from pathlib import Path
from typing import Final

from appliance.domain.backups import Backup
from appliance.domain.errors import FileRefused, Invalid, StorageFailed
from appliance.domain.instant import Instant, text
from appliance.domain.work import Progress, ShowProgress
from storage.backup import keys as sealing
from storage.backup import listing, writing
from storage.backup.verifying import verify
from storage.durable import sync_folder

_UNFINISHED: Final = ".restoring"
_SEALED_KEYS: Final = "keys.sealed"
_KEYS: Final = "keys/"
_LARGEST_KEYS: Final = 1 << 16


def chosen(root: Path, at: Instant | None) -> tuple[Path, Backup]:
    """Give the newest backup, or the newest of those made until then; FileRefused for none."""
    found = listing.all_in(root)
    if not found:
        raise FileRefused(
            file=root, problem="there is no backup in it", remedy="name a folder with backups"
        )
    fitting = [pair for pair in found if at is None or pair[1].made_at <= at]
    if not fitting:
        raise FileRefused(
            file=root,
            problem=f"the oldest backup in it was made at {text(found[0][1].made_at)}",
            remedy="name a later time, or another folder: a backup can't be taken back further",
        )
    return fitting[-1]


def keys_of(
    folder: Path, backup: Backup, *, passphrase: str | None, file: Path | None
) -> dict[str, bytes]:
    """Give the keys by name: from the backup, or the file that has them apart; Invalid without."""
    if file is not None:
        found = {"weir.key": _read(file)}
        beside = file.with_name("audit.key")
        if file.name == "weir.key" and beside.is_file():
            found["audit.key"] = _read(beside)
    elif (folder / _SEALED_KEYS).is_file():
        if passphrase is None:
            raise Invalid(
                field="--passphrase-file", problem="the keys of this backup have a passphrase"
            )
        found = sealing.opened(_read(folder / _SEALED_KEYS), passphrase)
    else:
        inside = folder / _KEYS.rstrip("/")
        found = {key.name: _read(key) for key in inside.glob("*.key")}
    if "weir.key" not in found:
        raise Invalid(
            field="--key", problem="the key is not in this backup: name your copy of weir.key"
        )
    if sealing.key_name(found["weir.key"]) != backup.key_name:
        raise Invalid(field="--key", problem="this key is not the one of this backup")
    return found


def restore(
    source: tuple[Path, Backup], keys: dict[str, bytes], target: Path, show: ShowProgress
) -> None:
    """Make the data folder; Invalid when there is one, FileRefused for a damaged backup."""
    _, backup = source
    part = target.with_name(f".{target.name}{_UNFINISHED}")
    try:
        _must_be_free(target)
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.rmtree(part, ignore_errors=True)
        part.mkdir(mode=0o700)
        try:
            writing.need_room(part, backup.size)
            _copy(source, part, show)
            _prove(source, part, keys["weir.key"], show)
            for name, key in keys.items():
                writing.write(part / name, key)
            (part / listing.NAME).unlink()
            writing.sync_tree(part)
            if target.exists():
                target.rmdir()
            part.rename(target)
            sync_folder(target.parent)
        except BaseException:
            shutil.rmtree(part, ignore_errors=True)
            raise
    except OSError as error:
        raise StorageFailed(store=str(target), problem=str(error)) from error


def _must_be_free(target: Path) -> None:
    if target.exists() and any(target.iterdir()):
        raise Invalid(
            field="--data",
            problem=f"{target} is not empty: a backup is restored into a new folder, so that "
            "nothing is lost by it",
        )


def _copy(source: tuple[Path, Backup], target: Path, show: ShowProgress) -> None:
    folder, backup = source
    done = 0
    for each in backup.parts:
        place = listing.place_of(target, each)
        if each.path != _SEALED_KEYS and not each.path.startswith(_KEYS):
            place.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            writing.copy(listing.place_of(folder, each), place)
        done += each.size
        show(Progress("restored MiB", done >> 20, backup.size >> 20))
    writing.copy(folder / listing.NAME, target / listing.NAME)


def _prove(source: tuple[Path, Backup], part: Path, key: bytes, show: ShowProgress) -> None:
    """Read back what was written, not what it was written from."""
    folder, backup = source
    keys = (_SEALED_KEYS, _KEYS)
    copied = tuple(each for each in backup.parts if not each.path.startswith(keys))
    bare = replace(backup, parts=copied)
    problems = verify(part, bare, key, show)
    if problems:
        raise FileRefused(
            file=folder,
            problem="; ".join(problems),
            remedy="restore an older backup; `weir backup verify` names all damage of each",
        )


def _read(file: Path) -> bytes:
    try:
        with file.open("rb") as reading:
            return reading.read(_LARGEST_KEYS)
    except OSError as error:
        raise Invalid(field=str(file), problem=f"it can't be read ({error.strerror})") from None
