"""Judge messages of one reading each together: nearly all that ever comes is such. Pure.

It says what `sifting` says of each, many times as fast. Whatever is odd about a message (an array,
a status, words not heard before, no time, a reading to refuse) is left to be judged by itself.
"""

from collections.abc import Sequence as Several
from dataclasses import dataclass
from typing import Final, NamedTuple

import msgspec
import numpy as np

from appliance.domain.ids import SensorId
from appliance.domain.instant import LATEST, Instant
from appliance.domain.readings import Ints, Mark, RawMessages, Readings
from appliance.flow.checking import EARLIEST, MOST_AHEAD, Bounds, quality_said, time_said
from appliance.flow.columns import times_said
from appliance.flow.decoding import Said, Unreadable
from appliance.flow.lanes import LanesOfDevices
from appliance.ports.history import Booleans

WORTH_IT: Final = 8
"""Messages from which on this is quicker."""
_DECODE: Final = msgspec.json.Decoder(Said).decode
_NOT_ONE: Final = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)
_MOST: Final = float(np.finfo(np.float64).max)
_NAN: Final = float("nan")
_NEVER: Final = EARLIEST - 1
_IMPLAUSIBLE: Final = int(Mark.IMPLAUSIBLE)


class Message(NamedTuple):
    """One message of a batch: its number there from 0, its part, and its place in it."""

    number: int
    part: RawMessages
    place: int


class Told(NamedTuple):
    """A reading that says something of its device, too."""

    sensor: SensorId
    part: RawMessages
    said: Said


@dataclass(frozen=True, slots=True)
class Singles:
    """What could be judged together, and what is left."""

    readings: Readings
    indexes: Ints
    """Of each reading's message; they grow."""
    told: list[Told]
    others: list[Message]
    """In no order."""


_Row = tuple[SensorId, Instant, float, float, int, int]
"""Sensor, time of arrival, value in SI, quality, marks, index of the message."""


def judge_singles(
    parts: Several[RawMessages], bounds: Bounds, devices: LanesOfDevices
) -> Singles | None:
    """Judge what can be judged together; None where that is too little to be worth it."""
    others: list[Message] = []
    rows, said, owners = _rows(parts, devices, others)
    if len(rows) < WORTH_IT:
        return None
    sensors, arrived, values, quality, marks, indexes = zip(*rows, strict=True)
    came = np.array(arrived, np.int64)
    times = _times(said, came, bounds)
    late = (came - times > bounds.lateness) * np.uint8(Mark.LATE)
    readings = Readings(
        np.array(sensors, np.int64),
        times,
        came,
        np.array(values, np.float64),
        np.array(quality, np.float64),
        np.array(marks, np.uint8) | late,
    )
    message_of = np.array(indexes, np.int64)
    good = times != _NEVER
    if not good.all():
        others += _left(parts, message_of[~good])
        readings, message_of = readings.take(good), message_of[good]
    return Singles(readings, message_of, _told(rows, said, owners, good), others)


def _rows(
    parts: Several[RawMessages], devices: LanesOfDevices, others: list[Message]
) -> tuple[list[_Row], list[Said], list[RawMessages]]:
    """Read every message; what is odd about one puts it among the others."""
    rows: list[_Row] = []
    several: list[Said] = []
    owners: list[RawMessages] = []
    index = -1
    for part in parts:
        known, arrived, reports = devices.of(part.device).known, part.arrived, part.reports
        for place, payload in enumerate(part.payloads):
            index += 1
            about, stream = reports[place]
            try:
                said = _DECODE(payload)
            except _NOT_ONE:
                others.append(Message(index, part, place))
                continue
            lane = known.get((about, said.device_id, said.sensor_id, said.unit))
            value = said.value
            if (
                lane is None
                or type(value) is not float
                or said.timestamp is None
                or stream != "data"
                or not -_MOST <= (si_value := value * lane.factor + lane.offset) <= _MOST
            ):
                others.append(Message(index, part, place))
                continue
            quality = _NAN
            if said.quality is not None or said.quality_score is not None:
                quality = quality_said(said)
            mark = 0 if lane.low <= si_value <= lane.high else _IMPLAUSIBLE
            rows.append((lane.sensor, arrived, si_value, quality, mark, index))
            several.append(said)
            owners.append(part)
    return rows, several, owners


def _times(said: Several[Said], arrived: Ints, bounds: Bounds) -> Ints:
    """Give the time of each reading, _NEVER where it is to be refused."""
    stamps = [one.timestamp for one in said]
    times = times_said(stamps)
    if times is None:
        times = np.array([_time_or_never(stamp) for stamp in stamps], np.int64)
    ahead = np.maximum(arrived, bounds.latest) + MOST_AHEAD
    return np.where((times < EARLIEST) | (times > ahead), _NEVER, times)


def _time_or_never(stamp: str | float | None) -> int:
    try:
        return _NEVER if stamp is None else time_said(stamp, LATEST)
    except Unreadable:
        return _NEVER


def _left(parts: Several[RawMessages], indexes: Ints) -> list[Message]:
    """Find the messages with these indexes, which grow."""
    wanted = set(indexes.tolist())
    found: list[Message] = []
    first = 0
    for part in parts:
        found += (
            Message(first + place, part, place)
            for place in range(len(part))
            if first + place in wanted
        )
        first += len(part)
    return found


def _told(
    rows: list[_Row], said: list[Said], owners: list[RawMessages], good: Booleans
) -> list[Told]:
    return [
        Told(row[0], part, one)
        for row, one, part, is_good in zip(rows, said, owners, good.tolist(), strict=True)
        if is_good and (one.battery_level is not None or one.signal_strength is not None)
    ]
