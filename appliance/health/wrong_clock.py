"""Is the computer's clock right?"""

from typing import Final

from appliance.domain import instant
from appliance.domain.instant import Instant
from appliance.health.base import Issue, Surroundings

TOLERATED: Final = 1 * instant.MINUTE


async def check(surroundings: Surroundings) -> list[Issue]:
    """Give an issue when the clock says a time that has been already, by more than a minute."""
    now, been = surroundings.world.clock.now(), Instant(surroundings.watched_until())
    if now + TOLERATED >= been:
        return []
    return [
        Issue(
            "wrong_clock",
            "high",
            f"the computer's clock says {instant.text(now)}, but it has been {instant.text(been)} "
            "already: readings that bring no time of their own are kept under the wrong one",
            "set the clock, and have it set by itself (NTP or a GPS receiver); on a computer that "
            "forgets the time when it is off, replace the battery of its clock; where it is right now, "
            "it was ahead before, and this passes when that time has come",
        )
    ]
