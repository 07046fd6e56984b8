"""Lines and areas as tiles draw them: read back by a reader of the tests' own."""

import struct
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from appliance.domain.errors import Invalid
from appliance.domain.sensors import Position
from appliance.services.map.areas import area_drawn
from appliance.services.map.lines import Lines, drawn, lines_of, points_drawn
from appliance.services.map.mvt import EXTENT, Layer, Shape, idents_of, tile
from appliance.services.map.places import BUFFER, Square, world
from appliance.services.map.search import words_of
from appliance.services.map.varints import varint, varints, zigzag
from storage.operations.zones import area_wkb
from tests.gis.mvt_reader import read_geometry, read_tile

WORLD = Square(0, 0, 0)
units = st.integers(-EXTENT, 2 * EXTENT)
points = st.tuples(units, units)


def lines(paths: list[list[tuple[int, int]]]) -> Lines:
    """Lines given in the units of the only tile of zoom 0."""
    flat = np.array([p for path in paths for p in path], np.float64).reshape(-1, 2) / EXTENT
    first = np.cumsum([0, *map(len, paths)])
    return Lines(flat, first)


def is_within(path: list[tuple[int, int]]) -> bool:
    return all(-BUFFER <= c <= EXTENT + BUFFER for point in path for c in point)


def simple(path: list[tuple[int, int]]) -> list[tuple[int, int]]:
    """A path without points that change nothing."""
    kept: list[tuple[int, int]] = []
    for point in path:
        if kept and point == kept[-1]:
            continue
        if len(kept) > 1:
            (ax, ay), (bx, by) = kept[-2:]
            one, other = (bx - ax, by - ay), (point[0] - bx, point[1] - by)
            cross = one[0] * other[1] - one[1] * other[0]
            if cross == 0 and one[0] * other[0] + one[1] * other[1] > 0:
                kept.pop()
        kept.append(point)
    return kept


inner = st.tuples(st.integers(0, EXTENT), st.integers(0, EXTENT))


@given(st.lists(st.lists(inner, min_size=2, max_size=6), min_size=1, max_size=6))
def test_lines_within_a_tile_come_back_as_they_were(paths: list[list[tuple[int, int]]]):
    found = drawn(lines(paths), np.arange(len(paths)), WORLD)
    wanted = {n: s for n, path in enumerate(paths) if len(s := simple(path)) > 1}
    assert {n: read_geometry(content, 2) for n, content in found.items()} == {
        n: [path] for n, path in wanted.items()
    }


@given(st.lists(st.lists(points, min_size=2, max_size=6), min_size=1, max_size=6))
def test_what_is_cut_off_lies_within_the_buffer_and_on_its_line(paths):
    found = drawn(lines(paths), np.arange(len(paths)), WORLD)
    for n, content in found.items():
        for part in read_geometry(content, 2):
            assert is_within(part)
            assert all(distance(paths[n], corner) < 1 for corner in part)
    for n, path in enumerate(paths):
        touching = [p for p in path if is_within([p])]
        assert not touching or n in found or len(set(path)) == 1 or is_at_edge(touching)


def is_at_edge(path: list[tuple[int, int]]) -> bool:
    return all({-BUFFER, EXTENT + BUFFER} & set(p) for p in path)


def distance(path: list[tuple[int, int]], point: tuple[int, int]) -> float:
    place = np.array(point, float)
    found = np.inf
    for one, other in zip(np.array(path, float), np.array(path[1:], float), strict=False):
        way = other - one
        length = float(way @ way)
        along = 0.0 if length == 0 else min(max(float((place - one) @ way) / length, 0), 1)
        found = min(found, float(np.hypot(*(one + along * way - place))))
    return found


@given(
    st.lists(st.lists(points, min_size=2, max_size=5), min_size=1, max_size=8), st.integers(1, 3)
)
def test_lines_of_one_owner_are_one_feature_and_lie_on_the_grid(paths, owners: int):
    owner = np.sort(np.arange(len(paths)) % owners)
    for content in drawn(lines(paths), owner, WORLD, quantum=16).values():
        for part in read_geometry(content, 2):
            assert all(c % 16 == 0 for point in part for c in point)


@given(st.lists(st.integers(0, 2**32 - 1)))
def test_many_numbers_are_written_as_one_by_one(numbers: list[int]):
    written, offsets = varints(np.array(numbers, np.int64))
    assert written == b"".join(map(varint, numbers))
    assert offsets[-1] == len(written)


