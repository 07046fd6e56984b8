"""Well-known binary: what is read back is what was written, and no bytes do harm."""

import struct
from contextlib import suppress

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from storage.gis.geopackage import geometry_of
from storage.gis.wkb import BadGeometry, parse
from tests.gis.drawn import gpkg_geometry, wkb_line, wkb_point

numbers = st.floats(allow_nan=False, allow_infinity=False)
lines = st.lists(st.tuples(numbers, numbers), min_size=1, max_size=20)


@given(lines, st.sampled_from("<>"))
def test_a_line_comes_back_in_either_byte_order(points: list[tuple[float, float]], order: str):
    geometry = parse(wkb_line(points, order))
    assert [tuple(point) for point in geometry.lines[0].tolist()] == points
    assert not len(geometry.points)


@given(st.lists(lines, max_size=5), lines)
def test_a_collection_gives_all_its_parts(
    several: list[list[tuple[float, float]]], points: list[tuple[float, float]]
):
    members = [*map(wkb_line, several), *(wkb_point(x, y) for x, y in points)]
    data = struct.pack("<BII", 1, 7, len(members)) + b"".join(members)
    geometry = parse(data)
    assert [list(map(tuple, line.tolist())) for line in geometry.lines] == several
    assert list(map(tuple, geometry.points.tolist())) == points


@pytest.mark.parametrize(
    ("code", "extra"), [(1002, 1), (2002, 1), (3002, 2), (0x80000002, 1), (0xC0000002, 2)]
)
def test_heights_and_measures_are_dropped(code: int, extra: int):
    rows = np.arange(2 * (2 + extra), dtype="<f8").reshape(2, -1)
    geometry = parse(struct.pack("<BII", 1, code, 2) + rows.tobytes())
    assert geometry.lines[0].tolist() == rows[:, :2].tolist()


def test_an_srid_within_is_passed_over():
    data = struct.pack("<BIIdd", 1, 0x20000001, 4326, 1.0, 2.0)
    assert parse(data).points.tolist() == [[1.0, 2.0]]


def test_an_empty_point_is_no_point():
    assert parse(struct.pack("<BIdd", 1, 1, float("nan"), float("nan"))).is_empty()


def test_a_polygon_is_named_and_not_kept():
    ring = struct.pack("<I", 4) + np.zeros(8).tobytes()
    geometry = parse(struct.pack("<BII", 1, 3, 1) + ring)
    assert geometry.others == ("polygon",)
    assert not geometry.lines


@given(st.binary(max_size=200))
def test_arbitrary_bytes_are_refused_or_read_and_nothing_else(data: bytes):
    with suppress(BadGeometry):
        parse(data)


@given(lines, st.data())
def test_a_line_that_is_cut_off_is_refused(points: list[tuple[float, float]], data: st.DataObject):
    whole = wkb_line(points)
    cut = data.draw(st.integers(0, len(whole) - 1))
    with pytest.raises(BadGeometry):
        parse(whole[:cut])


def test_announced_parts_that_are_not_there_cost_no_memory():
    for kind in (2, 3, 4, 7):
        with pytest.raises(BadGeometry):
            parse(struct.pack("<BII", 1, kind, 0xFFFFFFFF) + bytes(100))


def test_endless_nesting_is_refused():
    with pytest.raises(BadGeometry, match="nested"):
        parse(struct.pack("<BII", 1, 7, 1) * 5000 + wkb_point(1, 2))


@pytest.mark.parametrize("kind", [0, 8, 15, 17, 999, 4001, 0x0FFFFFFF])
def test_other_kinds_are_refused(kind: int):
    with pytest.raises(BadGeometry):
        parse(struct.pack("<BI", 1, kind) + bytes(64))


@given(st.binary(max_size=120))
def test_arbitrary_geopackage_blobs_are_refused_or_read(data: bytes):
    for blob in (data, b"GP" + data):
        with suppress(BadGeometry):
            geometry_of(blob)


@pytest.mark.parametrize(("code", "size"), [(0, 0), (1, 32), (2, 48), (3, 48), (4, 64)])
def test_the_envelope_of_a_geopackage_geometry_is_passed_over(code: int, size: int):
    head = struct.pack("<2sBBi", b"GP", 0, code << 1 | 1, 2100)
    assert geometry_of(head + bytes(size) + wkb_point(3, 4)).points.tolist() == [[3.0, 4.0]]


def test_an_empty_or_missing_geopackage_geometry_is_empty():
    assert geometry_of(None).is_empty()
    assert geometry_of(b"GP\0\x11" + bytes(4) + wkb_point(1, 2)).is_empty()
    assert not geometry_of(gpkg_geometry(wkb_point(1, 2))).is_empty()
