"""The intake: bounded in messages, bytes and refusals, and nothing in it is lost."""

import asyncio

import pytest

from appliance.domain.ids import DeviceId
from appliance.domain.instant import MINUTE, Instant
from appliance.domain.readings import Door, Reason, Refusal
from appliance.flow import describing
from appliance.flow.intake import ROUND_BYTES, BoundedIntake, Waiting
from tests.builders import HERE, NOON, THERE, a_raw_message


def refuse(intake: BoundedIntake, device: str, at: Instant = NOON, owner: int = HERE) -> None:
    refusal = Refusal(Reason.WRONG_KEY, DeviceId(device), (owner,))
    intake.refuse(Door.MQTT, refusal, at=at, detail="signing in")


async def round_of(intake: BoundedIntake) -> Waiting:
    async with asyncio.timeout(5):
        return await intake.waiting()


async def test_a_round_is_bounded_in_bytes_and_keeps_the_order() -> None:
    intake = BoundedIntake()
    large = b" " * (ROUND_BYTES // 4 + 1)
    for number in range(6):
        intake.take(a_raw_message(large, arrived=Instant(number)), lambda _: None)
    assert intake.oldest == 0
    assert [part.arrived for part in (await round_of(intake)).parts] == [0, 1, 2, 3]
    assert intake.oldest == 4
    assert [part.arrived for part in (await round_of(intake)).parts] == [4, 5]
    assert intake.oldest is None


async def test_a_refusal_waits_for_others_and_a_message_takes_it_along() -> None:
    intake = BoundedIntake()
    for number in range(3):
        refuse(intake, f"PS-{number}")
    assert len((await round_of(intake)).refusals) == 3
    refuse(intake, "PS-1")
    intake.take(a_raw_message(), lambda _: None)
    found = await round_of(intake)
    assert (len(found.parts), len(found.refusals)) == (1, 1)
    with pytest.raises(TimeoutError):  # the refusal's own turn comes, and finds nothing
        async with asyncio.timeout(0.2):
            await intake.waiting()
    intake.take(a_raw_message(), lambda _: None)
    assert len((await round_of(intake)).parts) == 1


async def test_of_a_flood_of_refusals_a_few_are_described_and_all_are_counted(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(describing, "PER_DEVICE", 3)
    monkeypatch.setattr(describing, "PER_MUNICIPALITY", 5)
    intake = BoundedIntake()
    for number in range(20):
        refuse(intake, "PS-1" if number < 10 else f"made up {number}")
    refuse(intake, "PS-9", owner=THERE)
    refuse(intake, "PS-1", at=Instant(NOON + MINUTE))
    found = await round_of(intake)
    assert [r.device_id for r in found.refusals] == [
        *["PS-1"] * 3,
        "made up 10",
        "made up 11",
        "PS-9",
        "PS-1",
    ]
    assert found.undescribed == {(HERE, Door.MQTT, Reason.WRONG_KEY): 15}
    assert intake.depth == 0
