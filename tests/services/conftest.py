"""Services over real stores, with a second municipality that nothing may touch."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from appliance.flow.knocks import Knocks
from appliance.services.world import World
from broker.gateways.codecs import GatewayCodecs
from tests.builders import THERE
from tests.flow.plant import Plant
from tests.services.desk import Desk, everything, stored


@pytest.fixture
async def desk(tmp_path: Path) -> AsyncIterator[Desk]:
    """After every test the other municipality is as it was."""
    (tmp_path / "data").mkdir()
    plant = Plant(tmp_path / "data")
    async with plant.running():
        world = World(
            operations=plant.operations,
            history=plant.history,
            journal=plant.journal,
            live=plant.hub,
            watching=plant.watcher,
            directory=plant.registry,
            intake=plant.intake,
            knocks=Knocks(plant.ids),
            codecs=GatewayCodecs(),
            clock=plant.clock,
            ids=plant.ids,
        )
        there = await plant.operations.read(THERE, everything)
        yield Desk(plant, tmp_path, world)
        assert await plant.operations.read(THERE, everything) == there
        assert not await stored(plant, THERE)
