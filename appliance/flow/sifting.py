"""Judge a batch: which of its readings are believed, and what is wrong with the others. Pure."""

import math
from collections.abc import Iterable, Iterator
from collections.abc import Sequence as Several
from dataclasses import dataclass, field
from operator import itemgetter
from typing import Final, NoReturn

import numpy as np

from appliance.domain.ids import MunicipalityId, SensorId
from appliance.domain.readings import (
    Contact,
    Door,
    Ints,
    Mark,
    RawBatch,
    RawMessage,
    RawMessages,
    Readings,
    Reason,
    Rejection,
)
from appliance.flow.checking import (
    Bounds,
    number_or_none,
    number_said,
    quality_said,
    sensor_meant,
    time_said,
)
from appliance.flow.columns import WORTH_IT as ARRAY_WORTH_IT
from appliance.flow.columns import judged
from appliance.flow.decoding import Said, Unreadable, decode
from appliance.flow.intake import EXCERPT
from appliance.flow.lanes import Lanes, LanesOfDevices
from appliance.flow.singles import WORTH_IT, Message, judge_singles

MOST_DESCRIBED: Final = 20
"""Rejections of one message that are described; the others are like them, and are only counted."""
_MOST: Final = float(np.finfo(np.float64).max)
_NAN: Final = math.nan
_LATE: Final = int(Mark.LATE)
_IMPLAUSIBLE: Final = int(Mark.IMPLAUSIBLE)


Row = tuple[int, int, int, float, float, int, int]
"""Sensor, time, time of arrival, value in SI, quality, marks, index of the message."""


@dataclass(slots=True)
class Sifted:
    """A batch whose readings have been judged one by one, but not yet compared with what is known."""

    municipality: MunicipalityId
    door: Door
    messages: int
    rows: list[Row] = field(default_factory=list)
    """The readings that are kept, in the order in which they came, after those of `tables`."""
    tables: list[tuple[Readings, Ints]] = field(default_factory=list)
    """Readings that are columns already, with the index of each one's message; it may be that
    they have to be put in order."""
    contacts: dict[SensorId, Contact] = field(default_factory=dict)
    """The newest word of each sensor's device on itself."""
    last_words: tuple[object, ...] = ()
    """What was noted last, as it was said."""
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
        """Give what is kept as columns, in the order in which it came."""
        return self._settled()[0]

    def message_of(self) -> Ints:
        """Give the index of each reading's message, shape (n,); they grow."""
        return self._settled()[1]

    def add_table(self, readings: Readings, index: int) -> None:
        """Keep a message's readings that are columns."""
        self._settle_rows()
        self.tables.append((readings, np.full(len(readings), index, np.int64)))

    def _settled(self) -> tuple[Readings, Ints]:
        """Make one table of all there is."""
        self._settle_rows()
        if len(self.tables) != 1:
            readings = Readings.joined([readings for readings, _ in self.tables])
            indexes = np.concatenate([np.empty(0, np.int64), *(index for _, index in self.tables)])
            if (indexes[1:] < indexes[:-1]).any():
                order = np.argsort(indexes, kind="stable")
                readings, indexes = readings.take(order), indexes[order]
            self.tables = [(readings, indexes)]
        return self.tables[0]

    def _settle_rows(self) -> None:
        if not self.rows:
            return
        sensors, times, arrived, values, quality, marks, indexes = zip(*self.rows, strict=True)
        readings = Readings(
            np.array(sensors, np.int64),
            np.array(times, np.int64),
            np.array(arrived, np.int64),
            np.array(values, np.float64),
            np.array(quality, np.float64),
            np.array(marks, np.uint8),
        )
        self.tables.append((readings, np.array(indexes, np.int64)))
        self.rows = []

    def note(self, said: Contact) -> None:
        """Keep what a message says of the device itself; the newest word counts."""
        before = self.contacts.get(said.sensor)
        if before is not None:
            if said.arrived < before.arrived:
                said, before = before, said
            said = Contact(
                said.sensor,
                said.arrived,
                _newer(said.battery_percent, before.battery_percent),
                _newer(said.signal_dbm, before.signal_dbm),
            )
        self.contacts[said.sensor] = said


def _newer(said: float | None, known: float | None) -> float | None:
    return known if said is None else said


def sift(
    batch: RawBatch, door: Door, bounds: Bounds, lanes: LanesOfDevices | None = None
) -> Sifted:
    """Judge every reading of a batch. Nothing vanishes.

    `lanes` is kept from batch to batch: it makes this faster, and keeps readings without a time apart.
    """
    sifted = Sifted(batch.municipality, door, len(batch))
    lanes = LanesOfDevices() if lanes is None else lanes
    for index, part, place in _odd_ones(sifted, batch, bounds, lanes):
        try:
            if part.reports[place].stream == "data":
                _sift_data(sifted, index, part, place, bounds, lanes.of(part.device))
            else:
                _keep_contact(sifted, index, part[place])
        except Unreadable as problem:
            _reject(sifted, index, part[place], problem)
        except Exception as error:  # noqa: BLE001 the boundary of faults: see faults.py
            sifted.faults.append(error)
            ours = Unreadable(Reason.MALFORMED, f"Weir's own fault: {type(error).__name__}")
            _reject(sifted, index, part[place], ours)
    return sifted


