"""Do history and detection keep up with what comes in?"""

from typing import Final

from appliance.health.base import Issue, Surroundings

MOST_BEHIND: Final = 2_000


async def check(surroundings: Surroundings) -> list[Issue]:
    """Give an issue for each view that lags more than 2,000 batches behind the journal."""
    last = surroundings.journal.last
    views = {"history": surroundings.world.history.applied, "detection": surroundings.watched()}
    return [
        Issue(
            f"{view}_behind",
            "high",
            f"{view} is {last - place:,} batches behind what devices have sent",
            "nothing is lost and it catches up by itself; if this lasts, look for another "
            "program that keeps this computer busy",
        )
        for view, place in views.items()
        if last - place > MOST_BEHIND
    ]
