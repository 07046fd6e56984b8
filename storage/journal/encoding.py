"""Batches as bytes: the body of a record, which holds all batches of one group commit.

    version (1 byte) │ form (1 byte) │ body

The body is a MessagePack array of `_Body`: what is said once for each batch, then the columns of
all of them, one batch's rows after the other's. Columns are little-endian and lie one after the
other: sensors, times, arrived, values. Form PLAIN keeps them as they are. Form PACKED keeps times
as differences, arrival as delay, all of them with the first bytes of all rows first, the second
bytes next and so on, and deflates the whole body: readings of a few sensors take about a quarter.
"""

import sys
import zlib
from collections.abc import Mapping
from collections.abc import Sequence as Several
from typing import Final

import msgspec
import numpy as np
from numpy.typing import NDArray

from appliance.domain.ids import DeviceId, MunicipalityId, SensorId, Sequence
from appliance.domain.instant import Instant
from appliance.domain.readings import (
    CheckedBatch,
    Contact,
    Counts,
    Door,
    Floats,
    Ints,
    Readings,
    Reason,
    Rejection,
    StoredBatch,
)

VERSION: Final = 1
_PLAIN: Final = 0
_PACKED: Final = 1
_WORTH_PACKING: Final = 4_096
"""Bytes; below, deflating costs more time than the disk does."""
_PAYS: Final = 0.9
_LARGEST: Final = 1 << 30
_COLUMNS: Final = 4
_NO_QUALITY: Final = np.full(1, np.nan).astype("<f8").tobytes()
_IS_LITTLE: Final = sys.byteorder == "little"

_Contact = tuple[int, int, float | None, float | None]
_Rejection = tuple[int | None, str, int, str, str, str, str]
_Heading = tuple[
    int,  # municipality
    str,  # door
    int,  # checked_at
    int,  # rows
    tuple[int, int, int, int],  # stored, duplicate, late, quarantined
    Mapping[str, int],  # rejected
    tuple[_Contact, ...],
    tuple[_Rejection, ...],
]


class Undecodable(Exception):
    """These bytes are no batches of a version that this program knows."""


class _Body(msgspec.Struct, array_like=True, frozen=True, gc=False):
    batches: list[_Heading]
    columns: bytes
    quality: bytes | None
    """None when no reading has any."""
    marks: bytes | None
    """None when there are none."""


_encoder: Final = msgspec.msgpack.Encoder()
_decoder: Final = msgspec.msgpack.Decoder(_Body)


def encode(batches: Several[CheckedBatch], counts: Several[Counts]) -> bytes:
    """Give the bytes of batches and of what `counts()` says of each; `decode` gives back equals.

    Raises TypeError, ValueError or OverflowError for one that can't be said in bytes.
    """
    headings = [_heading(batch, count) for batch, count in zip(batches, counts, strict=True)]
    rows = Readings.joined([batch.readings for batch in batches])
    plain = _encoder.encode(_body(headings, rows, _columns(rows)))
    if len(plain) > _LARGEST:
        raise ValueError("they are too many at once")
    if len(plain) > _WORTH_PACKING:
        body = _body(headings, rows, _packed_columns(rows))
        packed = zlib.compress(_encoder.encode(body), 1)
        if len(packed) < _PAYS * len(plain):
            return bytes((VERSION, _PACKED)) + packed
    return bytes((VERSION, _PLAIN)) + plain


def decode(first: Sequence, stored_at: Instant, data: bytes) -> tuple[StoredBatch, ...]:
    """Give the batches that were encoded, the first at this place, or raise Undecodable."""
    try:
        version, form = data[0], data[1]
        if version != VERSION or form not in {_PLAIN, _PACKED}:
            raise Undecodable(f"version {version}, form {form}")
        if form == _PLAIN:
            body = _decoder.decode(memoryview(data)[2:])
            table = _from_columns(body.columns)
        else:
            body = _decoder.decode(zlib.decompress(memoryview(data)[2:]))
            table = _from_packed_columns(body.columns)
        return _stored(first, stored_at, body, table)
    except (IndexError, ValueError, zlib.error, msgspec.MsgspecError) as error:
        raise Undecodable(str(error)) from error


def _heading(batch: CheckedBatch, counts: Counts) -> _Heading:
    return (
        batch.municipality,
        batch.door,
        batch.checked_at,
        len(batch.readings),
        (counts.stored, counts.duplicate, counts.late, counts.quarantined),
        counts.rejected,
        tuple((c.sensor, c.arrived, c.battery_percent, c.signal_dbm) for c in batch.contacts)
        if batch.contacts
        else (),
        tuple(_rejection(r) for r in batch.rejections) if batch.rejections else (),
    )


