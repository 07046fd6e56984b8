"""Can others on the network listen in?"""

from appliance.health.base import Issue, Surroundings


async def check(surroundings: Surroundings) -> list[Issue]:
    """Give an issue while Weir listens beyond this computer without TLS."""
    if not surroundings.listens_beyond_loopback:
        return []
    return [
        Issue(
            "insecure_lan",
            "high",
            "Weir listens beyond this computer without TLS (--insecure-lan): passwords and keys "
            "travel in the clear",
            "use it in a trusted network only; remove --insecure-lan to go back",
        )
    ]
