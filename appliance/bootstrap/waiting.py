"""Waiting for room: on a disk that is full to the brim the stores can't even be opened."""

import asyncio
import logging
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from appliance.config.configuration import Address
from appliance.domain.disk import MIB
from appliance.flow.disk_watch import DiskWatch
from web.http.waiting_room import WaitingRoom

_log = logging.getLogger(__name__)

LOOK_EVERY: Final = 0.5
"""Seconds."""


@dataclass(slots=True)
class Room:
    """How much room a start needs: more than the last one that failed for want of it had."""

    wanted: int = 0

    def is_there(self, disk: DiskWatch) -> bool:
        """Look whether there is enough."""
        disk.look()
        return disk.books_fit and disk.usage.free >= self.wanted

    def was_too_little(self, disk: DiskWatch) -> bool:
        """Say whether a start failed because the disk is full; the next one waits for more."""
        disk.look()
        if disk.withholds_acks:
            self.wanted = disk.usage.free + max(MIB, disk.usage.total // 100)
        return disk.withholds_acks


async def wait_for_room(
    disk: DiskWatch, room: Room, at: Address, until: asyncio.Event, show: Callable[[str], None]
) -> None:
    """Return when there is room or the event is set; the web page says meanwhile what is wrong."""
    if room.is_there(disk):
        return
    _log.warning("the disk is full: waiting for room to open the stores")
    page = WaitingRoom()
    address = await _listen(page, at)
    if address is not None:
        show(f"waiting for room on the disk http={address}")
    try:
        while not (until.is_set() or room.is_there(disk)):  # noqa: ASYNC110 a disk sends no event
            await asyncio.sleep(LOOK_EVERY)
    finally:
        await page.stop()


async def _listen(page: WaitingRoom, at: Address) -> Address | None:
    try:
        return Address(at.host, await page.start(at.host, at.port))
    except OSError as error:
        _log.warning("nobody can be told over HTTP: %s can't be listened on (%s)", at, error)
        return None
