"""Validate: which readings of a batch are believed, and what is wrong with the others. Pure."""

import math
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Final

import numpy as np

from appliance.domain import instant
from appliance.domain.errors import UnitUnknown
from appliance.domain.ids import DeviceId, MunicipalityId
from appliance.domain.instant import Instant
from appliance.domain.quantities import Unit, unit_of
from appliance.domain.readings import (
    Contact,
    Door,
    Ints,
    Mark,
    RawBatch,
    RawMessage,
    Readings,
    Reason,
    Rejection,
)
from appliance.domain.sensors import Sensor
from appliance.flow.decoding import Said, Unreadable, decode
from appliance.flow.intake import EXCERPT

MOST_DESCRIBED: Final = 20
"""Rejections of one message that are described; the others are like them, and are only counted."""
MOST_AHEAD: Final = 5 * instant.MINUTE
EARLIEST: Final = Instant(946_684_800 * instant.SECOND)
"""2000-01-01: a device that claims an earlier time has lost its clock."""
MILLISECONDS_FROM: Final = 100_000_000_000
"""A numeric timestamp from here on can only be milliseconds (as seconds: the year 5138)."""

Row = tuple[int, int, int, float, float, int, int]


@dataclass(slots=True)
class Sifted:
    """A batch whose readings have been judged one by one, but not yet compared with what is known.

    `rows` are (sensor, time, arrived, value, quality, marks, index of the message).
    """

    municipality: MunicipalityId
    door: Door
    messages: int
    rows: list[Row] = field(default_factory=list)
    contacts: list[Contact] = field(default_factory=list)
    rejections: list[Rejection] = field(default_factory=list)
    """The first MOST_DESCRIBED of each message."""
    described_of: list[int] = field(default_factory=list)
    """Index of the message of each of these."""
    rejected_of: list[tuple[int, Reason]] = field(default_factory=list)
    """(index of the message, reason) for each reading that was not taken."""
    kept_of: list[int] = field(default_factory=list)
    """Index of each status or heartbeat message: kept as a contact, without a reading."""
    faults: list[Exception] = field(default_factory=list)
    """What went wrong here, and not with the device."""

    def readings(self) -> Readings:
        """Give the rows as columns."""
        if not self.rows:
            return Readings.none()
        sensors, times, arrived, values, quality, marks, _ = zip(*self.rows, strict=True)
        return Readings(
            np.array(sensors, np.int64),
            np.array(times, np.int64),
            np.array(arrived, np.int64),
            np.array(values, np.float64),
            np.array(quality, np.float64),
            np.array(marks, np.uint8),
        )

    def message_of(self) -> Ints:
        """Give the index of each row's message, shape (n,)."""
        return np.fromiter((row[6] for row in self.rows), np.int64, len(self.rows))


def sift(batch: RawBatch, door: Door, lateness: int) -> Sifted:
    """Judge every reading of a batch; `lateness` in microseconds. Nothing vanishes."""
    sifted = Sifted(batch.municipality, door, len(batch.messages))
    for index, message in enumerate(batch.messages):
        try:
            _sift_message(sifted, index, message, lateness)
        except Exception as error:  # noqa: BLE001 the boundary of faults: see faults.py
            sifted.faults.append(error)
            ours = Unreadable(Reason.MALFORMED, f"Weir's own fault: {type(error).__name__}")
            _reject(sifted, index, message, ours)
    return sifted


def _sift_message(sifted: Sifted, index: int, message: RawMessage, lateness: int) -> None:
    if message.stream != "data":
        _keep_contact(sifted, index, message)
        return
    try:
        several = decode(message.payload)
    except Unreadable as problem:
        _reject(sifted, index, message, problem)
        return
    for said in several:
        try:
            if isinstance(said, Unreadable):
                raise said
            _keep(sifted, index, message, said, lateness)
        except Unreadable as problem:
            _reject(sifted, index, message, problem)


def _keep(sifted: Sifted, index: int, message: RawMessage, said: Said, lateness: int) -> None:
    sensor = _sensor_of(message, said)
    value = _value_of(sensor, said)
    time = _time_of(said, message.arrived)
    marks = Mark.LATE if message.arrived - time > lateness else Mark.NONE
    if not is_plausible(sensor, value):
        marks |= Mark.IMPLAUSIBLE
    quality = _number(said.quality if said.quality is not None else said.quality_score)
    sifted.rows.append(
        (
            sensor.id,
            time,
            message.arrived,
            value,
            math.nan if quality is None else quality,
            int(marks),
            index,
        )
    )
    _note_contact(sifted, sensor, message, said)


def _note_contact(sifted: Sifted, sensor: Sensor, message: RawMessage, said: Said) -> None:
    battery, signal = _number(said.battery_level), _number(said.signal_strength)
    if battery is not None or signal is not None:
        sifted.contacts.append(Contact(sensor.id, message.arrived, battery, signal))


