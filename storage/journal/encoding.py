"""A batch as bytes: what one row of the journal holds, whatever it is stored in.

    version (1 byte) │ form (1 byte) │ body

The body is a MessagePack array of `_Body`. Its columns are little-endian and lie one after the
other: sensors, times, arrived, values. Form PLAIN keeps them as they are. Form PACKED keeps times
as differences, arrival as delay, all of them with the first bytes of all rows first, the second
bytes next and so on, and deflates the whole body: readings of a few sensors take about a third.
"""

import zlib
from collections.abc import Mapping
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
_WORTH_PACKING: Final = 512
"""Bytes; below, deflating costs more time than the disk does."""
_PAYS: Final = 0.9

_Contact = tuple[int, int, float | None, float | None]
_Rejection = tuple[int | None, str, int, str, str, str, str]


class Undecodable(Exception):
    """These bytes are no batch of a version that this program knows."""


class _Body(msgspec.Struct, array_like=True, frozen=True, gc=False):
    municipality: int
    door: str
    checked_at: int
    rows: int
    columns: bytes
    quality: bytes | None
    """None when no reading has any."""
    marks: bytes | None
    """None when there are none."""
    counts: tuple[int, int, int, int]
    rejected: Mapping[str, int]
    contacts: tuple[_Contact, ...]
    rejections: tuple[_Rejection, ...]


_encoder: Final = msgspec.msgpack.Encoder()
_decoder: Final = msgspec.msgpack.Decoder(_Body)


def encode(batch: CheckedBatch) -> bytes:
    """Give the bytes of a batch; `decode` gives back an equal one."""
    counts = batch.counts()
    plain = _encoder.encode(_body(batch, counts, _columns(batch.readings)))
    if len(plain) > _WORTH_PACKING:
        body = _body(batch, counts, _packed_columns(batch.readings))
        packed = zlib.compress(_encoder.encode(body), 1)
        if len(packed) < _PAYS * len(plain):
            return bytes((VERSION, _PACKED)) + packed
    return bytes((VERSION, _PLAIN)) + plain


def decode(sequence: Sequence, stored_at: Instant, data: bytes) -> StoredBatch:
    """Give the batch that was encoded, or raise Undecodable."""
    try:
        version, form = data[0], data[1]
        if version != VERSION or form not in {_PLAIN, _PACKED}:
            raise Undecodable(f"version {version}, form {form}")
        if form == _PLAIN:
            body = _decoder.decode(memoryview(data)[2:])
            readings = _readings(body, _from_columns(body))
        else:
            body = _decoder.decode(zlib.decompress(memoryview(data)[2:]))
            readings = _readings(body, _from_packed_columns(body))
        return _stored(sequence, stored_at, body, readings)
    except (IndexError, ValueError, zlib.error, msgspec.MsgspecError) as error:
        raise Undecodable(str(error)) from error


def _body(batch: CheckedBatch, counts: Counts, columns: bytes) -> _Body:
    rows = batch.readings
    return _Body(
        batch.municipality,
        batch.door.value,
        batch.checked_at,
        len(rows),
        columns,
        None if np.isnan(rows.quality).all() else rows.quality.astype("<f8").tobytes(),
        rows.marks.tobytes() if rows.marks.any() else None,
        (counts.stored, counts.duplicate, counts.late, counts.quarantined),
        counts.rejected,
        tuple((c.sensor, c.arrived, c.battery_percent, c.signal_dbm) for c in batch.contacts),
        tuple(_rejection(r) for r in batch.rejections),
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


def _columns(rows: Readings) -> bytes:
    return b"".join(
        (
            rows.sensors.astype("<i8", copy=False).tobytes(),
            rows.times.astype("<i8", copy=False).tobytes(),
            rows.arrived.astype("<i8", copy=False).tobytes(),
            rows.values.astype("<f8", copy=False).tobytes(),
        )
    )


def _packed_columns(rows: Readings) -> bytes:
    table = np.empty((4, len(rows)), "<i8")
    table[0] = rows.sensors
    table[1, :1] = rows.times[:1]
    np.subtract(rows.times[1:], rows.times[:-1], out=table[1, 1:])
    np.subtract(rows.arrived, rows.times, out=table[2])
    table[3] = rows.values.astype("<f8", copy=False).view("<i8")
    return table.view(np.uint8).reshape(4, len(rows), 8).transpose(0, 2, 1).tobytes()


def _from_columns(body: _Body) -> NDArray[np.int64]:
    return np.frombuffer(body.columns, "<i8").reshape(4, body.rows)


def _from_packed_columns(body: _Body) -> NDArray[np.int64]:
    planes = np.frombuffer(body.columns, np.uint8).reshape(4, 8, body.rows)
    # Always a copy: of a single row the transposed bytes lie in order already, and may not be changed.
    table = planes.transpose(0, 2, 1).copy(order="C").view("<i8").reshape(4, body.rows)
    np.cumsum(table[1], out=table[1])
    table[2] += table[1]
    return table


def _readings(body: _Body, table: NDArray[np.int64]) -> Readings:
    n = body.rows
    native: Ints = table.astype(np.int64, copy=False)
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


def _stored(sequence: Sequence, stored_at: Instant, body: _Body, readings: Readings) -> StoredBatch:
    return StoredBatch(
        sequence,
        MunicipalityId(body.municipality),
        Door(body.door),
        readings,
        tuple(
            Contact(SensorId(sensor), Instant(arrived), battery, signal)
            for sensor, arrived, battery, signal in body.contacts
        ),
        tuple(_rejected(fields) for fields in body.rejections),
        Counts(*body.counts, rejected=dict(body.rejected)),
        Instant(body.checked_at),
        stored_at,
    )


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