def _odd_ones(
    sifted: Sifted, batch: RawBatch, bounds: Bounds, lanes: LanesOfDevices
) -> Iterable[Message]:
    """Keep what can be judged together, and give the messages that are left, oldest first."""
    if len(batch) < WORTH_IT:
        return messages_of(batch.parts)
    try:
        singles = judge_singles(batch.parts, bounds, lanes)
    except Exception as error:  # noqa: BLE001 the boundary of faults: one message is to blame
        sifted.faults.append(error)
        singles = None
    if singles is None:
        return messages_of(batch.parts)
    sifted.tables.append((singles.readings, singles.indexes))
    for sensor, part, said in singles.told:
        _note_contact(sifted, sensor, part, said)
    return sorted(singles.others, key=itemgetter(0))


def _sift_data(
    sifted: Sifted, index: int, part: RawMessages, place: int, bounds: Bounds, lanes: Lanes
) -> None:
    """Judge the readings of one message."""
    several = decode(part.payloads[place])
    if len(several) >= ARRAY_WORTH_IT:
        readings = judged(several, part, place, bounds, lanes)
        if readings is not None:
            sifted.add_table(readings, index)
            _note_contacts(sifted, part, several, readings)
            return
    _sift_one_by_one(sifted, index, part, place, several, bounds, lanes)


def _sift_one_by_one(  # noqa: C901, PLR0913, PLR0917 - the innermost loop of the walk
    sifted: Sifted,
    index: int,
    part: RawMessages,
    place: int,
    several: Several[Said | Unreadable],
    bounds: Bounds,
    lanes: Lanes,
) -> None:
    about, arrived, known = part.reports[place].about, part.arrived, lanes.known
    lateness, latest = bounds.lateness, bounds.ahead(arrived)
    for said in several:
        try:
            if isinstance(said, Unreadable):
                raise said
            words = (about, said.device_id, said.sensor_id, said.unit)
            lane = known.get(words) or lanes.find(words, part[place], said)
            value, timestamp = said.value, said.timestamp
            if type(value) is not float:
                value = number_said(said)
            si_value = value * lane.factor + lane.offset
            if not -_MOST <= si_value <= _MOST:
                _refuse_beyond(said)
            time = lanes.moment(arrived) if timestamp is None else time_said(timestamp, latest)
        except Unreadable as problem:
            _reject(sifted, index, part[place], problem)
            continue
        quality = _NAN
        if said.quality is not None or said.quality_score is not None:
            quality = quality_said(said)
        mark = _LATE if arrived - time > lateness else 0
        if not lane.low <= si_value <= lane.high:
            mark |= _IMPLAUSIBLE
        sifted.rows.append((lane.sensor, time, arrived, si_value, quality, mark, index))
        if said.battery_level is not None or said.signal_strength is not None:
            _note_contact(sifted, lane.sensor, part, said)


def _note_contacts(
    sifted: Sifted, part: RawMessages, several: Several[Said | Unreadable], readings: Readings
) -> None:
    words = [
        (said.battery_level, said.signal_strength) for said in several if isinstance(said, Said)
    ]
    distinct = set(words)
    if distinct == {(None, None)}:
        return
    sensors = readings.sensors.tolist()
    if len(distinct) == 1:
        told = zip(several[: len(set(sensors))], dict.fromkeys(sensors), strict=True)
    else:
        told = zip(several, sensors, strict=True)
    for said, sensor in told:
        if isinstance(said, Said):
            _note_contact(sifted, SensorId(sensor), part, said)


def _refuse_beyond(said: Said) -> NoReturn:
    value = number_said(said)
    raise Unreadable(Reason.NOT_FINITE, f"value {value} is beyond what can be kept")


def _note_contact(sifted: Sifted, sensor: SensorId, part: RawMessages, said: Said) -> None:
    """Note battery and signal, where they say something else than a moment ago."""
    words = (sensor, part.arrived, said.battery_level, said.signal_strength)
    if words == sifted.last_words:
        return
    sifted.last_words = words
    battery, signal = number_or_none(said.battery_level), number_or_none(said.signal_strength)
    if battery is not None or signal is not None:
        sifted.note(Contact(sensor, part.arrived, battery, signal))


def _keep_contact(sifted: Sifted, index: int, message: RawMessage) -> None:
    """Keep a status or heartbeat: that it came, and battery and signal where it says so."""
    said = _said_of_itself(message.payload)
    sensor = sensor_meant(message, said)
    battery, signal = number_or_none(said.battery_level), number_or_none(said.signal_strength)
    sifted.note(Contact(sensor.id, message.arrived, battery, signal))
    sifted.last_words = ()
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


def messages_of(parts: Several[RawMessages]) -> Iterator[Message]:
    """Number the messages of a batch."""
    index = 0
    for part in parts:
        for place in range(len(part)):
            yield Message(index, part, place)
            index += 1


Origins = list[tuple[Door, RawBatch, list[int]]]


def by_origin(parts: Iterable[RawMessages]) -> Origins:
    """Sort messages into batches of one municipality and one door, with their parts' places."""
    places: dict[tuple[Door, MunicipalityId], list[int]] = {}
    several = list(parts)
    for place, part in enumerate(several):
        places.setdefault((part.door, part.device.municipality), []).append(place)
    return [
        (door, RawBatch(municipality, tuple(several[i] for i in chosen)), chosen)
        for (door, municipality), chosen in places.items()
    ]
