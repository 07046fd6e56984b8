"""Do notifications get out?"""

from typing import Final

from appliance.domain import instant
from appliance.domain.telling import Delivery, DeliveryState
from appliance.health.base import Issue, Surroundings, in_earnest
from appliance.ports.operations import SystemTables
from appliance.ports.pages import Page

LATE_AFTER: Final = 5 * instant.MINUTE
LOOKED_AT: Final = 200


async def check(surroundings: Surroundings) -> list[Issue]:
    """Give an issue when a delivery has waited for more than 5 minutes, or was given up."""
    deliveries = await surroundings.world.operations.read_system(_newest)
    now = surroundings.world.clock.now()
    late = [
        d
        for d in deliveries
        if d.state is DeliveryState.WAITING and now - d.created_at > LATE_AFTER
    ]
    given_up = [d for d in deliveries if d.state is DeliveryState.GIVEN_UP]
    issues = []
    if late:
        issues.append(
            Issue(
                "outbox_stuck",
                "high",
                f"{len(late)} notifications wait: {late[0].last_problem or 'not tried yet'}",
                "check the mail server's options and whether it can be reached",
            )
        )
    if given_up:
        issues.append(
            Issue(
                "given_up",
                "medium",
                f"{len(given_up)} notifications were given up: {given_up[0].last_problem}",
                "correct the address of the channel",
            )
        )
    return issues


def _newest(tables: SystemTables) -> list[Delivery]:
    return [
        delivery
        for municipality in in_earnest(tables)
        for delivery in tables.of(municipality.id).outbox.page(Page(LOOKED_AT))[0]
    ]
