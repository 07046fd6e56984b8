"""Reading a backup back: every byte against the list, and every store with its key."""

import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from appliance.domain.backups import Backup
from appliance.domain.errors import WeirError
from appliance.domain.ids import Sequence
from appliance.domain.work import Progress, ShowProgress
from storage.backup import listing, writing
from storage.backup.keys import key_name
from storage.history import manifest
from storage.journal.opening import look
from storage.journal.record import Cipher
from storage.journal.scrub import Scrub
from storage.sqlite import open_database, storage_failures
from storage.sqlite_pages import look_at_file

_NAMED: Final = 20
"""Files named one by one; of the rest only the count."""


def verify(folder: Path, backup: Backup, key: bytes | None, show: ShowProgress) -> list[str]:
    """Say what is wrong with a backup; nothing when it can be restored as it was made.

    Without a key only bytes are compared with the list, and the stores stay closed.
    """
    problems = list(_files(folder, backup, show))
    if len(problems) > _NAMED:
        problems[_NAMED:] = [f"and {len(problems) - _NAMED:,} more files"]
    if key is None:
        return problems
    if key_name(key) != backup.key_name:
        return [*problems, "the key is not the one of this backup"]
    if not listing.is_sealed_with(folder, key):
        problems.append(f"{listing.NAME} was changed after it was made")
    return [*problems, *_stores(folder, backup, key)]


def schema_of(file: Path, key: bytes) -> int:
    """Give the schema's number of an operations database that nobody uses; raises StorageFailed."""
    # In a copy: a reader would leave files of its own beside it.
    with tempfile.TemporaryDirectory(dir=file.parent.parent) as scratch:
        copy = Path(scratch) / file.name
        writing.copy(file, copy)
        connection = open_database(copy, key)
        try:
            with storage_failures(file):
                found = connection.execute("SELECT max(number) FROM migration").get
                return int(found or 0)
        finally:
            connection.close()


def _files(folder: Path, backup: Backup, show: ShowProgress) -> Iterator[str]:
    done = 0
    for part in backup.parts:
        file = listing.place_of(folder, part)
        try:
            if file.stat().st_size != part.size:
                yield f"{part.path} has another size than when it was written"
            elif writing.sha256_of(file) != part.sha256:
                yield f"{part.path} is not what was written"
        except OSError as error:
            yield f"{part.path} can't be read ({error.strerror})"
        done += part.size
        show(Progress("verified MiB", done >> 20, backup.size >> 20))


def _stores(folder: Path, backup: Backup, key: bytes) -> Iterator[str]:
    named = {part.path for part in backup.parts}
    try:
        for database in ("operations.db", "broker.db"):
            if database in named:
                yield from _pages(folder / database, key)
        yield from _journal(folder / "journal", backup, key)
        if "sealed/manifest.json" in named:
            yield from _sealed(folder / "sealed", backup)
    except (WeirError, OSError) as error:
        yield str(error)


def _pages(file: Path, key: bytes) -> Iterator[str]:
    with storage_failures(file):
        pages = look_at_file(file, key)
    if pages.damaged:
        yield f"{file.name}: {len(pages.damaged):,} of {pages.read:,} pages are damaged"


def _journal(folder: Path, backup: Backup, key: bytes) -> Iterator[str]:
    catalogue, last = look(folder, key)
    if last != backup.journal_last:
        yield f"the journal ends at batch {last}, and should at {backup.journal_last}"
    scrub = Scrub(catalogue, Cipher(key), Sequence(last))
    scrub.run()
    for damage in scrub.found[:_NAMED]:
        yield f"journal/{damage.file}: {damage.problem} at byte {damage.offset:,}"


def _sealed(folder: Path, backup: Backup) -> Iterator[str]:
    hashes = {part.path: part.sha256 for part in backup.parts}
    for file in manifest.load(folder).files():
        found = hashes.get(f"sealed/{file.name}")
        if found != file.sha256:
            yield f"sealed/{file.name} is not what history sealed: the original is damaged, too"
