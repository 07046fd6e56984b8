"""The demo on real stores, beside two municipalities that it must not touch."""

import contextlib
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from appliance.demo.demo import Demo
from appliance.demo.postbox import Postbox
from appliance.domain.ids import MunicipalityId
from appliance.flow.knocks import Knocks
from appliance.ports.pages import AlertFilter, Page, SensorFilter
from appliance.ports.tables import Tables
from appliance.services.world import World
from broker.gateways.codecs import GatewayCodecs
from tests.builders import HERE, THERE
from tests.flow.plant import Plant


@dataclass
class Stage:
    """A running plant with a demo that is not prepared yet."""

    plant: Plant
    world: World
    postbox: Postbox
    demo: Demo
    shown: list[str] = field(default_factory=list)
    learned: list[MunicipalityId] = field(default_factory=list)


@contextlib.asynccontextmanager
async def a_stage(plant: Plant, folder: Path, **options: Any) -> AsyncIterator[Stage]:
    """Run the plant; the two others must have at the end what they had at the beginning."""
    async with plant.running():
        before = [await plant.operations.read(m, belongings) for m in (HERE, THERE)]
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
        shown: list[str] = []
        learned: list[MunicipalityId] = []

        async def learn(municipality: MunicipalityId) -> None:
            learned.append(municipality)

        postbox = Postbox(folder / "demo-mail", shown.append)
        demo = Demo(world, plant.walk, postbox, shown.append, learn=learn, **options)
        try:
            yield Stage(plant, world, postbox, demo, shown, learned)
        finally:
            postbox.close()
        await plant.settled()
        after = [await plant.operations.read(m, belongings) for m in (HERE, THERE)]
        assert after == before


def belongings(tables: Tables) -> tuple[object, ...]:
    """Give everything of a municipality that a demo might disturb."""
    return (
        tables.municipality,
        tables.sensors.page(SensorFilter(), Page()),
        tables.rules.all(),
        tables.alerts.page(AlertFilter(), Page()),
        tables.channels.all(),
        tables.outbox.page(Page()),
        tables.network.pipelines(Page()),
        tables.network.nodes(Page()),
        tables.users.page(Page()),
        tables.events.last_number(),
    )
