"""A running plant as the services see it."""

import csv
import io
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from appliance.domain.access import Actor, EditNetwork, Grant, Role, authorise
from appliance.domain.ids import MunicipalityId, UserId
from appliance.domain.instant import EARLIEST, LATEST
from appliance.domain.sensors import Sensor
from appliance.domain.work import Progress, Report
from appliance.ports.pages import Page
from appliance.services.files.imports import all_sensors, import_readings
from appliance.services.files.sensor_import import import_sensors
from appliance.services.world import World
from tests.builders import HERE
from tests.flow.plant import Plant

SENSOR_HEAD = "device_id,name,sensor_type,unit,latitude,longitude,pipeline_id"
HEAD = "device_id,timestamp,value,unit,quality"


@dataclass
class Desk:
    """A running plant as the services see it, and what they showed."""

    plant: Plant
    folder: Path
    world: World
    shown: list[Progress] = field(default_factory=list)

    def grant(self, municipality: MunicipalityId = HERE) -> Grant[EditNetwork]:
        actor = Actor(UserId(1), "admin", Role.ADMIN, municipality)
        return authorise(actor, EditNetwork, None)

    def file(self, *lines: str, name: str = "in.csv", end: str = "\n") -> Path:
        path = self.folder / name
        path.write_text("".join(line + end for line in lines), newline="")
        return path

    async def readings(self, *lines: str, municipality: MunicipalityId = HERE) -> Report:
        source = self.file(HEAD, *lines)
        report = await import_readings(
            self.grant(municipality), self.world, self.plant.walk, source, self.shown.append
        )
        await self.plant.settled()
        return report

    async def sensors(self, *lines: str, head: str = SENSOR_HEAD) -> Report:
        source = self.file(head, *lines)
        return await import_sensors(
            self.grant(), self.world, source, self.folder / "keys.csv", self.shown.append
        )

    async def all(self, municipality: MunicipalityId = HERE) -> list[Sensor]:
        return await self.plant.operations.read(municipality, all_sensors)

    def handed_out(self) -> list[list[str]]:
        return list(csv.reader(io.StringIO((self.folder / "keys.csv").read_text())))


def everything(tables: Any) -> object:
    return (
        all_sensors(tables),
        tables.network.pipelines(Page()),
        tables.network.nodes(Page()),
        tables.ledger.sum(since=EARLIEST, until=LATEST),
        tables.ledger.rejections(None, Page()),
    )


async def stored(plant: Plant, municipality: MunicipalityId) -> list[tuple[int, int, float]]:
    await plant.settled()
    found = []
    async for chunk in plant.history.of(municipality).export(since=EARLIEST, until=LATEST):
        rows = zip(chunk.sensors.tolist(), chunk.times.tolist(), chunk.values.tolist(), strict=True)
        found.extend(rows)
    return found
