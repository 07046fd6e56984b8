"""The pipe network on the map."""

from functools import partial

from appliance.domain.access import EditNetwork, Grant, ViewNetwork
from appliance.domain.errors import Invalid, NotFound
from appliance.domain.ids import AssetId
from appliance.domain.network import Link, NetworkNode, Pipeline
from appliance.domain.sensors import Position
from appliance.ports.pages import Page
from appliance.ports.tables import Tables
from appliance.services.noting import noted
from appliance.services.world import World


class Pipelines:
    """Adds and lists links and nodes."""

    def __init__(self, world: World) -> None:
        self._world = world

    async def page(self, grant: Grant[ViewNetwork], page: Page) -> tuple[list[Pipeline], int]:
        """Give one page by code, and how many there are in all."""
        return await self._world.operations.read(
            grant.municipality, lambda t: t.network.pipelines(page)
        )

    async def nodes(self, grant: Grant[ViewNetwork], page: Page) -> tuple[list[NetworkNode], int]:
        """Give one page of nodes by code, and how many there are in all."""
        return await self._world.operations.read(
            grant.municipality, lambda t: t.network.nodes(page)
        )

    async def get(self, grant: Grant[ViewNetwork], pipeline: AssetId) -> Pipeline:
        """Give one link."""

        def query(tables: Tables) -> Pipeline:
            found = tables.network.pipeline(pipeline)
            if found is None:
                raise NotFound(kind="pipeline", name=pipeline)
            return found

        return await self._world.operations.read(grant.municipality, query)

    async def add(self, grant: Grant[EditNetwork], link: Link) -> Pipeline:
        """Add one link; Conflict when its code is taken."""
        if len(link.path) < len(("start", "end")):
            raise Invalid(field="geometry", problem="a line has at least two points")
        for position in link.path:
            must_be_on_earth(position, "geometry")
        pipeline = Pipeline(
            id=AssetId(self._world.ids.new_id()), municipality=grant.municipality, link=link
        )

        def change(tables: Tables) -> None:
            note = partial(noted, self._world, grant, tables, [pipeline.id], what="added")
            note(lambda: tables.network.add_pipeline(pipeline))

        await self._world.operations.write(grant.municipality, change)
        return pipeline

    def new_code(self) -> str:
        """Give a code for a link that has none in the utility's books."""
        return f"{self._world.ids.new_id():x}"


def must_be_on_earth(position: Position, field: str) -> None:
    """Raise Invalid for coordinates that are no longitude and latitude in degrees."""
    if not (-180 <= position.longitude <= 180 and -90 <= position.latitude <= 90):  # noqa: PLR2004
        raise Invalid(
            field=field,
            problem=f"{position.longitude}, {position.latitude} is no longitude and latitude",
        )
