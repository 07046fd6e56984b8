"""Is there room on the disk?"""

import asyncio
import shutil
from typing import Final

from appliance.health.base import Issue, Surroundings

WARN_PERCENT: Final = 80
URGENT_PERCENT: Final = 95


async def check(surroundings: Surroundings) -> list[Issue]:
    """Warn from 80 % on, urgently from 95 %."""
    usage = await asyncio.to_thread(shutil.disk_usage, surroundings.folder)
    percent = 100 * usage.used // (usage.used + usage.free)
    if percent < WARN_PERCENT:
        return []
    return [
        Issue(
            "disk_space",
            "critical" if percent >= URGENT_PERCENT else "medium",
            f"the disk with {surroundings.folder} is {percent} % full "
            f"({usage.free // 2**20:,} MiB left)",
            "make room on it, or move the data folder to a larger disk",
        )
    ]
