"""What history can do without when the disk is short of room."""

import asyncio
from pathlib import Path

from storage.history.file import forget_put_aside


class PutAside:
    """A Derived: DuckDB files that were put aside as damaged. The present one has all of it again."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    async def give_room_back(self) -> None:
        """Remove them."""
        await asyncio.to_thread(forget_put_aside, self._folder)
