"""The demo founds its municipality, finds it again, and writes its past."""

import asyncio
from pathlib import Path

from argon2 import PasswordHasher

from appliance.demo import kept
from appliance.demo.demo import Demo
from appliance.demo.kept import Kept
from appliance.demo.lines import Address
from appliance.demo.past import LONGEST, moments
from appliance.demo.postbox import Postbox
from appliance.demo.town import STEP
from appliance.domain.access import Role
from appliance.domain.ids import MunicipalityId
from appliance.domain.instant import DAY, HOUR, Instant
from appliance.domain.readings import Mark
from appliance.domain.rules import Severity
from appliance.ports.pages import Page, SensorFilter
from appliance.services.overview.plan import read_plan
from tests.builders import HERE, NOON
from tests.demo.stage import Stage, a_stage
from tests.flow.plant import Plant

NOWHERE = dict.fromkeys(("http", "mqtt", "tcp"), Address("127.0.0.1", 9))
STEPS = LONGEST // STEP


async def opened(stage: Stage) -> Kept:
    found = await stage.plant.operations.read_system(kept.recall)
    assert found is not None
    return found


async def run_until_learned(stage: Stage, times: int = 1) -> None:
    """Run the demo against doors that are shut, until it has written its past."""
    async with asyncio.timeout(60), asyncio.TaskGroup() as group:
        running = group.create_task(stage.demo.run(NOWHERE))
        while len(stage.learned) < times:  # noqa: ASYNC110 - what is waited for has no event
            await asyncio.sleep(0.01)
        running.cancel()


async def test_it_founds_a_whole_municipality_and_says_how_to_get_in(tmp_path: Path):
    async with a_stage(Plant(tmp_path), tmp_path) as stage:
        report = await stage.demo.prepare()
        operations = stage.plant.operations
        of_demo = report.municipality
        municipality = await operations.read(of_demo, lambda t: t.municipality)
        sensors, _ = await operations.read(
            of_demo, lambda t: t.sensors.page(SensorFilter(), Page())
        )
        rules = await operations.read(of_demo, lambda t: t.rules.all())
        channels = await operations.read(of_demo, lambda t: t.channels.all())
        pipes = await operations.read(of_demo, lambda t: t.network.pipelines(Page()))
        users, _ = await operations.read(of_demo, lambda t: t.users.page(Page()))
    assert municipality.demo
    assert municipality.name == "Marram Bay (demo)"
    assert len(sensors) == 27
    assert all(sensor.whitelisted and sensor.position for sensor in sensors)
    assert sum(sensor.pipeline is not None for sensor in sensors) == 4
    assert pipes[1] == 119
    assert [r.severity for r in rules if not r.built_in] == [Severity.CRITICAL]
    assert len([r for r in rules if r.built_in]) > 3
    assert [c.target for c in channels] == ["duty@marram-bay.example"]
    (user,) = users
    assert (user.username, user.role) == (report.username, Role.OPERATOR)
    assert PasswordHasher().verify(user.password_hash, report.password)
    assert any(report.password in line for line in report.lines)


async def test_each_of_its_districts_has_a_meter_of_what_flows_in_and_pressures(tmp_path: Path):
    async with a_stage(Plant(tmp_path), tmp_path) as stage:
        report = await stage.demo.prepare()
        here = report.municipality
        now = stage.plant.clock.now()
        zones = (await stage.plant.operations.read(here, lambda t: read_plan(t, now))).zones
    assert [one.zone.name for one in zones] == ["North district", "South polder", "West town"]
    assert [len(one.flows) for one in zones] == [1, 1, 1]
    assert [len(one.pressures) for one in zones] == [7, 8, 4]


async def test_its_devices_are_admitted_with_their_keys_and_only_with_these(tmp_path: Path):
    async with a_stage(Plant(tmp_path), tmp_path) as stage:
        report = await stage.demo.prepare()
        keys = (await opened(stage)).keys
        admitted = [stage.plant.registry.admit(name, key) for name, key in keys.items()]
        wrong = stage.plant.registry.admit("demo-p141", keys["demo-p143"])
    assert {one.municipality for one in admitted} == {report.municipality}
    assert not hasattr(wrong, "municipality")


