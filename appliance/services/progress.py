"""How far a municipality's set-up has come, as its data says: nobody ticks anything off."""

from collections.abc import Mapping
from dataclasses import dataclass

from appliance.domain.access import Grant, ViewNetwork
from appliance.domain.sensors import Position
from appliance.domain.telling import DeliveryState
from appliance.ports.pages import Page
from appliance.ports.tables import Tables
from appliance.services.freshness import Freshness
from appliance.services.world import World

_FIRST = Page(limit=1)
_NEWEST = Page(limit=50)


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """What there is; 0 is what has not been done."""

    people: int
    pipes: int
    nodes: int
    sensors: int
    placed: int
    """Sensors with a position."""
    reporting: int
    """Sensors that have ever reported."""
    zones: int
    channels: int
    """That are switched on."""
    told: bool
    """Whether one of the newest messages of an alert has reached somebody."""
    centre: Position | None
    """Of the sensors that are placed; None before the first."""
    doors: Mapping[str, str]
    """Where devices connect, `host:port` by option."""


class SetUpProgress:
    """Looks how far set-up has come."""

    def __init__(self, world: World, freshness: Freshness) -> None:
        self._world = world
        self._freshness = freshness

    async def of(self, grant: Grant[ViewNetwork]) -> Progress:
        """Give it as it is now: the first device's reading is seen as soon as it is acknowledged."""
        await self._freshness.watch()
        contacts, doors = self._world.watching.contacts, self._world.doors()

        def look(tables: Tables) -> Progress:
            sensors = tables.sensors.everything()
            places = [s.position for s in sensors if s.position is not None]
            heard = [s for s in sensors if (c := contacts.get(s.id)) and c.arrived is not None]
            channels = [channel for channel in tables.channels.all() if channel.enabled]
            return Progress(
                people=tables.users.page(_FIRST)[1],
                pipes=tables.network.pipelines(_FIRST)[1],
                nodes=tables.network.nodes(_FIRST)[1],
                sensors=len(sensors),
                placed=len(places),
                reporting=len(heard),
                zones=len(tables.zones.all()),
                channels=len(channels),
                told=any(one.state is DeliveryState.SENT for one in tables.outbox.page(_NEWEST)[0]),
                centre=_middle(places),
                doors=doors,
            )

        return await self._world.operations.read(grant.municipality, look)


def _middle(places: list[Position]) -> Position | None:
    if not places:
        return None
    longitudes = sorted(place.longitude for place in places)
    latitudes = sorted(place.latitude for place in places)
    return Position(longitudes[len(places) // 2], latitudes[len(places) // 2])
