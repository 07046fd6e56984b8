"""Does every webhook still take what it is sent?"""

from appliance.domain.telling import Channel
from appliance.health.base import Issue, Surroundings, in_earnest
from appliance.ports.operations import SystemTables


async def check(surroundings: Surroundings) -> list[Issue]:
    """Give an issue when Weir has switched a webhook off, because nothing reached it for days."""
    stopped = await surroundings.world.operations.read_system(_stopped)
    if not stopped:
        return []
    names = ", ".join(channel.name for channel in stopped[:3])
    return [
        Issue(
            "webhook_stopped",
            "high",
            f"{len(stopped)} webhooks were switched off after days of failures: {names}",
            "mend what receives them, try them with their test, and switch them on again",
        )
    ]


def _stopped(tables: SystemTables) -> list[Channel]:
    return [
        channel
        for municipality in in_earnest(tables)
        for channel in tables.of(municipality.id).channels.all()
        if channel.stopped and not channel.enabled
    ]
