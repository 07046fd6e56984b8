"""Any batch survives the way into bytes and back; other bytes are refused, not believed."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from appliance.domain.ids import DeviceId, Sequence
from appliance.domain.instant import Instant
from appliance.domain.readings import (
    CheckedBatch,
    Contact,
    Counts,
    Door,
    Readings,
    Reason,
    Rejection,
    StoredBatch,
)
from storage.journal import encoding
from storage.journal.encoding import Undecodable
from tests.builders import NOON, a_checked_batch, many_readings, readings, same_readings

LONGS = st.integers(-(2**63), 2**63 - 1)
IDS = st.integers(1, 2**48 - 1)
TEXTS = st.text(st.characters(exclude_categories=["Cs"]))
NUMBERS = st.floats(allow_nan=False, allow_infinity=False)
MAYBE = st.none() | NUMBERS
FEW = st.integers(0, 2**40)


def encode(*batches: CheckedBatch) -> bytes:
    return encoding.encode(batches, [batch.counts() for batch in batches])


def decode(first: int, stored_at: int, data: bytes) -> StoredBatch:
    (only,) = encoding.decode(Sequence(first), Instant(stored_at), data)
    return only


@st.composite
def tables(draw: st.DrawFn) -> Readings:
    n = draw(st.integers(0, 60))
    longs = arrays(np.int64, n, elements=LONGS)
    quality = st.just(np.full(n, np.nan)) | arrays(np.float64, n)
    return Readings(
        draw(longs),
        draw(longs),
        draw(longs),
        draw(arrays(np.float64, n, elements=NUMBERS)),
        draw(quality),
        draw(st.just(np.zeros(n, np.uint8)) | arrays(np.uint8, n)),
    )


BATCHES = st.builds(
    CheckedBatch,
    municipality=IDS,
    door=st.sampled_from(Door),
    readings=tables(),
    contacts=st.lists(st.builds(Contact, IDS, LONGS, MAYBE, MAYBE), max_size=5).map(tuple),
    rejections=st.lists(
        st.builds(
            Rejection,
            st.none() | IDS,
            TEXTS,
            LONGS,
            st.sampled_from(Door),
            st.sampled_from(Reason),
            TEXTS,
            TEXTS,
        ),
        max_size=5,
    ).map(tuple),
    per_message=st.lists(
        st.builds(
            Counts, FEW, FEW, FEW, FEW, st.dictionaries(st.sampled_from([*Reason]).map(str), FEW)
        ),
        max_size=5,
    ).map(tuple),
    checked_at=LONGS,
)


@given(batch=BATCHES, sequence=IDS, stored_at=LONGS)
@settings(deadline=None)
def test_what_is_decoded_is_what_was_encoded(batch: CheckedBatch, sequence: int, stored_at: int):
    assert_same(decode(sequence, stored_at, encode(batch)), batch, sequence, stored_at)


@given(batches=st.lists(BATCHES, min_size=2, max_size=6), sequence=IDS, stored_at=LONGS)
@settings(deadline=None)
def test_several_batches_come_back_each_with_its_own_rows_and_place(
    batches: list[CheckedBatch], sequence: int, stored_at: int
):
    several = encoding.decode(Sequence(sequence), Instant(stored_at), encode(*batches))

    for place, (found, batch) in enumerate(zip(several, batches, strict=True), sequence):
        assert_same(found, batch, place, stored_at)


def assert_same(found: StoredBatch, batch: CheckedBatch, place: int, stored_at: int) -> None:
    assert same_readings(found.readings, batch.readings)
    assert found.counts == batch.counts()
    assert (found.sequence, found.stored_at) == (place, stored_at)
    for name in ("municipality", "door", "contacts", "rejections", "checked_at"):
        assert getattr(found, name) == getattr(batch, name)


@given(st.binary(max_size=200))
def test_other_bytes_are_refused(data: bytes):
    with pytest.raises(Undecodable):
        decode(1, 0, data)


@given(position=st.integers(0, 10_000), bit=st.integers(0, 7))
@settings(deadline=None)
def test_a_flipped_bit_raises_nothing_but_undecodable(position: int, bit: int):
    data = bytearray(encode(a_checked_batch(many_readings(100))))
    data[position % len(data)] ^= 1 << bit
    try:
        decode(1, 0, bytes(data))
    except Undecodable:
        return


def test_a_later_version_is_refused():
    data = encode(a_checked_batch())
    with pytest.raises(Undecodable, match="version 9"):
        decode(1, 0, b"\x09" + data[1:])


@pytest.mark.parametrize(("rows", "at_most"), [(1, 80), (1_000, 10_000), (10_000, 100_000)])
def test_a_batch_takes_little_room(rows: int, at_most: int):
    assert len(encode(a_checked_batch(many_readings(rows)))) <= at_most


def test_decoded_columns_are_native_and_aligned():
    for batch in (a_checked_batch(readings(1, 2, 3)), a_checked_batch(many_readings(1_000))):
        found = decode(1, 0, encode(batch)).readings
        for name in ("sensors", "times", "arrived", "values", "quality"):
            column = getattr(found, name)
            assert column.dtype == getattr(batch.readings, name).dtype
            assert column.flags.aligned


def test_half_a_surrogate_in_an_excerpt_is_kept_as_a_question_mark():
    half = Rejection(None, "PS-001", 0, Door.HTTP, Reason.MALFORMED, "not JSON", "\ud83d!")
    batch = replace(a_checked_batch(), rejections=(half,))
    assert decode(1, 0, encode(batch)).rejections == (replace(half, excerpt="?!"),)


@pytest.mark.parametrize("rows", [0, 1, 2])
def test_few_readings_among_many_rejections_survive_the_packing(rows: int):
    rejection = Rejection(None, DeviceId("PS-001"), NOON, Door.TCP, Reason.MALFORMED, "x", "y" * 99)
    batch = replace(
        a_checked_batch(many_readings(rows)), rejections=(rejection,) * 50, door=Door.TCP
    )
    data = encode(batch)
    assert data[1] == 1, "it is packed"
    again = decode(Sequence(1), NOON, data)
    assert same_readings(again.readings, batch.readings)
    assert again.rejections == batch.rejections
