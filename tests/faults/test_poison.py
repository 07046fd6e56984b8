"""What a device sends may be refused, but it stops nobody."""

import pytest

from tests.faults.device import publish_once
from tests.faults.town import AS_USUAL, Town
from tests.faults.witness import look_into

POISON = (
    b'{"value": 1, "x": ' + b"[" * 100_000,
    b'{"x":' * 40_000,
    b'[{"value": 1, "x": ' + b"[" * 3_000 + b"]" * 3_000 + b"}]",
    b'{"value": ' + b"9" * 100_000 + b"}",
    b'{"value": "\\ud800", "unit": "\\ud800"}',
    b'{"timestamp": 1e308, "value": 1}',
    b"\xff" * 1_000,
)


@pytest.mark.parametrize("device", ["PS-9"])
def test_messages_made_to_break_it_are_acknowledged_counted_and_harm_nobody(
    town: Town, device: str
) -> None:
    town.start()
    key = town.keys[device]
    for payload in POISON:
        assert publish_once(town.mqtt(), device, key, payload), payload[:30]
    healthy = b'{"value": %f, "unit": "bar"}' % AS_USUAL
    assert publish_once(town.mqtt(), device, key, healthy)
    town.stop()
    there = look_into(town.folder, town.there)
    there.must_agree()
    assert there.ledger.received == len(POISON) + 1
    assert there.ledger.stored == 1
    assert look_into(town.folder, town.here).ledger.received == 0
