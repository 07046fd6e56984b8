"""Are the files what was written?"""

from appliance.health.base import Issue, Surroundings


async def check(surroundings: Surroundings) -> list[Issue]:
    """Give an issue for each damage that a start or the nightly scrub has found."""
    return [
        Issue(
            "damage",
            "low" if flaw.heals else "critical",
            f"{flaw.file}: {flaw.problem}; concerns {flaw.affected}",
            f"{flaw.remedy}; then have `weir scrub` look at every file again",
        )
        for flaw in surroundings.flaws()
    ]
