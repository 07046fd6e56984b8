"""The computer's clock goes back an hour, ahead a day, to 1970, and comes back, while two towns report."""

from pathlib import Path

import pytest

from appliance.domain.ids import MunicipalityId
from appliance.domain.instant import DAY, HOUR, MINUTE, SECOND, Instant, text
from appliance.domain.readings import Readings
from appliance.domain.rules import NoData, Threshold
from tests.builders import HERE, NOON, THERE
from tests.flow.plant import Plant

HIGH = Threshold(operator=">", value=5.0, unit="bar")
HIGH_FOR_A_WHILE = Threshold(operator=">", value=5.0, unit="bar", for_seconds=120)
JUMPS = {"an hour back": -HOUR, "a day ahead": DAY, "1970": 10 * SECOND - NOON}
SENDERS = ((HERE, "PS-001"), (THERE, "PS-002"))

jumping = pytest.mark.parametrize("jump", JUMPS.values(), ids=JUMPS)


@pytest.fixture
def plant(tmp_path: Path) -> Plant:
    return Plant(tmp_path)


class Town:
    """Reports each minute of true time from both towns, with and without a time of its own."""

    def __init__(self, plant: Plant) -> None:
        self.plant = plant
        self.true = NOON
        self.value = 1.0
        self.sent: list[float] = []

    async def reports(self, minutes: int) -> None:
        for _ in range(minutes):
            for stamped in (True, False):
                self.value = round(self.value + 0.01, 2)
                self.sent.append(self.value)
                said: dict[str, object] = {"value": self.value, "unit": "bar"}
                if stamped:
                    said["timestamp"] = text(self.true)
                for _, device in SENDERS:
                    (answer,) = await self.plant.send(said, device=device)
                    assert answer.counts.stored + answer.counts.late == 1, answer
                self._passes(MINUTE // 2)
            await self.plant.tick()

    def _passes(self, microseconds: int) -> None:
        self.true = Instant(self.true + microseconds)
        self.plant.clock.advance(microseconds)

    async def clock_jumps(self, jump: int) -> None:
        self.plant.clock.set(Instant(self.plant.clock.now() + jump))
        self._passes(SECOND)
        await self.plant.tick()


async def journalled(plant: Plant, municipality: MunicipalityId) -> Readings:
    batches = await plant.journal.read(0, limit=10_000)
    assert [b.sequence for b in batches] == list(range(1, plant.journal.last + 1))
    return Readings.joined([b.readings for b in batches if b.municipality == municipality])


@jumping
async def test_readings_keep_coming_in_once_and_in_order_over_a_jump_and_back(
    plant: Plant, jump: int
) -> None:
    town = Town(plant)
    async with plant.running():
        await town.reports(5)
        await town.clock_jumps(jump)
        await town.reports(5)
        await town.clock_jumps(-jump)
        await town.reports(5)
        for municipality, _ in SENDERS:
            ledger = await plant.ledger(municipality)
            assert ledger.stored + ledger.late == ledger.received == len(town.sent)
            kept = await journalled(plant, municipality)
            assert (kept.values / 1e5).round(2).tolist() == town.sent
            pairs = set(zip(kept.sensors.tolist(), kept.times.tolist(), strict=True))
            assert len(pairs) == len(town.sent)
    async with plant.running():  # a start reads the same, and nothing is there twice
        for municipality, _ in SENDERS:
            assert len(await journalled(plant, municipality)) == len(town.sent)
            assert (await plant.ledger(municipality)).received == len(town.sent)


@jumping
@pytest.mark.parametrize("stamped", [True, False])
async def test_an_alarm_comes_at_once_and_ends_also_after_a_jump_and_after_it_is_mended(
    plant: Plant, jump: int, stamped: bool
) -> None:
    def bar(value: float, true: Instant) -> dict[str, object]:
        said: dict[str, object] = {"value": value, "unit": "bar"}
        return said | ({"timestamp": text(true)} if stamped else {})

    async with plant.running():
        await plant.rule(HIGH)
        await plant.rule(HIGH, THERE)
        true = NOON
        for round_, by in enumerate((0, jump, -jump)):
            plant.clock.set(Instant(plant.clock.now() + by))
            for value in (6.0, 3.0):
                plant.clock.advance(MINUTE)
                true = Instant(true + MINUTE)
                await plant.send(bar(value, true))
                (alert,) = await plant.alerts()
                assert alert.occurrences == round_ + 1
                assert alert.condition_active == (value > 5), (round_, value)
        assert await plant.alerts(THERE) == []


@jumping
async def test_timers_neither_storm_nor_hang_over_a_jump_and_back(plant: Plant, jump: int) -> None:
    town = Town(plant)
    async with plant.running():
        for municipality, _ in SENDERS:
            await plant.rule(NoData(for_seconds=900), municipality)
            await plant.rule(HIGH_FOR_A_WHILE, municipality)
        for by in (0, jump, -jump):
            await town.clock_jumps(by)
            await town.reports(5)
            assert await plant.alerts() == await plant.alerts(THERE) == []
        for by in (jump, -jump):  # in the middle of a silence, and of a delay
            await town.clock_jumps(by)
            await plant.send({"value": 6.0, "unit": "bar"})
            plant.clock.advance(MINUTE)
            await plant.tick()
            assert not any(alert.condition_active for alert in await plant.alerts())
            plant.clock.advance(2 * MINUTE)
            await plant.tick()
            (high,) = await plant.alerts()
            assert high.condition_active
            await plant.send({"value": 3.0, "unit": "bar"})
            (high,) = await plant.alerts()
            assert not high.condition_active
        plant.clock.advance(20 * MINUTE)
        await plant.tick()
        assert [a.evidence.words[:7] for a in await plant.alerts(THERE)] == ["no data"]


@jumping
async def test_screens_see_every_reading_once_and_in_order_over_a_jump(
    plant: Plant, jump: int
) -> None:
    town = Town(plant)
    async with plant.running():
        screen, _, _ = await plant.hub.join(HERE, replay=0, since=None)
        await town.reports(2)
        await town.clock_jumps(jump)
        await town.reports(2)
        await plant.settled()
        told = [event for event in await screen.next() if event.type == "sensor_reading"]
        assert len(told) == len(town.sent)
        cursors = [(e.cursor.sequence, e.cursor.event) for e in told]
        assert cursors == sorted(cursors)


async def test_a_reading_with_the_right_time_is_taken_while_the_clock_of_the_computer_is_behind(
    plant: Plant,
) -> None:
    async with plant.running():
        await plant.send({"timestamp": text(NOON), "value": 3.0, "unit": "bar"})
        await plant.tick()
    plant.clock.set(Instant(10 * SECOND))  # it was off for a week, and forgot the time
    async with plant.running():
        one = {"timestamp": text(Instant(NOON + 7 * DAY)), "value": 3.0, "unit": "bar"}
        several = [
            {"timestamp": text(Instant(NOON + 7 * DAY + n * SECOND)), "value": 3.0}
            for n in range(1, 30)
        ]
        (of_one,) = await plant.send(one, device="PS-002")
        (of_several,) = await plant.send(several, device="PS-002")
        assert (of_one.counts.stored, of_several.counts.stored) == (1, 29)
    plant.clock.set(Instant(NOON + 8 * DAY))  # set right: now it knows what is to come
    async with plant.running():
        lies = {"timestamp": text(Instant(NOON + 9 * DAY)), "value": 3.0}
        (refused,) = await plant.send(lies, device="PS-002")
        assert refused.counts.rejected == {"in_the_future": 1}