@given(st.lists(points, max_size=9))
def test_points_come_back(places: list[tuple[int, int]]):
    found = points_drawn(np.array(places, np.int64).reshape(-1, 2))
    assert [read_geometry(content, 1) for content in found] == [[[p]] for p in places]


def test_zigzag_keeps_small_numbers_small():
    assert zigzag(np.array([0, -1, 1, -2])).tolist() == [0, 1, 2, 3]


def test_an_outline_turns_right_and_its_hole_left_however_they_were_drawn():
    outline = [(0, 0), (40, 0), (40, 40), (0, 40), (0, 0)]
    hole = [(10, 10), (20, 10), (20, 20), (10, 20), (10, 10)]
    for turned in ((1, 1), (-1, 1), (1, -1), (-1, -1)):
        rings = [ring[::way] for ring, way in zip((outline, hole), turned, strict=True)]
        area = (tuple(tuple(Position(*p) for p in ring) for ring in rings),)
        found = read_geometry(area_drawn(area_wkb(area), Square(2, 2, 1)), 3)
        assert [twice_area(ring) > 0 for ring in found] == [True, False]


def test_an_area_too_small_to_be_seen_is_not_drawn():
    tiny = ((tuple(Position(x, y) for x, y in ((0, 0), (1e-5, 0), (1e-5, 1e-5), (0, 0))),),)
    assert area_drawn(area_wkb(tiny), WORLD) == b""


def twice_area(ring: list[tuple[int, int]]) -> int:
    return sum(a[0] * b[1] - b[0] * a[1] for a, b in pairwise(ring))


def test_values_are_written_in_the_order_in_which_they_came_whatever_their_hashes_are():
    layer, names = Layer("sensors", Shape.POINT), [f"Sensor {n * 7 % 50}" for n in range(50)]
    tags = layer.column("name", [names[0], *names])
    layer.add(idents_of(range(51)), tags, points_drawn(np.zeros((51, 2), np.int64)))
    written = tile([layer])
    places = [written.index(name.encode() + b"\x22") for name in names[:-1]]
    assert places == sorted(places)


def test_properties_keep_their_types_and_none_is_left_out():
    layer = Layer("pipes", Shape.LINE)
    said = {"name": "Straße", "diameter_m": 0.2, "installed": 1960, "open": True, "none": None}
    geometry = drawn(lines([[(0, 0), (9, 9)]]), np.array([0]), WORLD)[0]
    tags = [layer.tags(said), layer.tags({"name": "x"})]
    layer.add(idents_of([2**47 + 1, 1]), tags, [geometry, b""])
    (feature,) = read_tile(tile([layer, Layer("empty", Shape.POINT)]))["pipes"]
    assert (feature.id, feature.kind) == (2**47 + 1, 2)
    assert feature.properties == {k: v for k, v in said.items() if v is not None}


def test_linestrings_are_read_and_lie_where_the_world_has_them():
    paths = [
        struct.pack(f"<BII{2 * len(path)}d", 1, 2, len(path), *(n for p in path for n in p))
        for path in (
            [(0.0, 0.0), (180.0, 0.0)],
            [(-180.0, 85.0511287798066), (0.0, 0.0), (9.0, 9.0)],
        )
    ]
    found = lines_of(paths)
    assert len(found) == 2
    assert np.allclose(found.points[:3], [[0.5, 0.5], [1, 0.5], [0, 0]])
    assert np.allclose(found.only(np.array([1])).points, found.points[2:])


@given(st.integers(0, 22), st.floats(-180, 179.9), st.floats(-85, 85))
def test_a_place_lies_in_the_box_of_its_tile(z: int, longitude: float, latitude: float):
    x, y = np.floor(world(np.array([longitude]), np.array([latitude]))[0] * 2**z).astype(int)
    box = Square(z, int(x), int(y)).box
    assert box.west <= longitude <= box.east
    assert box.south <= latitude <= box.north


@pytest.mark.parametrize(("z", "x", "y"), [(23, 0, 0), (3, 8, 0), (3, 0, 8), (-1, 0, 0)])
def test_a_tile_beyond_the_world_is_refused(z: int, x: int, y: int):
    with pytest.raises(Invalid):
        Square(z, x, y)


def test_words_without_letters_are_none():
    assert words_of('  PS-1 "x" -- * ') == ["PS-1", "x"]