def _rejection(r: Rejection) -> _Rejection:
    return (
        r.municipality,
        _utf8(r.device_id),
        r.at,
        r.door.value,
        r.reason.value,
        _utf8(r.detail),
        _utf8(r.excerpt),
    )


def _utf8(text: str) -> str:
    """Replace what UTF-8 can't say: an excerpt of what a device sent may hold half a surrogate."""
    return text.encode("utf-8", "replace").decode()


def _body(headings: list[_Heading], rows: Readings, columns: bytes) -> _Body:
    quality, marks = _bytes(rows.quality), rows.marks.tobytes()
    return _Body(
        headings,
        columns,
        None if quality == _NO_QUALITY * len(rows) else quality,
        marks if marks.strip(b"\0") else None,
    )


def _bytes(column: Ints | Floats) -> bytes:
    return (column if _IS_LITTLE else column.byteswap()).tobytes()


def _columns(rows: Readings) -> bytes:
    return b"".join(
        (_bytes(rows.sensors), _bytes(rows.times), _bytes(rows.arrived), _bytes(rows.values))
    )


def _packed_columns(rows: Readings) -> bytes:
    table = np.empty((_COLUMNS, len(rows)), "<i8")
    table[0] = rows.sensors
    table[1, :1] = rows.times[:1]
    np.subtract(rows.times[1:], rows.times[:-1], out=table[1, 1:])
    np.subtract(rows.arrived, rows.times, out=table[2])
    table[3] = rows.values.astype("<f8", copy=False).view("<i8")
    return table.view(np.uint8).reshape(_COLUMNS, len(rows), 8).transpose(0, 2, 1).tobytes()


def _from_columns(columns: bytes) -> NDArray[np.int64]:
    return np.frombuffer(columns, "<i8").reshape(_COLUMNS, -1)


def _from_packed_columns(columns: bytes) -> NDArray[np.int64]:
    planes = np.frombuffer(columns, np.uint8).reshape(_COLUMNS, 8, -1)
    # Always a copy: of a single row the transposed bytes lie in order already, and may not be changed.
    table = planes.transpose(0, 2, 1).copy(order="C").view("<i8").reshape(_COLUMNS, -1)
    np.cumsum(table[1], out=table[1])
    table[2] += table[1]
    return table


def _stored(
    first: Sequence, stored_at: Instant, body: _Body, table: NDArray[np.int64]
) -> tuple[StoredBatch, ...]:
    rows = _rows(body, table)
    if sum(heading[3] for heading in body.batches) != len(rows):
        raise Undecodable("the columns are not of these batches")
    if len(body.batches) == 1:
        return (_batch(first, stored_at, body.batches[0], rows),)
    found: list[StoredBatch] = []
    start = 0
    for place, heading in enumerate(body.batches, first):
        end = start + heading[3]
        found.append(_batch(Sequence(place), stored_at, heading, _cut(rows, start, end)))
        start = end
    return tuple(found)


def _rows(body: _Body, table: NDArray[np.int64]) -> Readings:
    native: Ints = table.astype(np.int64, copy=False)
    n = native.shape[1]
    return Readings(
        native[0],
        native[1],
        native[2],
        native[3].view(np.float64),
        _quality(body.quality, n),
        np.zeros(n, np.uint8) if body.marks is None else np.frombuffer(body.marks, np.uint8, n),
    )


def _quality(column: bytes | None, n: int) -> Floats:
    if column is None:
        return np.full(n, np.nan)
    return np.frombuffer(column, "<f8", n).astype(np.float64, copy=False)


def _cut(rows: Readings, start: int, end: int) -> Readings:
    return Readings(
        rows.sensors[start:end],
        rows.times[start:end],
        rows.arrived[start:end],
        rows.values[start:end],
        rows.quality[start:end],
        rows.marks[start:end],
    )


def _batch(
    sequence: Sequence, stored_at: Instant, heading: _Heading, readings: Readings
) -> StoredBatch:
    municipality, door, checked_at, _, counts, rejected, contacts, rejections = heading
    return StoredBatch(
        sequence,
        MunicipalityId(municipality),
        Door(door),
        readings,
        tuple(_contact(fields) for fields in contacts) if contacts else (),
        tuple(_rejected(fields) for fields in rejections) if rejections else (),
        Counts(*counts, rejected=dict(rejected)),
        Instant(checked_at),
        stored_at,
    )


def _contact(fields: _Contact) -> Contact:
    sensor, arrived, battery, signal = fields
    return Contact(SensorId(sensor), Instant(arrived), battery, signal)


def _rejected(fields: _Rejection) -> Rejection:
    municipality, device_id, at, door, reason, detail, excerpt = fields
    return Rejection(
        None if municipality is None else MunicipalityId(municipality),
        DeviceId(device_id),
        Instant(at),
        Door(door),
        Reason(reason),
        detail,
        excerpt,
    )