async def test_a_second_start_finds_the_first_ones_demo(tmp_path: Path):
    plant = Plant(tmp_path)
    async with a_stage(plant, tmp_path) as stage:
        first = await stage.demo.prepare()
        again = Demo(stage.world, plant.walk, Postbox(tmp_path / "m", print), print)
        second = await again.prepare()
        again._postbox.close()
        everybody = await plant.operations.read_system(lambda t: t.municipalities())
    assert (second.municipality, second.username, second.password) == (
        first.municipality,
        first.username,
        first.password,
    )
    assert sum(m.demo for m in everybody) == 1


async def test_names_that_are_taken_stay_where_they_are(tmp_path: Path):
    plant = Plant(tmp_path)
    async with a_stage(plant, tmp_path) as stage:
        first = await stage.demo.prepare()
        gone = Kept(MunicipalityId(1), "x", "y", {})
        await plant.operations.write_system(lambda t: kept.remember(t, gone))
        second = await Demo(stage.world, plant.walk, stage.postbox, print).prepare()
        names = {
            m.id: m.name for m in await plant.operations.read_system(lambda t: t.municipalities())
        }
    assert names[first.municipality] == "Marram Bay (demo)"
    assert names[second.municipality] == "Marram Bay (demo) 2"
    assert second.username == "demo 2"


async def test_the_three_weeks_before_its_first_start_become_its_history(tmp_path: Path):
    async with a_stage(Plant(tmp_path), tmp_path) as stage:
        report = await stage.demo.prepare()
        await run_until_learned(stage)
        await stage.plant.settled()
        sensors, _ = await stage.plant.operations.read(
            report.municipality, lambda t: t.sensors.page(SensorFilter(), Page())
        )
        history = stage.plant.history.of(report.municipality)
        until = Instant(NOON + 1)
        counts = [await history.count(s.id, since=Instant(0), until=until) for s in sensors]
        newest = await history.newest(sensors[0].id, since=Instant(0), until=until, limit=3)
        alerts = await stage.plant.operations.read(
            report.municipality, lambda t: t.alerts.summary()
        )
        ledger = await stage.plant.operations.read(
            report.municipality, lambda t: t.ledger.sum(since=Instant(0), until=Instant(NOON + DAY))
        )
        others = await stage.plant.history.of(HERE).daily_counts(since=Instant(0), until=until)
    assert counts == [STEPS] * 27
    assert newest.times.tolist() == [NOON, NOON - STEP, NOON - 2 * STEP]
    assert set(newest.marks.tolist()) == {Mark.IMPORTED}
    assert stage.learned == [report.municipality]
    assert alerts["total"] == 0
    assert ledger.stored == ledger.received == 27 * STEPS
    assert others == {}
    assert f"demo: {27 * STEPS} readings of the past are written" in stage.shown


async def test_a_later_start_fills_the_gap_since_the_last_and_nothing_twice(tmp_path: Path):
    async with a_stage(Plant(tmp_path), tmp_path) as stage:
        report = await stage.demo.prepare()
        await run_until_learned(stage)
        stage.plant.clock.advance(2 * HOUR)
        box = Postbox(tmp_path / "m", stage.shown.append)
        again = Demo(
            stage.world, stage.plant.walk, box, stage.shown.append, learn=_append(stage.learned)
        )
        stage.demo = again
        await again.prepare()
        await run_until_learned(stage, times=2)
        await stage.plant.settled()
        since = Instant(NOON - HOUR)
        series = await stage.plant.history.of(report.municipality).daily_counts(
            since=since, until=stage.plant.clock.now()
        )
        ledger = await stage.plant.operations.read(
            report.municipality,
            lambda t: t.ledger.sum(since=Instant(0), until=Instant(NOON + DAY)),
        )
    assert f"demo: {27 * 24} readings of the past are written" in stage.shown
    assert ledger.duplicate == 0
    assert ledger.stored == 27 * (STEPS + 24)
    assert sum(series.values()) > 0


def _append(learned):
    async def learn(municipality):
        learned.append(municipality)

    return learn


def test_a_gap_longer_than_three_weeks_is_filled_for_three_weeks():
    after, until = Instant(NOON), Instant(NOON + 40 * DAY)
    assert len(moments(after, until)) == STEPS
    assert moments(after, until)[-1] == until
    assert len(moments(Instant(NOON), Instant(NOON + STEP - 1))) == 0
