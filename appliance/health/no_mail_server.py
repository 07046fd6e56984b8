"""Is there a way for e-mail to get out, where somebody counts on it?"""

from appliance.domain.telling import ChannelKind
from appliance.health.base import Issue, Surroundings, in_earnest
from appliance.ports.operations import SystemTables


async def check(surroundings: Surroundings) -> list[Issue]:
    """Give an issue when a channel wants e-mail and no mail server is named."""
    wanted = await surroundings.world.operations.read_system(_email_channels)
    if surroundings.mail_server or not wanted:
        return []
    return [
        Issue(
            "no_mail_server",
            "high",
            f"{wanted} notification channels want e-mail, but no mail server is named",
            "start Weir with --smtp-host, or set smtp_host in its configuration file",
        )
    ]


def _email_channels(tables: SystemTables) -> int:
    return sum(
        channel.enabled and channel.kind is ChannelKind.EMAIL
        for municipality in in_earnest(tables)
        for channel in tables.of(municipality.id).channels.all()
    )
