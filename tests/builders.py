"""Things of the domain with everyday defaults: a test names only what it is about.

Every builder takes overrides by field name and is deterministic. `HERE` and `THERE` are the two
tenants that every test of data needs.
"""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any, Final

import numpy as np

from appliance.domain.ids import (
    DeviceId,
    MunicipalityId,
    SensorId,
    SensorTypeId,
    Sequence,
)
from appliance.domain.instant import MINUTE, SECOND, Instant, parse
from appliance.domain.people import Municipality
from appliance.domain.quantities import Quantity
from appliance.domain.readings import (
    AdmittedDevice,
    CheckedBatch,
    Contact,
    Counts,
    Door,
    Floats,
    Ints,
    Mark,
    RawMessage,
    Readings,
    Reason,
    Rejection,
    StoredBatch,
)
from appliance.domain.sensors import (
    Limits,
    Position,
    Sensor,
    SensorStatus,
    SensorType,
    unit_for,
)

NOON: Final = parse("2026-05-01T12:00:00Z")
HERE: Final = MunicipalityId(0xA11CE)
THERE: Final = MunicipalityId(0xB0B)
SENSOR: Final = SensorId(0x5E11)
"""The sensor of HERE."""
OTHER_SENSOR: Final = SensorId(0x5E12)
"""The sensor of THERE."""


def a_municipality(**overrides: Any) -> Municipality:
    """HERE unless told otherwise."""
    fields: dict[str, Any] = {
        "id": HERE,
        "name": "Brookfield",
        "time_zone": "Europe/Berlin",
        "created_at": NOON,
    }
    return Municipality(**fields | overrides)


def a_sensor_type(**overrides: Any) -> SensorType:
    """Pressure in bar: 0–40 bar plausible, 2–8 bar in operation."""
    fields: dict[str, Any] = {
        "id": SensorTypeId(0x7E),
        "municipality": None,
        "code": "pressure",
        "name": "Pressure",
        "quantity": Quantity.PRESSURE,
        "unit": "bar",
        "plausible": Limits(0.0, 40e5),
        "operating": Limits(2e5, 8e5),
    }
    return SensorType(**fields | overrides)


def a_sensor(**overrides: Any) -> Sensor:
    """An active, whitelisted pressure sensor of HERE; its unit is its type's unless named."""
    sensor_type = overrides.get("type") or a_sensor_type()
    fields: dict[str, Any] = {
        "id": SENSOR,
        "municipality": HERE,
        "device_id": DeviceId("PS-001"),
        "name": "Mill Lane",
        "type": sensor_type,
        "unit": unit_for(sensor_type, None),
        "status": SensorStatus.ACTIVE,
        "whitelisted": True,
        "protocol": "mqtt",
        "position": Position(13.4, 52.5),
        "pipeline": None,
        "operating": Limits(),
        "created_at": NOON,
        "updated_at": NOON,
    }
    return Sensor(**fields | overrides)


def an_admitted_device(*sensors: Sensor) -> AdmittedDevice:
    """The device of the first sensor, a gateway for the others."""
    known = {s.device_id: s for s in sensors or (a_sensor(),)}
    first = next(iter(known.values()))
    return AdmittedDevice(first.municipality, first.device_id, known)


def a_raw_message(payload: bytes = b'{"value": 3.2}', **overrides: Any) -> RawMessage:
    """One message over MQTT that arrived at NOON, about the sender itself."""
    device = overrides.get("device") or an_admitted_device()
    fields: dict[str, Any] = {
        "device": device,
        "about": device.device_id,
        "payload": payload,
        "door": Door.MQTT,
        "arrived": NOON,
    }
    return RawMessage(**fields | overrides)


