"""The pipe network."""

import pytest

from appliance.domain.errors import Conflict, Invalid, NotFound
from appliance.domain.ids import AssetId
from appliance.domain.network import LinkKind, NetworkModel, NodeKind
from appliance.domain.sensors import Position
from appliance.ports.pages import Page
from storage.operations.database import SqliteOperations
from tests.builders import HERE, THERE
from tests.contract.operations.things import ALL, OTHERS, PIPE, a_link, a_node, a_pipeline
from tests.fakes import CountingIds

METRE_NORTH = 1 / 111_320


def at(metres_north: float, latitude: float = 52.5) -> tuple[Position, Position]:
    """A line of 1.4 km from west to east, so far from (13.4, latitude)."""
    there = latitude + metres_north * METRE_NORTH
    return Position(13.39, there), Position(13.41, there)


async def test_a_pipeline_comes_back_to_the_last_bit_of_its_coordinates(
    operations: SqliteOperations,
):
    path = (Position(0.1 + 0.2, -1 / 3), Position(179.999999999999, 89.9), Position(-180.0, 0.0))
    pipeline = a_pipeline(link=a_link(path=path))
    await operations.write(HERE, lambda t: t.network.add_pipeline(pipeline))
    assert await operations.read(HERE, lambda t: t.network.pipeline(PIPE)) == pipeline
    assert await operations.read(HERE, lambda t: t.network.pipelines(ALL)) == ([pipeline], 1)


async def test_a_code_is_taken_once_in_a_municipality(operations: SqliteOperations):
    await operations.write(HERE, lambda t: t.network.add_pipeline(a_pipeline()))
    with pytest.raises(Conflict, match="P1"):
        await operations.write(HERE, lambda t: t.network.add_pipeline(a_pipeline(id=AssetId(1))))
    assert (await operations.read(HERE, lambda t: t.network.pipelines(ALL)))[1] == 1


async def test_another_municipality_s_pipeline_is_not_there(operations: SqliteOperations):
    theirs = AssetId(PIPE + OTHERS)
    assert await operations.read(HERE, lambda t: t.network.pipeline(theirs)) is None
    assert await operations.read(HERE, lambda t: t.network.nearest_pipeline(13.4, 52.5)) is None
    with pytest.raises(Conflict):
        await operations.write(HERE, lambda t: t.network.add_pipeline(a_pipeline(id=theirs)))
    with pytest.raises(NotFound):
        await operations.write(
            HERE, lambda t: t.network.add_pipeline(a_pipeline(municipality=THERE))
        )


@pytest.mark.parametrize(
    "path", [(), (Position(1, 2),), (Position(1, 2), Position(float("nan"), 2))]
)
async def test_what_is_no_line_is_refused(operations: SqliteOperations, path: tuple):
    bad = a_pipeline(link=a_link(path=path))
    with pytest.raises(Invalid):
        await operations.write(HERE, lambda t: t.network.add_pipeline(bad))
    assert await operations.read(HERE, lambda t: t.network.pipelines(ALL)) == ([], 0)


async def test_merging_adds_the_new_and_replaces_the_same_code_under_its_id(
    operations: SqliteOperations,
):
    ids = CountingIds().new_id
    first = NetworkModel(nodes=(a_node(), a_node(code="J2")), links=(a_link(), a_link(code="P2")))
    assert await operations.write(HERE, lambda t: t.network.merge(first, ids)) == (4, 0)
    pipelines, _ = await operations.read(HERE, lambda t: t.network.pipelines(ALL))

    moved = a_link(path=at(9_000), kind=LinkKind.VALVE, diameter_m=None, material=None)
    tank = a_node(kind=NodeKind.TANK, position=Position(1.0, 2.0))
    second = NetworkModel(nodes=(tank,), links=(moved, a_link(code="P3")))
    assert await operations.write(HERE, lambda t: t.network.merge(second, ids)) == (1, 2)
    after, count = await operations.read(HERE, lambda t: t.network.pipelines(ALL))
    assert count == 3
    assert [pipeline.link.code for pipeline in after] == ["P1", "P2", "P3"]
    assert after[0] == a_pipeline(id=pipelines[0].id, link=moved)
    assert after[1] == pipelines[1]
    nodes, count = await operations.read(HERE, lambda t: t.network.nodes(Page(limit=1)))
    assert ([node.node for node in nodes], count) == ([tank], 2)


async def test_a_code_that_comes_twice_in_one_model_is_one_pipe_the_last_of_them(
    operations: SqliteOperations,
):
    model = NetworkModel(links=(a_link(name="first"), a_link(name="last")))
    merged = await operations.write(HERE, lambda t: t.network.merge(model, CountingIds().new_id))
    assert merged == (1, 1)
    pipelines, _ = await operations.read(HERE, lambda t: t.network.pipelines(ALL))
    assert [pipeline.link.name for pipeline in pipelines] == ["last"]


async def test_a_model_with_a_bad_line_leaves_nothing_behind(operations: SqliteOperations):
    model = NetworkModel(nodes=(a_node(),), links=(a_link(), a_link(code="P2", path=())))
    with pytest.raises(Invalid):
        await operations.write(HERE, lambda t: t.network.merge(model, CountingIds().new_id))
    assert await operations.read(HERE, lambda t: t.network.nodes(ALL)) == ([], 0)


@pytest.mark.parametrize("latitude", [0.0, 52.5, -69.0])
@pytest.mark.parametrize(
    ("lines", "nearest"),
    [
        ((10, -12), 0),
        ((49, -300), 0),
        ((-480, 520), 0),
        ((60, -55), 1),
        ((510, -520), None),
    ],
)
async def test_the_nearest_pipeline_within_500_m_is_found(
    operations: SqliteOperations, lines: tuple[float, ...], nearest: int | None, latitude: float
):
    model = NetworkModel(
        links=tuple(a_link(code=f"P{n}", path=at(m, latitude)) for n, m in enumerate(lines))
    )
    await operations.write(HERE, lambda t: t.network.merge(model, CountingIds().new_id))
    found = await operations.read(HERE, lambda t: t.network.nearest_pipeline(13.4, latitude))
    assert (None if found is None else found.link.code) == (
        None if nearest is None else f"P{nearest}"
    )


async def test_a_line_whose_box_is_near_but_which_is_not_is_not_taken(
    operations: SqliteOperations,
):
    around = (Position(13.3, 52.4), Position(13.3, 52.6), Position(13.5, 52.6))
    near = at(400)
    model = NetworkModel(links=(a_link(code="around", path=around), a_link(code="near", path=near)))
    await operations.write(HERE, lambda t: t.network.merge(model, CountingIds().new_id))
    found = await operations.read(HERE, lambda t: t.network.nearest_pipeline(13.4, 52.5))
    assert found is not None
    assert found.link.code == "near"


async def test_a_pipe_that_was_moved_is_found_only_where_it_is_now(operations: SqliteOperations):
    ids = CountingIds().new_id
    for path in (at(0), at(0, latitude=10.0)):
        model = NetworkModel(links=(a_link(path=path),))
        await operations.write(HERE, lambda t, model=model: t.network.merge(model, ids))
    assert await operations.read(HERE, lambda t: t.network.nearest_pipeline(13.4, 52.5)) is None
    assert await operations.read(HERE, lambda t: t.network.nearest_pipeline(13.4, 10.0))
