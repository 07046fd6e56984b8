"""Validation: which readings are believed, and that every reading ends in exactly one column."""

import json
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from appliance.domain.ids import DeviceId
from appliance.domain.instant import HOUR, MINUTE, Instant, text
from appliance.domain.quantities import Quantity
from appliance.domain.readings import Door, Mark, RawBatch, RawMessages, Reason, Report
from appliance.flow.checking import Bounds
from appliance.flow.lanes import LanesOfDevices
from appliance.flow.sifting import Sifted, sift
from tests.builders import HERE, NOON, a_raw_message, a_sensor, a_sensor_type, an_admitted_device


def sifted(payload: object, **overrides: object) -> Sifted:
    raw = payload if isinstance(payload, bytes) else json.dumps(payload).encode()
    message = a_raw_message(payload=raw, **overrides)
    return sift(RawBatch(HERE, (message.alone(),)), Door.MQTT, Bounds(HOUR))


def reasons(found: Sifted) -> list[Reason]:
    return [reason for _, reason in found.rejected_of]


def test_a_reading_is_converted_to_si_and_keeps_its_time() -> None:
    found = sifted({"timestamp": "2026-05-01T11:59:00Z", "value": 3.2, "unit": "bar"})
    readings = found.readings()
    assert readings.values.tolist() == [320_000.0]
    assert readings.times.tolist() == [NOON - MINUTE]
    assert readings.marks.tolist() == [Mark.NONE]
    assert reasons(found) == []


def test_without_a_unit_the_sensors_own_is_meant_and_without_a_time_that_of_arrival() -> None:
    readings = sifted({"value": 3.2}).readings()
    assert readings.values.tolist() == [320_000.0]
    assert readings.times.tolist() == [NOON]


def test_a_time_without_a_zone_is_taken_as_utc_from_a_device() -> None:
    assert sifted({"timestamp": "2026-05-01T11:59:00", "value": 1}).readings().times.tolist() == [
        NOON - MINUTE
    ]