def readings(
    *values: float,
    sensor: SensorId | Iterable[int] = SENSOR,
    start: Instant = NOON,
    every: int = MINUTE,
    delay: int = SECOND,
    times: Ints | None = None,
    arrived: Ints | None = None,
    quality: Floats | float = float("nan"),
    marks: Mark | Iterable[int] = Mark.NONE,
) -> Readings:
    """One reading (of 3 bar) or as many as values are given, in Pa, `every` µs from `start`.

    `sensor` and `marks` may be one for all or one for each; they arrive `delay` after their time.
    """
    column = np.asarray(values or (3e5,), np.float64)
    n = len(column)
    if times is None:
        times = start + every * np.arange(n, dtype=np.int64)
    return Readings(
        _column(sensor, n, np.int64),
        np.asarray(times, np.int64),
        times + delay if arrived is None else np.asarray(arrived, np.int64),
        column,
        _column(quality, n, np.float64),
        _column(marks, n, np.uint8),
    )


def _column(given: Any, n: int, kind: type) -> Any:
    column = np.asarray(given if np.isscalar(given) else list(given), kind)
    return np.broadcast_to(column, (n,)).copy()


def many_readings(
    n: int, *, sensors: int = 100, start: Instant = NOON, every: int = SECOND, seed: int = 1
) -> Readings:
    """Give n plausible readings of `sensors` sensors that report in turn, from SENSOR upwards."""
    chance = np.random.default_rng(seed)
    rows = np.arange(n, dtype=np.int64)
    times = start + every * (rows // sensors)
    return Readings(
        SENSOR + rows % sensors,
        times,
        times + chance.integers(SECOND // 10, SECOND, n),
        np.round(3e5 + 2e4 * chance.standard_normal(n), 1),
        np.full(n, np.nan),
        np.zeros(n, np.uint8),
    )


def a_contact(**overrides: Any) -> Contact:
    """What SENSOR's device said of itself at NOON."""
    fields: dict[str, Any] = {
        "sensor": SENSOR,
        "arrived": NOON,
        "battery_percent": 87.5,
        "signal_dbm": -71.0,
    }
    return Contact(**fields | overrides)


def a_rejection(**overrides: Any) -> Rejection:
    """A message of HERE that was no JSON."""
    fields: dict[str, Any] = {
        "municipality": HERE,
        "device_id": DeviceId("PS-001"),
        "at": NOON,
        "door": Door.MQTT,
        "reason": Reason.MALFORMED,
        "detail": "not JSON",
        "excerpt": "{3.2",
    }
    return Rejection(**fields | overrides)


def counts_of(rows: Readings, rejected: Mapping[str, int] | None = None) -> Counts:
    """What the ledger says of readings that were all kept."""
    quarantined = (rows.marks & Mark.IMPLAUSIBLE) != 0
    late = ((rows.marks & Mark.LATE) != 0) & ~quarantined
    return Counts(
        stored=int((~quarantined & ~late).sum()),
        late=int(late.sum()),
        quarantined=int(quarantined.sum()),
        rejected=dict(rejected or {}),
    )


def a_checked_batch(rows: Readings | None = None, **overrides: Any) -> CheckedBatch:
    """One message of HERE with one reading of SENSOR, counted as its marks say."""
    rows = readings() if rows is None else rows
    fields: dict[str, Any] = {
        "municipality": HERE,
        "door": Door.MQTT,
        "readings": rows,
        "contacts": (),
        "rejections": (),
        "per_message": (counts_of(rows),),
        "checked_at": NOON,
    }
    return CheckedBatch(**fields | overrides)


def a_stored_batch(
    rows: Readings | None = None, *, sequence: int = 1, **overrides: Any
) -> StoredBatch:
    """The same at a place in the journal; for tests that need no journal."""
    checked = a_checked_batch(rows)
    stored = StoredBatch(
        Sequence(sequence),
        checked.municipality,
        checked.door,
        checked.readings,
        checked.contacts,
        checked.rejections,
        checked.counts(),
        checked.checked_at,
        Instant(checked.checked_at + SECOND),
    )
    return replace(stored, **overrides)


def same_readings(one: Readings, other: Readings) -> bool:
    """Whether two tables hold the same rows in the same order; NaN equals NaN."""
    return all(
        np.array_equal(getattr(one, name), getattr(other, name), equal_nan=True)
        for name in ("sensors", "times", "arrived", "values", "quality", "marks")
    )
