"""Which files there are to scrub, and scrubbing a folder that no program is using."""

from functools import partial

from appliance.control.commands.scrubbing import as_outcome
from appliance.control.desk import Outcome
from appliance.machine.audit_heads import HeadsOnDisk
from appliance.machine.clock import RandomIds, SystemClock
from appliance.machine.folder import DataFolder
from appliance.ports.clock import Clock, IdSource
from appliance.ports.journal import Journal
from appliance.services.scrub import Scrub
from storage.attachments import FolderFiles
from storage.commits import CommitNote
from storage.gis.base_maps import FolderBaseMaps
from storage.history.file import suspect
from storage.history.shelf import Shelf
from storage.history.verifying import SealedFiles
from storage.journal.journal import FileJournal
from storage.scrub import HistoryFile, JournalFiles, KeyFile, SqliteFile


def scrub_of(
    folder: DataFolder,
    key: bytes,
    journal: Journal,
    notes: tuple[CommitNote, CommitNote],
    sealed: SealedFiles,
    attachments: FolderFiles,
) -> Scrub:
    """Put together everything that can tell whether it is what was written.

    The notes are those of the operations database and of the broker's.
    """
    operations, sessions = notes
    return Scrub(
        {
            "weir.key": KeyFile(folder.path / "weir.key", key, folder.put_key),
            "operations.db": SqliteFile(
                folder.operations,
                key,
                operations,
                keeps="alerts, people, sensors, rules, the map and settings",
                remedy="stop Weir and put operations.db back from the newest backup, without the "
                "-wal and -shm beside it; readings are in the journal and not concerned",
            ),
            "broker.db": SqliteFile(
                folder.sessions,
                key,
                sessions,
                keeps="MQTT subscriptions, retained messages, and what clients that were away are "
                "owed",
                remedy="restart Weir: it begins this file anew; clients subscribe again by themselves",
            ),
            "the journal": JournalFiles(journal),
            "sealed history": sealed,
            "attachments": attachments,
            "audit.heads": HeadsOnDisk(folder.audit_heads),
            "history": HistoryFile(
                folder.history / "history.duckdb", partial(suspect, folder.history)
            ),
        }
    )


def attachments_of(folder: DataFolder, ids: IdSource, clock: Clock) -> FolderFiles:
    """Give the files that people add to incidents."""
    return FolderFiles(folder.attachments, folder.scratch, ids, clock)


def base_maps_of(folder: DataFolder, ids: IdSource, clock: Clock) -> FolderBaseMaps:
    """Give the maps that people put below the network."""
    return FolderBaseMaps(folder.base_maps, folder.scratch, ids, clock)


async def scrub_folder(folder: DataFolder) -> Outcome:
    """Scrub a folder that is not in use, also one with which Weir would not start."""
    folder.make()
    with folder.alone():
        key = folder.key()
        notes = CommitNote(folder.operations), CommitNote(folder.sessions)
        for note in notes:
            note.look()
        journal = FileJournal(folder.journal, key, SystemClock())
        sealed = SealedFiles(Shelf(folder.sealed))
        attachments = attachments_of(folder, RandomIds(), SystemClock())
        scrub = scrub_of(folder, key, journal, notes, sealed, attachments)
        try:
            await journal.start()
            found = await scrub.run()
        finally:
            await journal.stop()
        scrub.told()
        return as_outcome(found)
