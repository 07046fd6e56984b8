"""Trends: how much came in, and what raised the most alerts."""

from appliance.domain.access import Grant, ViewNetwork
from appliance.domain.errors import Invalid
from appliance.domain.instant import DAY, Instant
from appliance.services.freshness import Freshness
from appliance.services.world import World

MOST_DAYS = 366

Daily = dict[Instant, int]


class Analytics:
    """Counts by day and by sensor."""

    def __init__(self, world: World, freshness: Freshness) -> None:
        self._world = world
        self._freshness = freshness

    def days(self, count: int) -> list[Instant]:
        """Give the first instants of the last `count` UTC days, today's last."""
        if not 1 <= count <= MOST_DAYS:
            raise Invalid(field="days", problem=f"1 to {MOST_DAYS}")
        now = self._world.clock.now()
        today = now - now % DAY
        return [Instant(today - DAY * back) for back in reversed(range(count))]

    async def trends(self, grant: Grant[ViewNetwork], days: list[Instant]) -> tuple[Daily, Daily]:
        """Count readings and alerts of each of these days."""
        await self._freshness.history()
        await self._freshness.watch()
        since, until = days[0], Instant(days[-1] + DAY)
        readings = await self._world.history.of(grant.municipality).daily_counts(
            since=since, until=until
        )
        alerts = await self._world.operations.read(
            grant.municipality, lambda t: t.alerts.daily_counts(since=since, until=until)
        )
        return readings, alerts

    async def top_alerts(self, grant: Grant[ViewNetwork], limit: int) -> list[tuple[str, int]]:
        """Give the sensors with the most alerts, most first."""
        if not 1 <= limit <= 100:  # noqa: PLR2004
            raise Invalid(field="limit", problem="1 to 100")
        await self._freshness.watch()
        return await self._world.operations.read(grant.municipality, lambda t: t.alerts.top(limit))
