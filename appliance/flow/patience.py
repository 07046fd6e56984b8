"""What Weir itself must write waits for room on a full disk, and is written then.

People are refused while the disk is full (507); what is done for nobody who waits would be lost, or
would end the program, which then could not even say that the disk is full.
"""

import asyncio
from collections.abc import Awaitable, Callable
from collections.abc import Sequence as Several
from typing import Final, Protocol, TypeVar

from appliance.domain.errors import DiskFull
from appliance.domain.ids import MunicipalityId
from appliance.ports.disk import DiskState
from appliance.ports.operations import Operations, SystemTables
from appliance.ports.sessions import Change, Kept, SessionStore
from appliance.ports.tables import Tables

T = TypeVar("T")

PAUSE: Final = 0.5
"""Seconds between tries where the disk says that it has room and takes nothing (a quota)."""


class PatientOperations:
    """An Operations whose writes wait for room; one that found the disk full is done again."""

    def __init__(self, operations: Operations, disk: DiskState) -> None:
        self._operations = operations
        self._disk = disk

    async def read(self, municipality: MunicipalityId, query: Callable[[Tables], T]) -> T:
        return await self._operations.read(municipality, query)

    async def write(self, municipality: MunicipalityId, change: Callable[[Tables], T]) -> T:
        return await patiently(self._disk, lambda: self._operations.write(municipality, change))

    async def read_system(self, query: Callable[[SystemTables], T]) -> T:
        return await self._operations.read_system(query)

    async def write_system(self, change: Callable[[SystemTables], T]) -> T:
        return await patiently(self._disk, lambda: self._operations.write_system(change))

    async def version(self) -> int:
        return await self._operations.version()

    async def setup_version(self) -> int:
        return await self._operations.setup_version()


class Opened(SessionStore, Protocol):
    """A SessionStore that is opened and closed."""

    async def start(self) -> None:
        """Open it."""
        ...

    async def stop(self) -> None:
        """Close it."""
        ...


class PatientSessions:
    """A SessionStore whose writes wait for room."""

    def __init__(self, store: Opened, disk: DiskState) -> None:
        self._store = store
        self._disk = disk

    async def start(self) -> None:
        """Open the store."""
        await self._store.start()

    async def stop(self) -> None:
        """Close the store."""
        await self._store.stop()

    async def everything(self) -> Kept:
        return await self._store.everything()

    async def keep(self, changes: Several[Change]) -> None:
        await patiently(self._disk, lambda: self._store.keep(changes))


async def patiently(disk: DiskState, write: Callable[[], Awaitable[T]]) -> T:
    """Write when there is room, as often as it takes."""
    while True:
        await disk.room_for_books()
        try:
            return await write()
        except DiskFull:
            await asyncio.sleep(PAUSE)
