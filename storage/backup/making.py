"""Making a backup of a folder in use.

The order makes it whole without stopping anybody. The list of sealed files comes before the
journal: what is sealed later is in the journal still. The operations database comes before the
journal: how far it has watched is then never past the journal's end. Notes of the audit log come
before the database, so that they are never ahead of it; what people attached comes after it, so that
no row lacks its file.
"""

import asyncio
import shutil
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from appliance.domain.backups import Backup, BackupPart, KeptBackup, KeyCare
from appliance.domain.errors import Invalid, StorageFailed, WeirError
from appliance.domain.instant import Instant, to_datetime
from appliance.domain.work import Progress, ShowProgress
from appliance.ports.backups import KeyWish, Made
from appliance.ports.clock import Clock
from storage.backup import keys as sealing
from storage.backup import listing, looking, writing
from storage.backup.verifying import schema_of, verify
from storage.durable import sync_folder
from storage.history import manifest
from storage.history.sealed import Catalogue
from storage.journal.opening import look

_UNFINISHED: Final = ".part"
_TRIES: Final = 5
"""Looks at files that history or the journal put in order meanwhile."""
_OF_THE_JOURNAL: Final = "journal"
_SEALED: Final = "sealed"
_DATABASES: Final = ("operations.db", "broker.db")
_EARLY: Final = ("audit.heads",)
_AS_THEY_CAME: Final = ("attachments", "base-maps")
_LEFT_OUT: Final = frozenset(
    {
        *(_OF_THE_JOURNAL, _SEALED, *_DATABASES, *_EARLY),
        *("weir.key", "audit.key"),  # in `keys`, as wished
        *("history", "tmp", "ballast", "weir.lock", "control.json", "weir.log"),
        *("backups", "updates", ".writable"),
    }
)
"""What is copied in its own way, is made anew, or is of this computer only."""
_ENDINGS: Final = ("-wal", "-shm", ".commits", ".part", ".log.1")


@dataclass(frozen=True, slots=True)
class Source:
    """The folder of which a backup is made."""

    folder: Path
    keys: Mapping[str, bytes]
    """By the file's name; `weir.key` is the one that everything is encrypted with."""
    pieces: Callable[[], tuple[tuple[Path, int], ...]]
    """The journal's files and how much of each is durable."""
    version: str


class BackupMaker:
    """Implements Backups."""

    def __init__(self, source: Source, clock: Clock, usual: Path, wish: KeyWish) -> None:
        self._source = source
        self._clock = clock
        self._usual = usual
        self._wish = wish
        self._one = asyncio.Lock()

    def usual_place(self) -> Path:
        return self._usual

    def newest(self) -> Instant | None:
        """Give when the newest whole backup in the usual place was made; None where there is none."""
        try:
            found = _readable(self._usual)
        except (OSError, WeirError):
            return None
        return found[-1][1].made_at if found else None

    async def kept(self) -> tuple[KeptBackup, ...]:
        ours = sealing.key_name(self._source.keys["weir.key"])
        return await asyncio.to_thread(looking.kept_in, self._usual, ours)

    async def room(self) -> int | None:
        return await asyncio.to_thread(looking.room_in, self._usual)

    async def create(self, to: Path, wish: KeyWish | None, show: ShowProgress) -> Made:
        async with self._one:
            return await asyncio.to_thread(self._create, to, wish or self._wish, show)

    async def keep(self, to: Path, most: int) -> int:
        async with self._one:
            return await asyncio.to_thread(self._keep, to, most)

    def _create(self, to: Path, wish: KeyWish, show: ShowProgress) -> Made:
        key = self._source.keys["weir.key"]
        try:
            _prepare(to)
            before = [pair for pair in _readable(to) if pair[1].key_name == sealing.key_name(key)]
            made_at = self._clock.now()
            stamp = to_datetime(made_at).strftime("%Y%m%dT%H%M%S.%f")[:-3]
            folder = to / f"{listing.PREFIX}{stamp}Z"
            part = folder.with_name(f".{folder.name}{_UNFINISHED}")
            part.mkdir(mode=0o700)
            try:
                work = _Copying(self._source, part, before[-1:], show)
                backup = work.run(folder.name, made_at, wish)
                writing.sync_tree(part)
                listing.save(part, backup, key)
                problems = verify(part, backup, key, show)
                part.rename(folder)
                sync_folder(to)
            except BaseException:
                shutil.rmtree(part, ignore_errors=True)
                raise
        except OSError as error:
            raise StorageFailed(store="the backup", problem=str(error)) from error
        return Made(folder, backup, tuple(problems))

    def _keep(self, to: Path, most: int) -> int:
        ours = sealing.key_name(self._source.keys["weir.key"])
        mine = [folder for folder, backup in _readable(to) if backup.key_name == ours]
        old = mine[: max(0, len(mine) - max(1, most))]
        for folder in old:
            (folder / listing.NAME).unlink()  # from here on it is no backup
            shutil.rmtree(folder, ignore_errors=True)
        return len(old)


def _prepare(to: Path) -> None:
    try:
        to.mkdir(mode=0o700, parents=True, exist_ok=True)
        for left in to.glob(f".{listing.PREFIX}*{_UNFINISHED}"):
            shutil.rmtree(left)
    except OSError as error:
        raise Invalid(
            field="--to", problem=f"{to} can't be used by the running Weir ({error.strerror})"
        ) from None


def _readable(to: Path) -> list[tuple[Path, Backup]]:
    return [] if (to / listing.NAME).exists() else listing.all_in(to)


