"""Rows of a file of readings: judged one by one by the rules that hold for what devices send.

Two things differ from the doors. A time without a zone is refused, since a person wrote the file
and nobody knows which clock was meant. And nothing is late: history is expected to be old.
"""

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from operator import itemgetter
from typing import Final

import numpy as np

from appliance.domain import instant
from appliance.domain.errors import UnitUnknown
from appliance.domain.instant import Instant
from appliance.domain.quantities import Unit, unit_of
from appliance.domain.readings import Mark, Readings, Reason
from appliance.domain.sensors import Sensor
from appliance.flow.checking import EARLIEST, MOST_AHEAD, is_plausible
from appliance.services.files.csv_rows import BadLine, Block, Layout, excerpt

REQUIRED: Final = ("device_id", "timestamp", "value")
OPTIONAL: Final = ("unit", "quality")
SHOWN: Final = 60

_Row = tuple[int, int, float, float, int]
"""Sensor, time, SI value, quality, marks."""


class NotTaken(Exception):
    """A row that can't be believed; the message says what to do."""

    def __init__(self, reason: Reason, advice: str) -> None:
        super().__init__(advice)
        self.reason = reason


@dataclass(frozen=True, slots=True)
class RefusedRow:
    """A row that was not taken."""

    line: int
    reason: Reason
    advice: str
    device_id: str
    excerpt: str


@dataclass(slots=True)
class Judged:
    """The rows of one block: those to keep, and those not."""

    readings: Readings
    refused: list[RefusedRow] = field(default_factory=list)
    lines: int = 0


class ReadingRows:
    """Judges the rows of one file against the sensors of one municipality."""

    def __init__(self, sensors: Mapping[str, Sensor], layout: Layout, now: Instant) -> None:
        self._sensors = sensors
        self._layout = layout
        self._latest = now + MOST_AHEAD
        width = layout.width  # beyond the row stands an empty value for columns that are not there
        self._pick = itemgetter(*(layout.places.get(n, width) for n in (*REQUIRED, *OPTIONAL)))
        self._channels: dict[tuple[str, str], tuple[Sensor, Unit]] = {}

    def judge(self, block: Block) -> Judged:
        """Judge a block; every line that is not blank ends in `readings` or in `refused`."""
        rows: list[_Row] = []
        refused: list[RefusedRow] = []
        for number, line in block.numbered():
            device = ""
            try:
                fields = [*self._layout.fields(line), ""]
                device = fields[self._layout.places["device_id"]].strip()
                rows.append(self._row(*self._pick(fields)))
            except BadLine as bad:
                refused.append(RefusedRow(number, Reason.MALFORMED, str(bad), "", excerpt(line)))
            except NotTaken as why:
                refused.append(RefusedRow(number, why.reason, str(why), device, excerpt(line)))
        return Judged(_columns(rows), refused, len(rows) + len(refused))

    def _row(self, device: str, time: str, value: str, unit: str, quality: str) -> _Row:
        known = self._channels.get((device, unit))
        sensor, measured_in = known or self._channel(device, unit)
        si_value = measured_in.to_si(self._number(value))
        if not math.isfinite(si_value):
            raise NotTaken(Reason.NOT_FINITE, f"{value.strip()[:SHOWN]} is no finite number")
        marks = _BELIEVED if is_plausible(sensor, si_value) else _DOUBTFUL
        return (
            sensor.id,
            self._time(time),
            si_value,
            self._quality(quality) if quality else math.nan,
            marks,
        )

    def _channel(self, device: str, symbol: str) -> tuple[Sensor, Unit]:
        """Find what a device measures and in which unit; known ones are remembered."""
        sensor = self._sensors.get(device.strip())
        if sensor is None:
            raise NotTaken(
                Reason.UNKNOWN_DEVICE,
                f"there is no device {device.strip()[:SHOWN]!r}; add it with `weir import sensors`",
            )
        try:
            unit = unit_of(sensor.type.quantity, symbol) if symbol.strip() else sensor.unit
        except UnitUnknown as error:
            raise NotTaken(Reason.UNKNOWN_UNIT, f"{error} {error.advice}") from None
        self._channels[device, symbol] = sensor, unit
        return sensor, unit

    def _number(self, text: str) -> float:
        try:
            return float(self._layout.decimal(text))
        except ValueError:
            shown = text.strip()[:SHOWN]
            raise NotTaken(
                Reason.VALUE_MISSING, f"{shown!r} is no number; write it as 3.2"
            ) from None

    def _time(self, text: str) -> int:
        try:
            time = instant.parse(text.strip())
        except (ValueError, OverflowError):
            raise NotTaken(
                Reason.BAD_TIMESTAMP,
                f"{text.strip()[:SHOWN]!r} is no time with a zone; write 2026-05-01T03:00:00Z",
            ) from None
        if not EARLIEST <= time <= instant.LATEST:
            raise NotTaken(Reason.BAD_TIMESTAMP, f"{text.strip()[:SHOWN]} is before 2000")
        if time > self._latest:
            raise NotTaken(Reason.IN_THE_FUTURE, f"{text.strip()[:SHOWN]} is still to come")
        return time

    def _quality(self, text: str) -> float:
        try:
            quality = float(self._layout.decimal(text))
        except ValueError:
            return math.nan
        return quality if math.isfinite(quality) else math.nan


_BELIEVED: Final = int(Mark.IMPORTED)
_DOUBTFUL: Final = int(Mark.IMPORTED | Mark.IMPLAUSIBLE)


def slices(judged: Judged, most: int) -> Iterator[tuple[Readings, list[RefusedRow]]]:
    """Cut a block into parts of at most `most` readings; refused rows go with the first."""
    refused = judged.refused
    for start in range(0, max(1, len(judged.readings)), most):
        part = np.arange(start, min(start + most, len(judged.readings)))
        yield judged.readings.take(part), refused
        refused = []


def _columns(rows: list[_Row]) -> Readings:
    if not rows:
        return Readings.none()
    sensors, times, values, quality, marks = zip(*rows, strict=True)
    when = np.array(times, np.int64)
    return Readings(
        np.array(sensors, np.int64),
        when,
        when,
        np.array(values, np.float64),
        np.array(quality, np.float64),
        np.array(marks, np.uint8),
    )