@pytest.mark.parametrize("moment", [NOON // 1_000_000, NOON // 1_000])
def test_a_time_may_be_a_number_of_seconds_or_milliseconds(moment: int) -> None:
    assert sifted({"timestamp": moment, "value": 1}).readings().times.tolist() == [NOON]


def test_a_reading_in_an_unknown_unit_is_rejected_and_the_rest_of_its_batch_is_kept() -> None:
    found = sifted(
        [
            {"timestamp": "2026-05-01T11:58:00Z", "value": 3.2, "unit": "bar"},
            {"timestamp": "2026-05-01T11:59:00Z", "value": 3.2, "unit": "furlong"},
            {"timestamp": "2026-05-01T12:00:00Z", "value": 46.4, "unit": "psi"},
        ]
    )
    assert reasons(found) == [Reason.UNKNOWN_UNIT]
    assert len(found.readings()) == 2
    assert "furlong" in found.rejections[0].detail
    assert "bar" in found.rejections[0].detail, "it says which units would do"


@pytest.mark.parametrize(
    ("payload", "reason"),
    [
        (b"", Reason.MALFORMED),
        (b"{", Reason.MALFORMED),
        (b"[]", Reason.MALFORMED),
        (b'"3.2"', Reason.MALFORMED),
        (b"\xff\xfe", Reason.MALFORMED),
        (b"[" * 100_000, Reason.MALFORMED),
        (b"{}", Reason.VALUE_MISSING),
        (b'{"value": null}', Reason.VALUE_MISSING),
        (b'{"value": true}', Reason.VALUE_MISSING),
        (b'{"value": "high"}', Reason.VALUE_MISSING),
        (b'{"value": NaN}', Reason.NOT_FINITE),
        (b'{"value": Infinity}', Reason.NOT_FINITE),
        (b'{"value": 1e400}', Reason.NOT_FINITE),
        (b'{"value": 1.7e308, "unit": "MPa"}', Reason.NOT_FINITE),
        (b'{"value": 1, "timestamp": "yesterday"}', Reason.BAD_TIMESTAMP),
        (b'{"value": 1, "timestamp": "1970-01-01T00:00:07Z"}', Reason.BAD_TIMESTAMP),
        (b'{"value": 1, "timestamp": 1e300}', Reason.BAD_TIMESTAMP),
        (b'{"value": 1, "device_id": "PS-999"}', Reason.DEVICE_MISMATCH),
        (b'{"value": 1, "sensor_id": 12}', Reason.DEVICE_MISMATCH),
    ],
)
def test_what_can_not_be_believed_is_rejected_with_its_reason(
    payload: bytes, reason: Reason
) -> None:
    found = sifted(payload)
    assert reasons(found) == [reason]
    assert len(found.readings()) == 0
    assert found.rejections[0].reason is reason
    assert found.rejections[0].municipality == HERE
    assert len(found.rejections[0].excerpt) <= 200


def test_five_minutes_ahead_is_taken_and_a_moment_more_is_not() -> None:
    ahead = Instant(NOON + 5 * MINUTE)
    assert len(sifted({"timestamp": text(ahead), "value": 1}).readings()) == 1
    found = sifted({"timestamp": text(Instant(ahead + 1)), "value": 1})
    assert reasons(found) == [Reason.IN_THE_FUTURE]


def test_an_old_reading_is_kept_and_marked_late() -> None:
    on_time = sifted({"timestamp": text(Instant(NOON - HOUR)), "value": 1})
    late = sifted({"timestamp": text(Instant(NOON - HOUR - 1)), "value": 1})
    assert on_time.readings().marks.tolist() == [Mark.NONE]
    assert late.readings().marks.tolist() == [Mark.LATE]


def test_a_value_that_no_such_instrument_can_report_is_quarantined() -> None:
    assert sifted({"value": 41}).readings().marks.tolist() == [Mark.IMPLAUSIBLE]
    assert sifted({"value": 40}).readings().marks.tolist() == [Mark.NONE]


def test_a_number_in_a_string_is_a_number() -> None:
    assert sifted({"value": "3.5"}).readings().values.tolist() == [350_000.0]


def test_more_than_a_thousand_readings_in_one_message_are_refused_together() -> None:
    assert (
        len(
            sifted(
                [{"value": 1, "timestamp": NOON // 1_000_000 - i} for i in range(1000)]
            ).message_of()
        )
        == 1000
    )
    found = sifted([{"value": 1}] * 1001)
    assert reasons(found) == [Reason.TOO_LARGE]


def test_a_gateway_reports_for_the_sensors_assigned_to_it_and_no_other() -> None:
    own = a_sensor(device_id=DeviceId("GW-1"))
    behind = a_sensor(
        id=7,
        device_id=DeviceId("FM-7"),
        type=a_sensor_type(code="flow", quantity=Quantity.FLOW, unit="m³/h"),
    )
    device = an_admitted_device(own, behind)
    found = sifted(
        [{"device_id": "FM-7", "value": 36}, {"value": 2}, {"device_id": "XX", "value": 1}],
        device=device,
        about=DeviceId("GW-1"),
    )
    readings = found.readings()
    assert readings.sensors.tolist() == [7, own.id]
    assert readings.values.tolist() == [0.01, 200_000.0]
    assert reasons(found) == [Reason.DEVICE_MISMATCH]


def test_battery_and_signal_become_a_contact() -> None:
    found = sifted({"value": 1, "battery_level": 71, "signal_strength": "-95"})
    assert [(c.battery_percent, c.signal_dbm) for c in found.contacts.values()] == [(71.0, -95.0)]


def test_a_heartbeat_is_kept_without_a_reading() -> None:
    for payload in (b"", b"{}", b'{"battery_level": 12}', b"online", b"1", b'"up"'):
        found = sifted(payload, stream="heartbeat")
        assert found.rejections == []
        assert len(found.message_of()) == 0
        assert found.kept_of == [0]
        assert len(found.contacts) == 1


scalars = st.none() | st.booleans() | st.floats() | st.integers() | st.text(max_size=20)
names = st.sampled_from(["value", "timestamp", "unit", "device_id", "quality", "battery_level"])
objects = st.dictionaries(names, scalars | st.lists(scalars, max_size=2), max_size=6)
json_values = scalars | objects | st.lists(objects | scalars, max_size=4)


@given(json_values.map(lambda value: json.dumps(value).encode()) | st.binary(max_size=60))
def test_whatever_a_device_sends_each_reading_is_kept_or_rejected_and_nothing_raises(
    payload: bytes,
) -> None:
    found = sifted(payload)
    assert len(found.message_of()) + len(found.rejected_of) >= 1
    assert len(found.rejections) == len(found.rejected_of)
    assert all(math.isfinite(value) for value in found.readings().values.tolist())


READING = st.fixed_dictionaries(
    {
        "value": st.one_of(
            st.floats(-1e6, 1e6), st.sampled_from([1e308, "3.5", None, True, 7, float("nan")])
        )
    },
    optional={
        "timestamp": st.sampled_from(
            [
                text(Instant(NOON - MINUTE)),
                "2026-05-01T11:58:07.250Z",
                "2026-05-01T10:00:00",
                "2026-02-30T10:00:00Z",
                "2026-05-01T11:59:60Z",
                "2026-05-01x11:58:07Z",
                "2099-01-01T00:00:00Z",
                NOON // 1_000_000 - 5,
                NOON // 1_000 - 5_001,
                12,
            ]
        ),
        "unit": st.sampled_from(["bar", "psi", "furlong"]),
        "quality": st.sampled_from([0.5, 1, "0.7", "good"]),
        "battery_level": st.sampled_from([50, "51"]),
        "device_id": st.sampled_from(["PS-001", "PS-002"]),
    },
)
PLAIN = st.fixed_dictionaries(
    {"value": st.floats(0, 20), "unit": st.sampled_from(["bar", "psi"])},
    optional={
        "timestamp": st.integers(0, 7_000).map(lambda s: text(Instant(NOON - s * 1_000_000))),
        "quality": st.floats(0, 1),
    },
)


@given(
    st.one_of(
        st.lists(PLAIN, min_size=16, max_size=40),
        st.lists(READING, min_size=16, max_size=20),
        st.tuples(st.lists(PLAIN, min_size=16, max_size=20), READING).map(lambda p: [*p[0], p[1]]),
        READING.map(lambda one: [one] * 17),
    )
)
def test_an_array_is_judged_as_its_readings_are_one_by_one(array: list[object]) -> None:
    device, known = an_admitted_device(), LanesOfDevices()

    def judge(payloads: list[object]) -> Sifted:
        lanes = LanesOfDevices()
        lanes.of(device).known = known.of(device).known  # columns need the words to be known
        raw = [json.dumps(payload).encode() for payload in payloads]
        report = Report(device.device_id)
        part = RawMessages(device, Door.MQTT, NOON, [report] * len(raw), raw)
        return sift(RawBatch(HERE, (part,)), Door.MQTT, Bounds(HOUR), lanes)

    alone, together = judge(list(array)), judge([array])
    for one, other in zip(columns_of(alone), columns_of(together), strict=True):
        np.testing.assert_array_equal(one, other)
    assert reasons(alone) == reasons(together)
    assert alone.contacts == together.contacts


MESSAGE = st.tuples(
    st.integers(0, 2),
    st.sampled_from(["data"] * 8 + ["heartbeat"]),
    st.one_of(PLAIN, PLAIN, READING, st.lists(PLAIN, min_size=1, max_size=2), st.just("{}")),
)


@given(st.lists(MESSAGE, min_size=8, max_size=40), st.booleans())
def test_messages_are_judged_together_as_each_would_be_alone(
    messages: list[tuple[int, str, object]], words_are_known: bool
) -> None:
    devices = [
        an_admitted_device(a_sensor(id=100 + n, device_id=DeviceId(f"PS-00{n}"))) for n in range(3)
    ]
    parts = []
    for at, (n, stream, said) in enumerate(messages):
        name, arrived = devices[n].device_id, Instant(NOON + at)
        report = Report(name, stream)
        raw = json.dumps(said).encode()
        parts.append(RawMessages(devices[n], Door.MQTT, arrived, [report], [raw]))

    def judge(batches: list[list[RawMessages]]) -> tuple[list[Sifted], Sifted]:
        lanes, all_words = LanesOfDevices(), Sifted(HERE, Door.MQTT, 0)
        if words_are_known:
            sift(RawBatch(HERE, tuple(parts)), Door.MQTT, Bounds(HOUR), lanes)
        found = [sift(RawBatch(HERE, tuple(b)), Door.MQTT, Bounds(HOUR), lanes) for b in batches]
        for one in found:
            for contact in one.contacts.values():
                all_words.note(contact)
        return found, all_words

    alone, alone_words = judge([[part] for part in parts])
    (together,), words = judge([parts])
    assert sum(len(one.readings()) for one in alone) == len(together.readings())
    expected = [columns_of(one) for one in alone]
    for place, column in enumerate(columns_of(together)):
        np.testing.assert_array_equal(
            column, np.concatenate([np.asarray(c[place]) for c in expected])
        )
    assert reasons(together) == [reason for one in alone for reason in reasons(one)]
    assert words.contacts == alone_words.contacts
    owners = [at for at, one in enumerate(alone) for _ in range(len(one.readings()))]
    assert together.message_of().tolist() == owners
    assert together.kept_of == [at for at, one in enumerate(alone) if one.kept_of]


def test_readings_without_a_time_that_come_in_one_go_are_not_taken_for_the_same_one() -> None:
    device, lanes = an_admitted_device(), LanesOfDevices()
    report, array = Report(device.device_id), [{"value": n} for n in range(20)]
    payloads = [b'{"value": 1}', b'{"value": 1}', json.dumps(array).encode(), b'{"value": 1}']
    part = RawMessages(device, Door.MQTT, NOON, [report] * 4, payloads)
    times = [
        time
        for _ in range(2)
        for time in sift(RawBatch(HERE, (part,)), Door.MQTT, Bounds(HOUR), lanes).readings().times
    ]
    assert times == [NOON + n for n in range(46)]


def test_a_device_that_is_admitted_for_each_request_is_remembered_once() -> None:
    lanes = LanesOfDevices()
    times = []
    for _ in range(3):
        device = an_admitted_device()  # as every HTTP request admits it anew
        part = RawMessages(device, Door.HTTP, NOON, [Report(device.device_id)], [b'{"value": 1}'])
        found = sift(RawBatch(HERE, (part,)), Door.HTTP, Bounds(HOUR), lanes)
        times += found.readings().times.tolist()
        assert lanes.of(device).device is device
    assert len(lanes) == 1
    assert times == [NOON, NOON + 1, NOON + 2]


def test_what_a_device_says_of_itself_last_counts_also_after_a_heartbeat() -> None:
    device = an_admitted_device()
    data, beat = Report(device.device_id), Report(device.device_id, "heartbeat")
    full, low = b'{"value": 1, "battery_level": 80}', b'{"battery_level": 20}'
    part = RawMessages(device, Door.MQTT, NOON, [data, beat, data], [full, low, full])
    found = sift(RawBatch(HERE, (part,)), Door.MQTT, Bounds(HOUR))
    assert [c.battery_percent for c in found.contacts.values()] == [80]


def columns_of(found: Sifted) -> tuple[object, ...]:
    r = found.readings()
    return r.sensors, r.times, r.arrived, r.values, r.quality, r.marks
