"""The watcher at its edges: full queues, stops and crashes at the wrong moment, faults, wrong clocks."""

import asyncio
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from appliance.detection.methods import methods_for
from appliance.domain.alerts import AlertStatus
from appliance.domain.ids import AlertId, MunicipalityId, SensorId, UserId
from appliance.domain.instant import DAY, HOUR, MINUTE, SECOND, Instant, text
from appliance.domain.rules import NoData, Threshold
from appliance.flow import effects, handed_over, watcher
from appliance.flow.alerting import move
from appliance.flow.handed_over import HandedOver
from appliance.ports.operations import WatchMark
from appliance.ports.tables import Tables
from tests.builders import (
    HERE,
    NOON,
    THERE,
    a_checked_batch,
    a_stored_batch,
    many_readings,
    readings,
)
from tests.flow.plant import Plant

HIGH = Threshold(operator=">", value=5.0, unit="bar")


@pytest.fixture
def plant(tmp_path: Path) -> Plant:
    return Plant(tmp_path)


def bar(value: float, at: Instant) -> dict[str, object]:
    return {"timestamp": text(at), "value": value, "unit": "bar"}


async def mark_of(plant: Plant) -> WatchMark:
    return await plant.operations.read_system(lambda t: t.watch.mark())


@dataclass
class Gate:
    """Holds the watcher's transactions up until they are let through."""

    plant: Plant
    waiting: asyncio.Event = field(default_factory=asyncio.Event)
    _permits: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(0))

    def __post_init__(self) -> None:
        self._write = self.plant.operations.write_system
        self.plant.operations.write_system = self._wait  # type: ignore[method-assign]

    async def _wait(self, change: Any) -> Any:
        self.waiting.set()
        await self._permits.acquire()
        return await self._write(change)

    async def let_one_through(self) -> None:
        """Let one through and wait for the next."""
        self.waiting.clear()
        self._permits.release()
        await self.waiting.wait()

    def open(self) -> None:
        """Let all through from now on."""
        self.plant.operations.write_system = self._write  # type: ignore[method-assign]
        self._permits.release()


# On the way here


