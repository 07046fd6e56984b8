"""Rules, channels and preferences."""

from dataclasses import replace

import pytest

from appliance.domain.errors import Conflict, Invalid, NotFound
from appliance.domain.languages import Language
from appliance.domain.rules import (
    Anomalous,
    Condition,
    Flatline,
    NoData,
    OutOfRange,
    RateOfChange,
    Severity,
    Threshold,
)
from storage.operations.database import SqliteOperations
from tests.builders import HERE, NOON, THERE
from tests.contract.operations.things import CHANNEL, OTHERS, RULE, a_rule
from tests.outbound.parcels import a_channel


@pytest.mark.parametrize(
    "condition",
    [
        Threshold(operator=">=", value=-2.5),
        RateOfChange(change=0.5, unit="bar", direction="fall"),
        NoData(),
        NoData(for_seconds=90.0),
        Flatline(tolerance=0.01),
        OutOfRange(for_seconds=30.0),
        Anomalous(deviations=8.0, for_readings=1),
    ],
)
async def test_a_rule_comes_back_with_its_condition(
    operations: SqliteOperations, condition: Condition
):
    rule = a_rule(condition=condition, enabled=False, resolve_when_cleared=True, built_in=True)
    await operations.write(HERE, lambda t: t.rules.put(rule))
    assert await operations.read(HERE, lambda t: t.rules.get(RULE)) == rule
    assert await operations.read(HERE, lambda t: t.rules.all()) == [rule]


async def test_rules_come_by_name_and_one_of_the_same_id_is_replaced(operations: SqliteOperations):
    b, a = a_rule(name="b"), a_rule(id=RULE + 1, name="a", sensor=None, sensor_type="flow")
    await operations.write(HERE, lambda t: [t.rules.put(rule) for rule in (b, a)])
    changed = replace(b, name="0", severity=Severity.INFO, sensor=None)
    await operations.write(HERE, lambda t: t.rules.put(changed))
    assert await operations.read(HERE, lambda t: t.rules.all()) == [changed, a]


async def test_a_rule_of_another_municipality_can_t_be_seen_taken_or_removed(
    operations: SqliteOperations,
):
    theirs = RULE + OTHERS
    assert await operations.read(HERE, lambda t: t.rules.get(theirs)) is None
    with pytest.raises(Conflict):
        await operations.write(HERE, lambda t: t.rules.put(a_rule(id=theirs)))
    with pytest.raises(NotFound):
        await operations.write(HERE, lambda t: t.rules.put(a_rule(municipality=THERE)))
    await operations.write(HERE, lambda t: t.rules.remove(theirs))
    assert await operations.read(HERE, lambda t: t.rules.all()) == []


async def test_text_that_utf_8_can_t_hold_is_invalid(operations: SqliteOperations):
    with pytest.raises(Invalid, match="surrogate"):
        await operations.write(HERE, lambda t: t.rules.put(a_rule(name="\ud800")))
    with pytest.raises(Invalid, match="surrogate"):
        await operations.read(HERE, lambda t: t.sensors.by_device("\ud800"))


async def test_a_removed_rule_is_gone(operations: SqliteOperations):
    await operations.write(HERE, lambda t: t.rules.put(a_rule()))
    await operations.write(HERE, lambda t: t.rules.remove(RULE))
    assert await operations.read(HERE, lambda t: t.rules.all()) == []


async def test_channels_come_by_name_and_one_of_the_same_id_is_replaced(
    operations: SqliteOperations,
):
    b, a = a_channel(name="b"), a_channel(id=CHANNEL + 1, name="a", secret="s3cret")
    await operations.write(HERE, lambda t: [t.channels.put(channel) for channel in (b, a)])
    changed = replace(b, enabled=False, least_severity=Severity.CRITICAL, language=Language.AR)
    await operations.write(HERE, lambda t: t.channels.put(changed))
    assert await operations.read(HERE, lambda t: t.channels.all()) == [a, changed]


async def test_a_channel_of_another_municipality_can_t_be_taken_or_removed(
    operations: SqliteOperations,
):
    with pytest.raises(Conflict):
        await operations.write(HERE, lambda t: t.channels.put(a_channel(id=CHANNEL + OTHERS)))
    await operations.write(HERE, lambda t: t.channels.remove(CHANNEL + OTHERS))
    assert await operations.read(HERE, lambda t: t.channels.all()) == []


async def test_what_is_remembered_once_stays_until_it_is_replaced(operations: SqliteOperations):
    async def remember(value: bytes) -> bool:
        return await operations.write(
            HERE, lambda t: t.preferences.remember("push", "phone", value, NOON)
        )

    assert await operations.read(HERE, lambda t: t.preferences.recall("push", "phone")) is None
    assert await remember(b"first")
    assert not await remember(b"second")
    assert await operations.read(HERE, lambda t: t.preferences.recall("push", "phone")) == b"first"
    assert await operations.read(HERE, lambda t: t.preferences.recall("key", "phone")) is None
    await operations.write(HERE, lambda t: t.preferences.replace("push", "phone", b"third", NOON))
    assert await operations.read(HERE, lambda t: t.preferences.recall("push", "phone")) == b"third"
