"""The files of the data folder, each as something that can tell whether it is what was written."""

import asyncio
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import apsw

from appliance.domain.errors import StorageFailed
from appliance.domain.instant import text
from appliance.ports.journal import Journal
from appliance.ports.scrub import Flaw
from storage.commits import CommitNote
from storage.history.blocks import damaged_places
from storage.sqlite import open_database
from storage.sqlite_pages import look_at_file, look_at_log

_NAMED: Final = 8
"""Places named one by one; of the rest only the count."""


class SqliteFile:
    """One encrypted SQLite file with its log and the note of its commits; may be open meanwhile."""

    def __init__(
        self, path: Path, key: bytes, note: CommitNote, *, keeps: str, remedy: str
    ) -> None:
        self._path = path
        self._key = key
        self._note = note
        self._keeps = keeps
        self._remedy = remedy

    async def flaws(self) -> tuple[Flaw, ...]:
        return await asyncio.to_thread(self._look)

    def known(self) -> tuple[Flaw, ...]:
        found = [_put_aside(file, self._keeps) for file in _damaged_copies(self._path)]
        if self._note.unreadable:
            found.append(
                Flaw(
                    self._note.path.name,
                    "it was damaged",
                    f"only whether {self._path.name} has lost its newest commits",
                    "nothing: it has been made anew",
                    heals=True,
                )
            )
        if (loss := self._note.loss) is not None:
            since = f"after {text(loss.since)} " if loss.since else ""
            found.append(
                Flaw(
                    self._path.name,
                    f"its newest {loss.commits:,} commits are gone: it, or its log, was damaged or "
                    "put back from a backup",
                    f"{self._keeps}, as far as they were changed {since}until {text(loss.until)}; "
                    "what comes from readings has been made again",
                    "look through what people changed in that time, or restore a backup; "
                    "`weir scrub` takes this message away",
                )
            )
        return tuple(found)

    def told(self) -> None:
        """Somebody has read of the losses so far."""
        self._note.forget_loss()

    def _look(self) -> tuple[Flaw, ...]:
        found = []
        if self._path.exists():
            with _failures(self._path):
                pages = look_at_file(self._path, self._key)
                if pages.damaged:
                    found.append(self._flaw(self._path.name, "page", pages.damaged, pages.read))
                frames = look_at_log(self._path, self._key)
                if frames.damaged:
                    name = f"{self._path.name}-wal"
                    found.append(self._flaw(name, "frame", frames.damaged, frames.read))
        return tuple(found)

    def _flaw(self, file: str, kind: str, places: tuple[int, ...], read: int) -> Flaw:
        problem = f"{_listed(kind, places)} of {read:,} not what was written"
        tables = _tables_of(self._path, self._key, places) if kind == "page" else ""
        affected = f"{self._keeps} ({tables})" if tables else self._keeps
        return Flaw(file, problem, affected, self._remedy)


class HistoryFile:
    """The DuckDB file of history; damage is cured at the next start, from the journal."""

    def __init__(self, path: Path, suspect: Callable[[], None]) -> None:
        self._path = path
        self._suspect = suspect

    async def flaws(self) -> tuple[Flaw, ...]:
        if not self._path.exists():
            return ()
        try:
            places = await asyncio.to_thread(damaged_places, self._path)
        except OSError as error:
            raise StorageFailed(store=str(self._path), problem=str(error)) from error
        if not places:
            return ()
        await asyncio.to_thread(self._suspect)
        return (
            Flaw(
                self._path.name,
                f"{_listed('block at byte', tuple(places))} not what was written",
                "history; questions that need these blocks fail, the others are answered rightly",
                "restart Weir: it makes this file anew from the journal",
                heals=True,
            ),
        )

    def known(self) -> tuple[Flaw, ...]:
        return tuple(_put_aside(file, "history") for file in _damaged_copies(self._path))

    def told(self) -> None:
        """Nothing is remembered here."""


class JournalFiles:
    """The journal's files, as the journal itself sees them."""

    def __init__(self, journal: Journal) -> None:
        self._journal = journal

    async def flaws(self) -> tuple[Flaw, ...]:
        return tuple(
            Flaw(
                damage.file,
                f"{damage.problem} ({damage.length:,} bytes from byte {damage.offset:,} on)",
                f"batches {damage.first} to {damage.last} of readings"
                if damage.lost
                else "no readings",
                "put this file back from a backup; without one these readings stay lost, and "
                "everything else goes on",
            )
            for damage in await self._journal.verify()
        )

    def known(self) -> tuple[Flaw, ...]:
        return ()

    def told(self) -> None:
        """Nothing is remembered here."""


class KeyFile:
    """The key on the disk, which must be the one that is in use; else it is put right."""

    def __init__(self, path: Path, key: bytes, rewrite: Callable[[bytes], None]) -> None:
        self._path = path
        self._key = key
        self._rewrite = rewrite

    async def flaws(self) -> tuple[Flaw, ...]:
        return await asyncio.to_thread(self._look)

    def known(self) -> tuple[Flaw, ...]:
        return ()

    def told(self) -> None:
        """Nothing is remembered here."""

    def _look(self) -> tuple[Flaw, ...]:
        try:
            same = self._path.read_bytes() == self._key
        except FileNotFoundError:
            same = False
        except OSError as error:
            raise StorageFailed(store=str(self._path), problem=str(error)) from error
        if same:
            return ()
        self._rewrite(self._key)
        return (
            Flaw(
                self._path.name,
                "it was not the key of this folder any more",
                "everything: after a restart nothing could have been read",
                "nothing: it has been written anew from memory; compare your backup of the key",
                heals=True,
            ),
        )


def _put_aside(file: Path, what: str) -> Flaw:
    return Flaw(
        file.name,
        "it was damaged, and has been put aside and begun anew",
        what,
        f"delete {file.name} once you have taken notice; nothing needs it",
        heals=True,
    )


def _damaged_copies(path: Path) -> list[Path]:
    copies = path.parent.glob(f"{path.name}.damaged-*")
    return sorted(file for file in copies if not file.name.endswith(("wal", "shm")))


def _listed(kind: str, places: tuple[int, ...]) -> str:
    named = ", ".join(f"{place:,}" for place in places[:_NAMED])
    more = f" and {len(places) - _NAMED:,} more" if len(places) > _NAMED else ""
    return f"{kind}{'s' if len(places) > 1 else ''} {named}{more}"


def _tables_of(path: Path, key: bytes, pages: tuple[int, ...]) -> str:
    """Name the tables and indexes that these pages belong to, as far as can still be told."""
    wanted = ",".join(str(page) for page in pages)
    try:
        connection = open_database(path, key, read_only=True)
    except StorageFailed:
        return ""
    try:
        query = f"SELECT DISTINCT name FROM dbstat WHERE pageno IN ({wanted})"  # noqa: S608 numbers
        return ", ".join(name for (name,) in connection.execute(query))
    except apsw.Error:
        return ""
    finally:
        connection.close()


@contextmanager
def _failures(path: Path) -> Iterator[None]:
    try:
        yield
    except (apsw.Error, OSError) as error:
        raise StorageFailed(store=str(path), problem=str(error)) from error