async def test_a_watcher_that_lags_passes_over_no_batch(
    plant: Plant, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(handed_over, "MOST_BATCHES", 4)
    monkeypatch.setattr(watcher, "ROUND_BATCHES", 3)
    async with plant.running():
        await plant.rule(HIGH)
        gate = Gate(plant)
        for number in range(7):  # one under way, four kept, two left to the journal
            await plant.send(bar(3.0, Instant(plant.clock.now() + number)))
        await gate.waiting.wait()
        await gate.let_one_through()  # two, three and four are under way now: there is room again
        await plant.send(bar(6.0, Instant(plant.clock.now() + 7)))
        gate.open()
        assert (await plant.ledger()).stored == 8
        assert len(await plant.alerts()) == 1


def test_batches_are_handed_over_without_gaps_and_within_bounds() -> None:
    kept = HandedOver()
    kept.offer((a_stored_batch(sequence=5), a_stored_batch(sequence=6)))
    kept.offer((a_stored_batch(sequence=8),))
    assert [b.sequence for b in kept.take_after(4, 10)] == [5, 6]
    kept.offer((a_stored_batch(sequence=9),))
    assert kept.take_after(6, 10) == ()
    assert len(kept) == 0
    big = many_readings(handed_over.MOST_READINGS)
    kept.offer((a_stored_batch(big, sequence=10), a_stored_batch(sequence=11)))
    assert [b.sequence for b in kept.take_after(9, 10)] == [10]


# Stopping and crashing


async def test_stopping_waits_for_the_round_under_way_so_that_nothing_is_counted_twice(
    plant: Plant,
) -> None:
    async with plant.running():
        await plant.rule(HIGH)
        gate = Gate(plant)
        await plant.send(bar(6.0, plant.clock.now()))
        await gate.waiting.wait()
        async with asyncio.TaskGroup() as group:
            group.create_task(plant.watcher.stop())
            await asyncio.sleep(0)
            gate.open()
        mark = await mark_of(plant)
        assert (mark.sequence, mark.snapshot) == (1, 1)
    async with plant.running():
        assert (await plant.ledger()).stored == 1
        (alert,) = await plant.alerts()
        assert alert.occurrences == 1


async def test_a_round_that_was_cut_off_leaves_no_state_behind_that_knows_too_much(
    plant: Plant,
) -> None:
    async with plant.running(crash=True):
        await plant.rule(HIGH)
        await plant.tick()
        before = await mark_of(plant)
        gate = Gate(plant)
        await plant.send(bar(6.0, plant.clock.now()))
        await gate.waiting.wait()
        plant.watching.cancel()
        await asyncio.wait([plant.watching])
        gate.open()
        await plant.watcher.stop()
        assert await mark_of(plant) == before
    async with plant.running():
        assert [a.occurrences for a in await plant.alerts()] == [1]
        assert (await plant.ledger()).stored == 1


async def test_two_crashes_in_a_row_do_not_lose_the_alarm_of_a_silence(plant: Plant) -> None:
    async with plant.running(crash=True):
        await plant.rule(NoData(for_seconds=900))
        await plant.send(bar(3.0, plant.clock.now()))
        await plant.settled()
        plant.clock.advance(800 * SECOND)
    plant.clock.advance(200 * SECOND)
    async with plant.running(crash=True):
        plant.clock.advance(20 * SECOND)
        await plant.send(bar(3.0, plant.clock.now()), device="PS-002")
        await plant.settled()
        assert await plant.alerts() == []
    plant.clock.advance(20 * SECOND)
    async with plant.running():
        plant.clock.advance(2 * MINUTE)
        await plant.tick()
        assert len(await plant.alerts()) == 1
        assert await plant.alerts(THERE) == []


# Faults


class Broken:
    """A method that can't."""

    def __init__(self, method: Any) -> None:
        self._method = method

    def __getattr__(self, name: str) -> Any:
        return getattr(self._method, name)

    def observe(self, *_: Any) -> None:
        raise ZeroDivisionError

    def advance(self, *_: Any) -> None:
        raise ZeroDivisionError


async def test_a_method_that_fails_blinds_no_other_and_is_named(
    plant: Plant, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with plant.running():
        await plant.rule(HIGH)
        await plant.rule(NoData(for_seconds=900))
        watch = plant.watcher._watches._watches[HERE]
        post = watch._posts["no_data"]
        monkeypatch.setattr(
            post, "method", Broken(methods_for(plant.watcher.book.books[HERE])["no_data"])
        )
        for minute in range(2):
            await plant.send(bar(6.0, Instant(plant.clock.now() + minute * MINUTE)))
            await plant.settled()
        (alert,) = await plant.alerts()
        assert alert.occurrences == 2
        assert (await plant.ledger()).stored == 2
        (fault,) = plant.watcher.faults.all()
        assert (fault.what, fault.problem) == ("detecting no_data", "ZeroDivisionError")
        assert fault.times >= 2


async def test_an_alert_that_cant_be_written_keeps_no_other_back(
    plant: Plant, monkeypatch: pytest.MonkeyPatch
) -> None:
    apply = effects.apply_finding

    def fails(tables: Any, finding: Any, rule: Any, *others: Any) -> Any:
        events = apply(tables, finding, rule, *others)
        if rule.name == "Bad":
            raise KeyError("half done")
        return events

    monkeypatch.setattr(effects, "apply_finding", fails)
    async with plant.running():
        await plant.rule(HIGH, name="Bad")
        await plant.rule(HIGH, name="Good")
        await plant.rule(HIGH, THERE, name="Theirs")
        screen, _, _ = await plant.hub.join(HERE, replay=0, since=None)
        await plant.send(bar(6.0, plant.clock.now()))
        await plant.send(bar(6.0, plant.clock.now()), device="PS-002")
        assert [a.title for a in await plant.alerts()] == ["Good: Mill Lane"]
        assert [a.title for a in await plant.alerts(THERE)] == ["Theirs: Hill"]
        told = [e for e in await screen.next() if e.type == "alert"]
        assert [e.cursor.event for e in told] == [1]
        assert (await plant.ledger()).stored == 1
        assert [f.what for f in plant.watcher.faults.all()] == ["changing an alert"]


async def test_batches_of_a_municipality_that_a_restored_database_does_not_know_are_passed_over(
    plant: Plant,
) -> None:
    async with plant.running(crash=True):
        gone = a_checked_batch(readings(sensor=SensorId(7)), municipality=MunicipalityId(0xDEAD))
        await plant.walk.take_checked([gone])
        await plant.send(bar(3.0, plant.clock.now()))
        assert (await plant.ledger()).stored == 1
    async with plant.running():
        await plant.send(bar(3.0, Instant(plant.clock.now() + 1)))
        assert (await plant.ledger()).stored == 2


# Wrong clocks


async def test_a_silence_is_noticed_though_the_clock_was_set_back(plant: Plant) -> None:
    async with plant.running():
        await plant.rule(NoData(for_seconds=900))
        await plant.send(bar(3.0, plant.clock.now()))
        await plant.tick()
        plant.clock.set(Instant(plant.clock.now() - DAY))
        await plant.tick()
        plant.clock.advance(14 * MINUTE)
        await plant.tick()
        assert await plant.alerts() == []
        plant.clock.advance(2 * MINUTE)
        await plant.tick()
        assert len(await plant.alerts()) == 1


@pytest.mark.parametrize("jump", [HOUR, DAY, 20_000 * DAY])
async def test_a_clock_that_jumps_ahead_is_no_flood_of_alarms_and_silence_is_noticed_after_it(
    plant: Plant, jump: int
) -> None:
    async with plant.running():
        await plant.rule(NoData(for_seconds=900))
        await plant.send(bar(3.0, plant.clock.now()))
        await plant.tick()
        plant.clock.set(Instant(plant.clock.now() + jump))
        await plant.tick()
        assert await plant.alerts() == []
        plant.clock.advance(16 * MINUTE)
        await plant.tick()
        assert len(await plant.alerts()) == 1
        gaps = await plant.operations.read_system(lambda t: t.watch.gaps())
        assert gaps == [(NOON, NOON + jump)]


async def test_a_start_with_a_clock_of_1970_forgets_nothing_and_floods_nobody(plant: Plant) -> None:
    async with plant.running():
        await plant.rule(NoData(for_seconds=900))
        await plant.rule(HIGH)
        await plant.send(bar(6.0, plant.clock.now()))
        assert len(await plant.alerts()) == 1
    plant.clock.set(Instant(10 * SECOND))
    async with plant.running():
        (answer,) = await plant.send({"value": 6.0})
        assert answer.counts.received == 1
        plant.clock.advance(MINUTE)
        await plant.tick()
        plant.clock.set(Instant(NOON + HOUR))
        await plant.tick()
        assert len(await plant.alerts()) == 1
        plant.clock.advance(16 * MINUTE)
        await plant.tick()
        assert len(await plant.alerts()) == 2
        gaps = await plant.operations.read_system(lambda t: t.watch.gaps())
        assert all(stopped <= resumed for stopped, resumed in gaps)


async def test_timers_do_not_run_past_a_message_that_is_still_on_its_way_to_the_disk(
    plant: Plant,
) -> None:
    async with plant.running():
        await plant.rule(NoData(for_seconds=900))
        await plant.send(bar(3.0, plant.clock.now()))
        await plant.settled()
        arrived = plant.clock.advance(899 * SECOND)
        plant.watcher.mind(lambda: arrived)
        plant.clock.advance(5 * SECOND)
        await plant.tick()
        assert await plant.alerts() == []
        plant.watcher.mind(lambda: None)
        await plant.tick()
        assert len(await plant.alerts()) == 1


async def test_one_alert_per_cause_also_when_a_clock_that_was_ahead_is_set_right(
    plant: Plant,
) -> None:
    plant.clock.set(Instant(NOON + DAY))
    async with plant.running():
        await plant.rule(HIGH)
        await plant.send(bar(6.0, NOON))
        (first,) = await plant.alerts()
        for status in (AlertStatus.RESOLVED, AlertStatus.CLOSED):
            await plant.operations.write(HERE, partial(people_move, plant, first.id, status))
        plant.clock.set(NOON)
        for minute in range(1, 7):
            plant.clock.advance(MINUTE)
            await plant.send(bar(3.0 + 3 * (minute % 2), Instant(NOON + minute * MINUTE)))
            await plant.settled()
        alerts = await plant.alerts()
        assert sorted(a.status for a in alerts) == [AlertStatus.CLOSED, AlertStatus.OPEN]


def people_move(plant: Plant, alert: AlertId, status: AlertStatus, tables: Tables) -> None:
    present = tables.alerts.get(alert)
    assert present is not None
    move(tables, present, status, by=UserId(1), note="", now=plant.clock.now())
