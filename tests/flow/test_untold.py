"""What was committed is told, also when whoever committed it could not tell."""

from pathlib import Path

import pytest

from appliance.domain.ids import UserId
from appliance.domain.rules import Threshold
from appliance.flow.alerting import comment
from appliance.flow.untold import Untold
from appliance.ports.tables import Tables
from tests.builders import HERE, THERE
from tests.flow.plant import Plant


@pytest.fixture
def plant(tmp_path: Path) -> Plant:
    return Plant(tmp_path)


async def test_an_event_that_nobody_announced_is_told_at_the_second_look_and_holds_up_no_other(
    plant: Plant,
) -> None:
    async with plant.running():
        await plant.rule(Threshold(operator=">", value=5.0, unit="bar"))
        await plant.send({"value": 6.0})
        (alert,) = await plant.alerts()
        mine, _, _ = await plant.hub.join(HERE, replay=0, since=None)
        theirs, _, _ = await plant.hub.join(THERE, replay=0, since=None)
        untold = Untold(plant.operations, plant.hub)

        def say(note: str, tables: Tables):
            present = tables.alerts.get(alert.id)
            assert present is not None
            return comment(tables, present, by=UserId(1), note=note, now=plant.clock.now())[1]

        await plant.operations.write(HERE, lambda t: say("cut off before it was announced", t))
        told = await plant.operations.write(HERE, lambda t: say("announced", t))
        plant.hub.announce(told)
        await untold.look()
        assert not mine._something.is_set()
        await untold.look()
        assert [e.cursor.event for e in await mine.next()] == [2, 3]
        await untold.look()
        assert not mine._something.is_set()
        assert not theirs._something.is_set()
