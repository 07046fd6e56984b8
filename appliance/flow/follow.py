"""History follows the journal."""

import asyncio
from typing import Final

from appliance.domain.ids import Sequence
from appliance.domain.readings import StoredBatch
from appliance.ports.disk import DiskState
from appliance.ports.history import History
from appliance.ports.journal import Journal

APART: Final = 0.1
MOST_BATCHES: Final = 4_096
MOST_READINGS: Final = 50_000


async def follow(
    journal: Journal, history: History, wake: asyncio.Event, disk: DiskState | None = None
) -> None:
    """Apply everything in the journal to history, for ever; `wake` says that there is more.

    What has come together is applied together, about 50,000 readings at once, and what comes thick
    and fast every APART seconds, which leaves the disk to the acks. A history that is not of this
    journal (one of the two was put back from a backup, or lost) begins again. While the disk has
    no room for it, history waits. Raises StorageFailed when either store does.
    """
    await belong_together(journal, history)
    loop, begun = asyncio.get_running_loop(), -APART
    while True:
        await asyncio.sleep(begun + APART - loop.time())
        begun = loop.time()
        wake.clear()
        batches = await _next(journal, history)
        if batches:
            if disk is not None:
                await disk.room_for_books()
            await history.apply(batches)
        else:
            await wake.wait()


async def belong_together(journal: Journal, history: History) -> None:
    """Have a history that is of another journal begin again, with what the journal still has."""
    if await _is_of_another_journal(journal, history):
        await history.begin_again(Sequence(journal.first - 1))


async def _next(journal: Journal, history: History) -> tuple[StoredBatch, ...]:
    return await journal.read(history.applied, limit=MOST_BATCHES, most_readings=MOST_READINGS)


async def _is_of_another_journal(journal: Journal, history: History) -> bool:
    if history.applied < journal.first - 1:
        return True
    if history.applied == 0:
        return False
    batch = await journal.batch(history.applied)
    return batch is None or batch.stored_at != history.applied_at
