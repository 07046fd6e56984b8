"""The walk over real stores: every effect of a message, and that nothing else happened."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from appliance.domain.alerts import AlertStatus, ChangeKind
from appliance.domain.ids import DeviceId, Sequence, UserId
from appliance.domain.instant import DAY, HOUR, MINUTE, SECOND, Instant, text
from appliance.domain.readings import Door, Mark, RawMessage, Reason, Refusal
from appliance.domain.rules import NoData, Threshold
from appliance.flow import decoding, sifting
from appliance.flow.alerting import move
from appliance.flow.describing import PER_DEVICE
from appliance.flow.sifting import MOST_DESCRIBED
from appliance.ports.pages import Page
from tests.builders import HERE, NOON, SENSOR, THERE, a_checked_batch, many_readings
from tests.flow.plant import Plant


@pytest.fixture
def plant(tmp_path: Path) -> Plant:
    return Plant(tmp_path)


def bar(value: float, at: Instant) -> dict[str, object]:
    return {"timestamp": text(at), "value": value, "unit": "bar"}


HIGH = Threshold(operator=">", value=5.0, unit="bar")


async def test_a_reading_is_durable_queryable_counted_and_told_and_nothing_else_happens(
    plant: Plant,
) -> None:
    async with plant.running():
        mine, _, _ = await plant.hub.join(HERE, replay=0, since=None)
        theirs, _, _ = await plant.hub.join(THERE, replay=0, since=None)
        (answer,) = await plant.send(bar(3.2, plant.clock.now()))
        assert answer.problem == ""
        assert answer.counts.stored == 1
        assert answer.counts.received == 1
        assert plant.journal.last == answer.sequence == 1
        await plant.settled()
        kept = await plant.history.of(HERE).newest(
            SENSOR, since=Instant(0), until=Instant(2**62), limit=10
        )
        assert kept.values.tolist() == [320_000.0]
        (event,) = await mine.next()
        assert event.type == "sensor_reading"
        assert event.data == {
            "sensor_id": SENSOR,
            "device_id": "PS-001",
            "value": 3.2,
            "unit": "bar",
            "timestamp": "2026-05-01T12:00:00Z",
            "is_anomaly": False,
        }
        assert plant.watcher.contacts[SENSOR].value_si == 320_000.0
        assert await plant.alerts() == []
        elsewhere = await plant.history.of(THERE).newest(
            SENSOR, since=Instant(0), until=Instant(2**62), limit=10
        )
        assert len(elsewhere) == 0
        assert (await plant.ledger(THERE)).received == 0
        assert not theirs._something.is_set()


async def test_the_ledger_adds_up_whatever_comes(plant: Plant) -> None:
    async with plant.running():
        now = plant.clock.now()
        await plant.send(
            [bar(3.0, now), bar(3.1, Instant(now - HOUR - SECOND)), bar(99.0, Instant(now - 1))],
            bar(3.0, now),
            b"{",
            {"value": 1, "unit": "furlong"},
        )
        ledger = await plant.ledger()
        assert (ledger.stored, ledger.late, ledger.quarantined, ledger.duplicate) == (1, 1, 1, 1)
        assert ledger.rejected == {"malformed": 1, "unknown_unit": 1}
        assert ledger.received == 6
        assert (await plant.ledger(THERE)).received == 0


def refuse(plant: Plant, times: int = 3) -> None:
    refusal = Refusal(Reason.WRONG_KEY, DeviceId("PS-001"), (HERE,))
    for _ in range(times):
        plant.intake.refuse(Door.TCP, refusal, at=plant.clock.now(), detail="signing in")


async def test_refusals_are_in_the_journal_for_whoever_waits_for_them(plant: Plant) -> None:
    async with plant.running():
        refuse(plant)
        await plant.intake.refusals_kept()
        assert (await plant.ledger()).rejected == {"wrong_key": 3}
        assert (await plant.ledger(THERE)).received == 0


async def test_refusals_of_the_last_moment_are_kept_when_the_walk_stops(plant: Plant) -> None:
    async with plant.running():
        refuse(plant)
    async with plant.running():
        assert (await plant.ledger()).rejected == {"wrong_key": 3}


async def test_a_resent_message_is_acknowledged_and_kept_once_also_after_a_restart(
    plant: Plant,
) -> None:
    now = plant.clock.now()
    async with plant.running():
        await plant.send(bar(3.0, Instant(now - MINUTE)), bar(3.1, now))
    async with plant.running():
        answers = await plant.send(bar(3.0, Instant(now - MINUTE)), bar(3.1, now))
        assert [a.counts.duplicate for a in answers] == [1, 1]
        assert [a.problem for a in answers] == ["", ""]
        assert (
            await plant.history.of(HERE).count(SENSOR, since=Instant(0), until=Instant(2**62)) == 2
        )


async def test_a_value_over_the_limit_raises_one_alert_and_repeats_are_counted_on_it(
    plant: Plant,
) -> None:
    async with plant.running():
        await plant.rule(HIGH)
        await plant.rule(HIGH, THERE)
        screen, _, _ = await plant.hub.join(HERE, replay=0, since=None)
        for minute in range(3):
            at = Instant(plant.clock.now() + minute * MINUTE)
            await plant.send(bar(6.8, at))
        (alert,) = await plant.alerts()
        assert alert.status is AlertStatus.OPEN
        assert alert.occurrences == 3
        assert alert.condition_active
        assert "6.8 bar" in alert.description
        assert "5 bar" in alert.description
        told = [e for e in await screen.next() if e.type == "alert"]
        assert [e.data["change"] for e in told] == ["opened"]
        assert await plant.alerts(THERE) == []


async def test_a_return_to_normal_is_recorded_and_a_return_of_the_cause_is_no_new_alert(
    plant: Plant,
) -> None:
    async with plant.running():
        await plant.rule(HIGH)
        now = plant.clock.now()
        for minute, value in enumerate((6.0, 3.0, 6.5)):
            await plant.send(bar(value, Instant(now + minute * MINUTE)))
        (alert,) = await plant.alerts()
        changes = await plant.operations.read(HERE, lambda t: t.alerts.changes(alert.id))
        assert [c.kind for c in changes] == [
            ChangeKind.OPENED,
            ChangeKind.CLEARED,
            ChangeKind.RETURNED,
        ]
        assert [c.number for c in changes] == [1, 2, 3]


@pytest.mark.parametrize(("after", "alerts"), [(59 * MINUTE, 1), (61 * MINUTE, 2)])
async def test_a_resolved_alert_is_reopened_within_an_hour_and_a_new_one_made_later(
    plant: Plant, after: int, alerts: int
) -> None:
    async with plant.running():
        await plant.rule(HIGH)
        await plant.send(bar(6.0, plant.clock.now()))
        plant.clock.advance(MINUTE)
        await plant.send(bar(3.0, plant.clock.now()))
        (alert,) = await plant.alerts()
        now = plant.clock.now()
        await plant.operations.write(
            HERE,
            lambda t: move(
                t, alert, AlertStatus.RESOLVED, by=UserId(1), note="valve opened", now=now
            ),
        )
        plant.clock.advance(after)
        await plant.send(bar(6.0, plant.clock.now()))
        found = await plant.alerts()
        assert len(found) == alerts
        assert found[0].status is AlertStatus.OPEN


async def test_an_on_delay_and_a_silence_timer_survive_a_restart(plant: Plant) -> None:
    async with plant.running():
        await plant.rule(Threshold(operator=">", value=5.0, for_seconds=600), name="Long high")
        await plant.rule(NoData(for_seconds=900), name="Silent")
        await plant.send(bar(6.0, plant.clock.now()))
        plant.clock.advance(300 * SECOND)
        await plant.tick()
        assert await plant.alerts() == []
    async with plant.running():
        plant.clock.advance(301 * SECOND)
        await plant.tick()
        assert [a.title for a in await plant.alerts()] == ["Long high: Mill Lane"]
        plant.clock.advance(300 * SECOND)
        await plant.tick()
        assert {a.title for a in await plant.alerts()} == {
            "Long high: Mill Lane",
            "Silent: Mill Lane",
        }
        assert await plant.alerts(THERE) == []


async def test_a_restart_neither_loses_nor_doubles_an_alert(plant: Plant) -> None:
    async with plant.running():
        await plant.rule(HIGH)
        await plant.send(bar(6.0, plant.clock.now()))
        await plant.settled()
    for _ in range(2):
        async with plant.running():
            plant.clock.advance(MINUTE)
            await plant.send(bar(6.1, plant.clock.now()))
            (alert,) = await plant.alerts()
    assert alert.occurrences == 3


async def test_screens_resume_over_a_restart(plant: Plant) -> None:
    async with plant.running():
        screen, _, _ = await plant.hub.join(HERE, replay=0, since=None)
        await plant.send(bar(3.0, plant.clock.now()))
        (seen,) = await screen.next()
        plant.clock.advance(MINUTE)
        await plant.send(bar(3.1, plant.clock.now()))
    async with plant.running():
        _, missed, complete = await plant.hub.join(HERE, replay=0, since=seen.cursor)
        assert complete
        assert [e.data["value"] for e in missed] == [3.1]
        _, theirs, _ = await plant.hub.join(THERE, replay=50, since=None)
        assert theirs == ()


async def test_screens_resume_over_a_restart_and_a_large_import_without_a_gap(plant: Plant) -> None:
    past = many_readings(120_000, sensors=1, start=Instant(NOON - 10 * DAY))
    past = replace(past, marks=np.full(len(past), Mark.IMPORTED, np.uint8))
    async with plant.running():
        screen, _, _ = await plant.hub.join(HERE, replay=0, since=None)
        await plant.send(bar(3.0, plant.clock.now()))
        (seen,) = await screen.next()
        await plant.walk.take_checked([a_checked_batch(past, door=Door.IMPORT)])
        await plant.send(bar(3.1, Instant(plant.clock.now() + 1)))
    async with plant.running():
        _, missed, complete = await plant.hub.join(HERE, replay=0, since=seen.cursor)
        assert complete
        assert [e.data["value"] for e in missed] == [3.1]


async def test_a_reading_that_comes_by_two_doors_at_once_is_kept_once(plant: Plant) -> None:
    async with plant.running():
        doors = (Door.MQTT, Door.HTTP, Door.TCP)
        answers = await plant.send(bar(3.0, plant.clock.now()), doors=doors)
        assert sorted((a.counts.stored, a.counts.duplicate) for a in answers) == [
            (0, 1),
            (0, 1),
            (1, 0),
        ]
        assert (await plant.ledger()).received == 3
        kept = await plant.history.of(HERE).newest(
            SENSOR, since=Instant(0), until=Instant(2**62), limit=10
        )
        assert len(kept) == 1


async def test_a_quarantined_reading_that_is_sent_again_is_a_duplicate_also_after_a_restart(
    plant: Plant,
) -> None:
    now = plant.clock.now()
    async with plant.running():
        (first,) = await plant.send(bar(99.0, Instant(now - MINUTE)))
        assert first.counts.quarantined == 1
        await plant.send(bar(3.0, now))
        (again,) = await plant.send(bar(99.0, Instant(now - MINUTE)))
        assert again.counts.duplicate == 1
        await plant.send(bar(99.0, Instant(now + MINUTE)))
    async with plant.running():
        for minute in (-1, 1):
            (again,) = await plant.send(bar(99.0, Instant(now + minute * MINUTE)))
            assert again.counts.duplicate == 1
        assert (await plant.ledger()).quarantined == 2


async def test_a_door_that_cant_take_its_answer_keeps_no_other_from_getting_theirs(
    plant: Plant,
) -> None:
    async with plant.running():
        device = plant.device()

        def fails(settled: object) -> None:
            raise LookupError

        plant.intake.take(
            RawMessage(device, device.device_id, b'{"value": 1}', Door.TCP, NOON), fails
        )
        (answer,) = await plant.send(bar(3.0, Instant(NOON - 1)))
        assert answer.counts.stored == 1
        assert (await plant.ledger()).stored == 2
        assert [f.what for f in plant.walk.faults.all()] == ["answering a device"]


async def test_a_message_that_weir_itself_fails_at_is_rejected_and_stops_nothing(
    plant: Plant, monkeypatch: pytest.MonkeyPatch
) -> None:
    def decode(payload: bytes) -> list[object]:
        if b"poison" in payload:
            raise MemoryError
        return decoding.decode(payload)

    monkeypatch.setattr(sifting, "decode", decode)
    async with plant.running():
        poisoned, healthy = await plant.send(b'{"poison": 1}', bar(3.0, plant.clock.now()))
        assert poisoned.counts.rejected == {"malformed": 1}
        assert poisoned.rejections[0].detail == "Weir's own fault: MemoryError"
        assert healthy.counts.stored == 1
        assert (await plant.ledger()).received == 2
        assert [f.what for f in plant.walk.faults.all()] == ["judging a message"]


async def test_a_message_full_of_rubbish_is_counted_whole_and_described_in_part(
    plant: Plant,
) -> None:
    async with plant.running():
        for _ in range(4):
            (answer,) = await plant.send([{"value": "rubbish"}] * 100)
            assert answer.counts.rejected == {"value_missing": 100}
            assert len(answer.rejections) == MOST_DESCRIBED
        assert (await plant.ledger()).rejected == {"value_missing": 400}
        kept, count = await plant.operations.read(
            HERE, lambda t: t.ledger.rejections(DeviceId("PS-001"), Page(1_000))
        )
        assert len(kept) == count == PER_DEVICE
        written = [len(b.rejections) for b in await plant.journal.read(Sequence(0))]
        assert written == [20, 20, 10, 0]
