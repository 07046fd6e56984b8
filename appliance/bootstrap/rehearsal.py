"""`weir rehearse`: can this program bring the databases of a folder to its schema?"""

from appliance.control.desk import Outcome
from appliance.machine.clock import SystemClock
from appliance.machine.folder import DataFolder
from storage.formats import formats
from storage.operations.database import SqliteOperations
from storage.sessions.sessions import SqliteSessions


async def check_migration(folder: DataFolder) -> Outcome:
    """Migrate the databases of a folder that nobody uses, meant for a copy, and read them once.

    Raises StartRefused or StorageFailed when that can't be done.
    """
    clock, key = SystemClock(), folder.key()
    with folder.alone():
        towns = 0
        if folder.operations.exists():
            operations = SqliteOperations(folder.operations, key, clock)
            await operations.start()
            try:
                found = await operations.read_system(lambda tables: tables.municipalities())
                towns = len(tuple(found))
            finally:
                await operations.stop()
        if folder.sessions.exists():
            sessions = SqliteSessions(folder.sessions, key, clock)
            await sessions.start()
            try:
                await sessions.everything()
            finally:
                await sessions.stop()
    return Outcome(
        f"the databases are those of this version now ({towns} municipalities)",
        {"formats": formats(), "municipalities": towns},
    )