class _Copying:
    """One backup on its way."""

    def __init__(
        self,
        source: Source,
        target: Path,
        before: list[tuple[Path, Backup]],
        show: ShowProgress,
    ) -> None:
        self._source = source
        self._target = target
        self._show = show
        self._parts: list[BackupPart] = []
        self._bytes = 0
        self._before = {
            part.path: (listing.place_of(folder, part), part)
            for folder, backup in before
            for part in backup.parts
        }

    def run(self, name: str, made_at: Instant, wish: KeyWish) -> Backup:
        writing.need_room(self._target, _size_of(self._source.folder))
        care = self._copy_keys(wish)
        for early in _EARLY:
            self._copy_if_there(self._source.folder / early)
        first, last = self._copy_stores()
        for file in _others(self._source.folder):
            self._copy_if_there(file, may_link=self._never_changes(file))
        key = self._source.keys["weir.key"]
        return Backup(
            name=name,
            made_at=made_at,
            version=self._source.version,
            schema=schema_of(self._target / "operations.db", key),
            journal_first=first,
            journal_last=last,
            keys=care,
            key_name=sealing.key_name(key),
            parts=tuple(self._parts),
        )

    def _never_changes(self, file: Path) -> bool:
        """Say whether a file is kept as it came: another content has another name."""
        return any(file.is_relative_to(self._source.folder / each) for each in _AS_THEY_CAME)

    def _copy_keys(self, wish: KeyWish) -> KeyCare:
        if wish.apart:
            return KeyCare.APART
        if wish.passphrase is None:
            for name, key in self._source.keys.items():
                self._write(f"keys/{name}", key)
            return KeyCare.INSIDE
        self._write("keys.sealed", sealing.sealed(self._source.keys, wish.passphrase))
        return KeyCare.SEALED

    def _copy_stores(self) -> tuple[int, int]:
        """Copy what must fit together; begin again where it was put in order meanwhile."""
        kept = list(self._parts)
        for _ in range(_TRIES):
            self._parts = list(kept)
            try:
                catalogue = self._copy_sealed()
                for name in _DATABASES:
                    self._copy_database(name)
                first, last = self._copy_journal()
            except FileNotFoundError:
                continue
            if first - 1 <= catalogue.resume:
                return first, last
        raise StorageFailed(
            store="the backup", problem="history was put in order all the time; do it again later"
        )

    def _copy_sealed(self) -> Catalogue:
        source, target = self._source.folder / _SEALED, self._target / _SEALED
        if not (source / manifest.NAME).exists() and not (source / manifest.COPY).exists():
            return Catalogue()
        target.mkdir(mode=0o700, exist_ok=True)
        catalogue = manifest.load(source)
        manifest.save(target, catalogue)
        for name in (manifest.NAME, manifest.COPY):
            self._take(target / name, writing.sha256_of(target / name))
        for file in catalogue.files():
            self._copy(source / file.name, may_link=True)
        return catalogue

    def _copy_database(self, name: str) -> None:
        source, target = self._source.folder / name, self._target / name
        if source.exists():
            target.unlink(missing_ok=True)
            writing.copy_database(source, target, self._source.keys["weir.key"])
            self._take(target, writing.sha256_of(target))

    def _copy_journal(self) -> tuple[int, int]:
        folder = self._target / _OF_THE_JOURNAL
        shutil.rmtree(folder, ignore_errors=True)
        for path, size in self._source.pieces():
            self._copy(path, size)
        catalogue, last = look(folder, self._source.keys["weir.key"])
        return int(catalogue.first), last

    def _copy_if_there(self, source: Path, *, may_link: bool = False) -> None:
        try:
            self._copy(source, may_link=may_link)
        except FileNotFoundError:
            return  # removed meanwhile, or never made

    def _copy(self, source: Path, size: int | None = None, *, may_link: bool = False) -> None:
        target = self._target / source.relative_to(self._source.folder)
        target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        digest = self._linked(source, target) if may_link else None
        if digest is None:
            digest = writing.copy(source, target, size)
        self._take(target, digest)

    def _linked(self, source: Path, target: Path) -> str | None:
        """Share a file that never changes with the backup before; None where that can't be."""
        there = self._before.get(target.relative_to(self._target).as_posix())
        if there is None or there[1].size != source.stat().st_size:
            return None
        file, part = there
        try:
            if writing.sha256_of(file) != part.sha256:
                return None
            target.unlink(missing_ok=True)
            target.hardlink_to(file)
        except OSError:
            return None  # another file system, or one without hard links
        return part.sha256

    def _write(self, path: str, content: bytes) -> None:
        file = self._target / path
        file.parent.mkdir(mode=0o700, exist_ok=True)
        writing.write(file, content)
        self._take(file, writing.sha256_of(file))

    def _take(self, file: Path, digest: str) -> None:
        path = file.relative_to(self._target).as_posix()
        self._parts.append(BackupPart(path, file.stat().st_size, digest))
        self._bytes += self._parts[-1].size
        self._show(Progress("copied MiB", self._bytes >> 20))


def _others(folder: Path) -> Iterator[Path]:
    """Give every other file: what a later version adds is in its backups without a word here."""
    for top in sorted(folder.iterdir()):
        if top.name in _LEFT_OUT or top.name.endswith(_ENDINGS) or ".damaged-" in top.name:
            continue
        inside = sorted(top.rglob("*")) if top.is_dir() and not top.is_symlink() else [top]
        yield from (file for file in inside if file.is_file() and not file.is_symlink())


def _size_of(folder: Path) -> int:
    names = (*_DATABASES, _OF_THE_JOURNAL, _SEALED)
    stores = [folder / name for name in names]
    inside = [f for s in stores for f in (s.rglob("*") if s.is_dir() else [s]) if f.is_file()]
    return sum(file.stat().st_size for file in (*inside, *_others(folder)))
