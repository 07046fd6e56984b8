"""Is there anybody who can sign in?"""

from appliance.health.base import Issue, Surroundings


async def check(surroundings: Surroundings) -> list[Issue]:
    """Give an issue until the first person has been made."""
    if await surroundings.world.operations.read_system(lambda tables: tables.users()):
        return []
    return [
        Issue(
            "not_set_up",
            "medium",
            "nobody can sign in yet",
            "open the set-up page with the code on the console, or run `weir init`",
        )
    ]
