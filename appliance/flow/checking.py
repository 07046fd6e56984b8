"""Validate: what one reading means, and whether it is believed. Pure.

Each function gives what it names or raises Unreadable with the reason.
"""

import math
from dataclasses import dataclass
from typing import Final

from appliance.domain import instant
from appliance.domain.errors import UnitUnknown
from appliance.domain.ids import DeviceId
from appliance.domain.instant import Instant
from appliance.domain.quantities import Unit, unit_of
from appliance.domain.readings import RawMessage, Reason
from appliance.domain.sensors import Sensor
from appliance.flow.decoding import Said, Unreadable

MOST_AHEAD: Final = 5 * instant.MINUTE
EARLIEST: Final = Instant(946_684_800 * instant.SECOND)
"""2000-01-01: a device that claims an earlier time has lost its clock."""
MILLISECONDS_FROM: Final = 100_000_000_000
"""A numeric timestamp from here on can only be milliseconds (as seconds: the year 5138)."""


@dataclass(frozen=True, slots=True)
class Bounds:
    """Between which times readings are as usual."""

    lateness: int
    """µs between a reading's time and its arrival from which on it is late."""
    latest: Instant = instant.EARLIEST
    """The latest time that it may be, if that is after the arrival: the clock may be behind."""

    def ahead(self, arrived: Instant) -> Instant:
        """Give the last time that is believed of what arrived then."""
        return Instant(max(arrived, self.latest) + MOST_AHEAD)


def sensor_meant(message: RawMessage, said: Said) -> Sensor:
    """Give the sensor that a reading is of, if the device may report for it."""
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


def number_said(said: Said) -> float:
    """Give the finite number in `value`."""
    value = said.value
    if isinstance(value, str):
        value = number_or_none(value)
    if value is None or isinstance(value, bool):
        raise Unreadable(Reason.VALUE_MISSING, f"value is {said.value!r}")
    if not math.isfinite(value):
        raise Unreadable(Reason.NOT_FINITE, f"value is {value}")
    return value


def unit_meant(sensor: Sensor, symbol: str | None) -> Unit:
    """Give the unit, of the sensor's quantity; the sensor's own where none is named."""
    if not symbol:
        return sensor.unit
    try:
        return unit_of(sensor.type.quantity, symbol)
    except UnitUnknown as error:
        raise Unreadable(Reason.UNKNOWN_UNIT, f"{error} ({error.advice})") from None


def time_said(timestamp: str | float, latest: Instant) -> Instant:
    """Give the time of a reading, which is not after the latest that is believed."""
    time = parse_time(timestamp)
    if time > latest:
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
    low, high = plausible_span(sensor)
    return low <= si_value <= high


def plausible_span(sensor: Sensor) -> tuple[float, float]:
    """Give the lowest and the highest value, SI, that such an instrument can report."""
    span = sensor.type.plausible
    return (
        -math.inf if span.low is None else span.low,
        math.inf if span.high is None else span.high,
    )


def quality_said(said: Said) -> float:
    """Give the quality as the device gave it, NaN where it gave none or no number."""
    number = number_or_none(said.quality if said.quality is not None else said.quality_score)
    return math.nan if number is None else number


def number_or_none(said: float | str | None) -> float | None:
    """Give a finite number, None where there is none."""
    try:
        number = float(said) if said is not None else math.nan
    except ValueError:
        return None
    return number if math.isfinite(number) else None