def _keep_contact(sifted: Sifted, index: int, message: RawMessage) -> None:
    """Keep a status or heartbeat: that it came, and battery and signal where it says so."""
    said = _said_of_itself(message.payload)
    try:
        sensor = _sensor_of(message, said)
    except Unreadable as problem:
        _reject(sifted, index, message, problem)
        return
    battery, signal = _number(said.battery_level), _number(said.signal_strength)
    sifted.contacts.append(Contact(sensor.id, message.arrived, battery, signal))
    sifted.kept_of.append(index)


def _said_of_itself(payload: bytes) -> Said:
    """Read a status or heartbeat; `online`, or nothing at all, is a sign of life too."""
    try:
        said = decode(payload)[0]
    except Unreadable:
        return Said()
    return Said() if isinstance(said, Unreadable) else said


def _reject(sifted: Sifted, index: int, message: RawMessage, problem: Unreadable) -> None:
    sifted.rejected_of.append((index, problem.reason))
    if sifted.described_of[-MOST_DESCRIBED:].count(index) == MOST_DESCRIBED:
        return
    sifted.described_of.append(index)
    sifted.rejections.append(
        Rejection(
            sifted.municipality,
            message.about,
            message.arrived,
            message.door,
            problem.reason,
            _clean(problem.detail[:EXCERPT]),
            message.payload[:EXCERPT].decode("utf-8", "replace"),
        )
    )


def _clean(text: str) -> str:
    """Replace lone surrogates, which JSON can carry and UTF-8 can't."""
    return text.encode("utf-8", "replace").decode()


def _sensor_of(message: RawMessage, said: Said) -> Sensor:
    named = said.device_id if said.device_id is not None else said.sensor_id
    about = message.about if named is None else DeviceId(str(named))
    device = message.device
    if message.about not in {about, device.device_id}:
        raise Unreadable(Reason.DEVICE_MISMATCH, f"the payload names {about!r}")
    if about in device.refused:
        raise Unreadable(
            device.refused[about], f"{about!r} behind the gateway {device.device_id!r}"
        )
    sensor = device.sensors.get(about)
    if sensor is None:
        raise Unreadable(Reason.DEVICE_MISMATCH, f"the payload names {about!r}")
    return sensor


def _value_of(sensor: Sensor, said: Said) -> float:
    value = said.value
    if isinstance(value, str):
        value = _number(value)
    if value is None or isinstance(value, bool):
        raise Unreadable(Reason.VALUE_MISSING, f"value is {said.value!r}")
    if not math.isfinite(value):
        raise Unreadable(Reason.NOT_FINITE, f"value is {value}")
    si_value = _unit_of(sensor, said.unit).to_si(value)
    if not math.isfinite(si_value):
        raise Unreadable(Reason.NOT_FINITE, f"value {value} is beyond what can be kept")
    return si_value


def _unit_of(sensor: Sensor, symbol: str | None) -> Unit:
    if not symbol:
        return sensor.unit
    try:
        return unit_of(sensor.type.quantity, symbol)
    except UnitUnknown as error:
        raise Unreadable(Reason.UNKNOWN_UNIT, f"{error} ({error.advice})") from None


def _time_of(said: Said, arrived: Instant) -> Instant:
    if said.timestamp is None:
        return arrived
    time = parse_time(said.timestamp)
    if time > arrived + MOST_AHEAD:
        raise Unreadable(Reason.IN_THE_FUTURE, f"{instant.text(time)} is still to come")
    return time


def parse_time(said: str | float) -> Instant:
    """Read a device's time: ISO 8601 (UTC where it has no zone), or seconds or milliseconds.

    Raises Unreadable with Reason.BAD_TIMESTAMP.
    """
    try:
        if isinstance(said, str):
            time = instant.parse(said, assume_utc=True)
        else:
            seconds = said / 1000 if said >= MILLISECONDS_FROM else said
            time = Instant(round(seconds * instant.SECOND))
    except (ValueError, OverflowError):
        raise Unreadable(Reason.BAD_TIMESTAMP, f"{said!r} is not a time") from None
    if not EARLIEST <= time <= instant.LATEST:
        raise Unreadable(Reason.BAD_TIMESTAMP, f"{said!r}: the device has lost its clock")
    return time


def is_plausible(sensor: Sensor, si_value: float) -> bool:
    """Say whether such an instrument can report this value."""
    low, high = sensor.type.plausible.low, sensor.type.plausible.high
    return (low is None or si_value >= low) and (high is None or si_value <= high)


def _number(said: float | str | None) -> float | None:
    try:
        number = float(said) if said is not None else math.nan
    except ValueError:
        return None
    return number if math.isfinite(number) else None


def by_origin(messages: Iterable[RawMessage]) -> list[tuple[Door, RawBatch, list[int]]]:
    """Sort messages into batches of one municipality and one door, with their places."""
    places: dict[tuple[Door, MunicipalityId], list[int]] = {}
    several = list(messages)
    for place, message in enumerate(several):
        places.setdefault((message.door, message.device.municipality), []).append(place)
    return [
        (door, RawBatch(municipality, tuple(several[i] for i in chosen)), chosen)
        for (door, municipality), chosen in places.items()
    ]
