"""Has Weir itself failed at something?"""

from appliance.domain import instant
from appliance.health.base import Issue, Surroundings


async def check(surroundings: Surroundings) -> list[Issue]:
    """Give an issue for each kind of fault of Weir's own that was passed over since the start."""
    return [
        Issue(
            "own_fault",
            "high",
            f"Weir failed at {fault.what} ({fault.problem}), {fault.times} times, last at "
            f"{instant.text(fault.last_at)}; everything else goes on",
            "this is a mistake in Weir, or damage: keep the log and report it",
        )
        for fault in surroundings.faults()
    ]
