"""Is there a fresh backup, where one is to be made every night?"""

import asyncio
from typing import Final

from appliance.domain.instant import DAY, text
from appliance.health.base import Issue, Surroundings

OLD: Final = 2 * DAY


async def check(surroundings: Surroundings) -> list[Issue]:
    """Give an issue when the newest backup in the folder of the nightly ones is over two days old."""
    place = surroundings.backups_in
    if place is None:
        return []
    newest = await asyncio.to_thread(surroundings.newest_backup)
    if newest is None:
        return [
            Issue(
                "no_backup",
                "medium",
                f"there is no backup in {place} yet",
                "`weir backup create` makes one now, and says what is wrong if it can't; "
                "otherwise one is made at 05:17 UTC",
            )
        ]
    if surroundings.world.clock.now() - newest <= OLD:
        return []
    return [
        Issue(
            "old_backup",
            "high",
            f"the newest backup in {place} is of {text(newest)}",
            "look whether that disk is there and has room, then `weir backup create`",
        )
    ]
