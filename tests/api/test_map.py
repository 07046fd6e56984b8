"""The map over HTTP: tiles, search, edits and their undoing, and that nothing of others is in them."""

import contextlib
import gzip
import json
import math
import sqlite3
import struct
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from appliance.domain.ids import MunicipalityId
from appliance.domain.network import NetworkModel, Node, NodeKind
from appliance.domain.sensors import Position
from appliance.ports.tables import Tables
from appliance.services.map.layers import CLOSE_UP, close_up
from appliance.services.map.mvt import Layer
from appliance.services.map.mvt import tile as mvt_tile
from appliance.services.map.overview import Overview, overview_of
from appliance.services.map.places import Square
from tests.api.appliance import PASSWORD, Client, Town, Weir, running
from tests.gis.mvt_reader import Feature, read_tile

pytestmark = pytest.mark.asyncio(loop_scope="module")
HEAD = {"Accept-Encoding": "gzip"}
FAR, NEAR = "4/8/5", "15/17603/10749"
"""Tiles with everything of both towns: from afar, and close up."""


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def weir(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Weir]:
    """Two towns at the same place, each with a main, a hydrant and a zone."""
    async with running(tmp_path_factory.mktemp("map")) as appliance:
        await furnish(appliance.here, "Mühlgasse")
        await furnish(appliance.there, "Secret Lane")
        yield appliance


async def furnish(town: Town, name: str) -> None:
    line = {"type": "LineString", "coordinates": [[13.4, 52.5], [13.402, 52.501]]}
    main = {"kind": "pipe", "code": f"P {name}", "name": name, "geometry": line}
    main |= {"material": "steel", "installed_on": "1962-04-01"}
    await made(town.admin, "network/assets", main)
    await made(town.admin, "network/assets", hydrant(f"H {name}"))
    await made(town.admin, "zones", {"name": f"Zone {name}", "geometry": square(13.0, 1.0)})


def hydrant(code: str, east: float = 13.401) -> dict[str, Any]:
    place = {"type": "Point", "coordinates": [east, 52.5002]}
    return {"kind": "hydrant", "code": code, "geometry": place}


def square(west: float, size: float) -> dict[str, Any]:
    corners = [(0, 0), (size, 0), (size, size), (0, size), (0, 0)]
    return {"type": "Polygon", "coordinates": [[[west + x, 52.0 + y] for x, y in corners]]}


async def made(client: Client, path: str, body: Any) -> dict[str, Any]:
    answer = await client.post(path, body)
    assert answer.status == 201, answer
    return dict(answer.body)


async def tile(client: Client, place: str, **query: Any) -> dict[str, list[Feature]]:
    head = {"Authorization": f"Bearer {client.token}"}
    answer = await client.http.get(f"/api/v1/map/tiles/{place}.mvt", headers=head, params=query)
    assert answer.status_code == 200, answer.text
    assert answer.headers["Content-Type"] == "application/vnd.mapbox-vector-tile"
    return read_tile(answer.content)


def names(layers: dict[str, list[Feature]]) -> set[str]:
    said = {"name", "code", "device_id"}
    return {
        str(value)
        for features in layers.values()
        for one in features
        for key, value in one.properties.items()
        if key in said
    }


async def test_a_tile_has_what_is_there_and_nothing_of_the_other_town(weir: Weir):
    close = await tile(weir.here.admin, NEAR)
    assert set(close) == {"zones", "pipes", "assets", "sensors"}, "the zone's name is elsewhere"
    (pipe,) = close["pipes"]
    assert pipe.properties == {
        "kind": "pipe",
        "status": "open",
        "material": "steel",
        "installed": 1962,
        "code": "P Mühlgasse",
        "name": "Mühlgasse",
    }
    assert close["sensors"][0].id == weir.here.sensor["id"]
    assert names(close) == {"P Mühlgasse", "Mühlgasse", "H Mühlgasse", "Zone Mühlgasse"} | {
        "PS-001",
        "Mill Lane",
    }
    far = await tile(weir.here.admin, FAR)
    assert names(far) == {"Zone Mühlgasse"}, "from afar a sensor stands for those around it, too"
    assert far["sensors"][0].properties["sensors"] == 1
    assert not any("Secret" in name for name in names(close) | names(far))
    theirs = await tile(weir.chief, NEAR, municipality_id=weir.there.id)
    assert {"Secret Lane", "Secret Spring", "Zone Secret Lane"} <= names(theirs)
    assert await tile(weir.here.admin, "15/0/0") == {}


async def test_the_name_of_a_zone_is_in_one_tile_of_each_zoom_inside_the_zone(weir: Weir):
    admin = weir.here.admin
    # Like a horseshoe: the middle of its box is outside of it.
    ring = [
        [60, 10],
        [61, 10],
        [61, 11],
        [60.8, 11],
        [60.8, 10.2],
        [60.2, 10.2],
        [60.2, 11],
        [60, 11],
    ]
    shape = {"type": "Polygon", "coordinates": [[*ring, ring[0]]]}
    zone = await made(admin, "zones", {"name": "Horseshoe", "geometry": shape})
    theirs = {**shape, "coordinates": [[[x + 5, y] for x, y in [*ring, ring[0]]]]}
    await made(weir.there.admin, "zones", {"name": "Secret Horseshoe", "geometry": theirs})
    for zoom in (3, 8, 11):
        found = []
        for x, y in tiles_over(zoom, 60, 10, 61, 11):
            layers = await tile(admin, f"{zoom}/{x}/{y}")
            assert any(one.id == zone["id"] for one in layers.get("zones", [])) or zoom > 8
            found += [(x, y, one) for one in layers.get("zone_names", []) if one.id == zone["id"]]
        ((x, y, one),) = found
        assert one.properties == {"name": "Horseshoe", "kind": zone["kind"]}
        ((at,),) = one.paths
        east, north = degrees(zoom, x + at[0] / 4096, y + at[1] / 4096)
        within = 10 <= north <= 10.2 or not 60.2 < east < 60.8
        assert 60 <= east <= 61, zoom
        assert 10 <= north <= 11, zoom
        assert within or zoom == 3
        for place in {(x, y) for x, y, _ in found}:
            others = await tile(weir.there.admin, f"{zoom}/{place[0]}/{place[1]}")
            assert "Horseshoe" not in names(others)
    assert (await admin("DELETE", f"zones/{zone['id']}")).status == 204


def tiles_over(zoom: int, west: float, south: float, east: float, north: float) -> list[Any]:
    """The tiles that touch a box."""
    x0, y0 = corner(zoom, west, north)
    x1, y1 = corner(zoom, east, south)
    return [(x, y) for x in range(int(x0), int(x1) + 1) for y in range(int(y0), int(y1) + 1)]


def corner(zoom: int, east: float, north: float) -> tuple[float, float]:
    """Web Mercator in tiles."""
    slope = math.log(math.tan(math.pi / 4 + math.radians(north) / 2))
    return 2**zoom * (east + 180) / 360, 2**zoom * (1 - slope / math.pi) / 2


def degrees(zoom: int, x: float, y: float) -> tuple[float, float]:
    slope = math.pi * (1 - 2 * y / 2**zoom)
    return x / 2**zoom * 360 - 180, math.degrees(math.atan(math.sinh(slope)))


async def test_who_is_limited_to_a_zone_gets_tiles_of_its_own(weir: Weir):
    admin = weir.here.admin
    zone = await made(admin, "zones", {"name": "Elsewhere", "geometry": square(30.0, 0.1)})
    person = {"username": "zoned", "password": PASSWORD, "role": "technician"}
    await made(admin, "users", {**person, "zone_ids": [zone["id"]]})
    limited = await weir.sign_in("zoned")
    for place in (NEAR, FAR):
        assert names(await tile(admin, place))
        assert await tile(limited, place) == {}
    assert (await limited.get("map")).body["layers"][1]["count"] == 0
    assert (await limited.get("search?q=muhl")).body == []
    assert (await admin.get("map")).body["layers"][1]["count"] >= 1
    tags = {(await head_of(who, NEAR)) for who in (admin, limited)}
    assert len(tags) == 2
    assert (await admin("DELETE", f"zones/{zone['id']}")).status in {204, 409}


async def head_of(client: Client, place: str, **more: str) -> tuple[int, str]:
    head = {"Authorization": f"Bearer {client.token}", **more}
    answer = await client.http.get(f"/api/v1/map/tiles/{place}.mvt", headers=head)
    return answer.status_code, answer.headers.get("ETag", "")


async def test_a_tile_is_known_until_something_changes(weir: Weir):
    admin = weir.here.admin
    before = (await admin.get("map")).body
    _, tag = await head_of(admin, NEAR)
    assert (await head_of(admin, NEAR, **{"If-None-Match": tag}))[0] == 304
    await weir.report(weir.here, {"value": 3.0, "unit": "bar"})
    await made(weir.there.admin, "network/assets", hydrant("H-there"))
    assert (await head_of(admin, NEAR, **{"If-None-Match": tag}))[0] == 304
    added = await made(admin, "network/assets", hydrant("H-new"))
    status, changed = await head_of(admin, NEAR, **{"If-None-Match": tag})
    assert (status, changed != tag) == (200, True)
    assert (await admin.get("map")).body["edition"] != before["edition"]
    assert "H-new" in names(await tile(admin, NEAR))
    assert (await admin("DELETE", f"network/assets/{added['id']}")).status == 204
    assert "H-new" not in names(await tile(admin, NEAR))


async def test_after_changes_tiles_are_as_if_all_had_been_read_again(weir: Weir):
    admin = weir.here.admin
    await must_be_as_if_read_again(weir)
    line = {"type": "LineString", "coordinates": [[13.4005, 52.5], [13.4015, 52.5008]]}
    wide = {"kind": "valve", "code": "V-wide", "geometry": line, "diameter_m": 1.2}
    tank = {"kind": "tank", "code": "T-1", "geometry": hydrant("T-1", 13.4007)["geometry"]}
    valve = await made(admin, "network/assets", wide)
    await must_be_as_if_read_again(weir)
    added = [await made(admin, "network/assets", one) for one in (tank, hydrant("H-1"))]
    await must_be_as_if_read_again(weir)
    where = f"sensors/{weir.here.sensor['id']}"
    was = (await admin.get(where)).body
    for place in ([13.4003, 52.5], was["location"]["coordinates"]):
        moved = {"location": {"type": "Point", "coordinates": place}}
        assert (await admin("PATCH", where, moved)).status == 200
        await must_be_as_if_read_again(weir)
    await made(weir.there.admin, "network/assets", hydrant("H-theirs"))
    await must_be_as_if_read_again(weir)
    many = [
        Node(code=f"M-{n}", kind=NodeKind.METER, position=Position(13.4, 52.5)) for n in range(2000)
    ]
    network = NetworkModel(nodes=tuple(many), links=())
    town, ids = MunicipalityId(weir.here.id), weir.core.ids
    await weir.core.world.operations.write(town, lambda t: t.network.merge(network, ids.new_id))
    await must_be_as_if_read_again(weir)
    for one in (valve, *added):
        assert (await admin("DELETE", f"network/assets/{one['id']}")).status == 204
    await must_be_as_if_read_again(weir)


async def must_be_as_if_read_again(weir: Weir) -> None:
    """Compare what is served with what a network that was just read gives."""

    def read(tables: Tables) -> Overview:
        return overview_of(tables.map)

    town = MunicipalityId(weir.here.id)
    overview = await weir.core.world.operations.read(town, read)
    for place in (FAR, NEAR):
        square_of = Square(*map(int, place.split("/")))

        def drawn(tables: Tables, square: Square = square_of) -> list[Layer]:
            if square.z < CLOSE_UP:
                return overview.from_afar(tables.map, square)
            return close_up(tables.map, square, overview.seen_in(square))

        fresh = read_tile(mvt_tile(await weir.core.world.operations.read(town, drawn)))
        served = await tile(weir.here.admin, place)
        assert {k: sorted(map(str, v)) for k, v in served.items()} == {
            k: sorted(map(str, v)) for k, v in fresh.items()
        }


@pytest.mark.parametrize(
    ("place", "status"), [("3/8/0", 422), ("23/0/0", 422), ("x/0/0", 404), ("3/-1/0", 404)]
)
async def test_a_tile_that_can_not_be_is_refused_with_words(weir: Weir, place: str, status: int):
    answer = await weir.here.admin.get(f"map/tiles/{place}.mvt")
    assert answer.status == status
    assert answer.body["detail"]


async def test_a_tile_is_squeezed_only_for_who_takes_that(weir: Weir):
    for said, encoding in (("gzip, br", "gzip"), ("identity", None), ("gzip;q=0", None)):
        head = {"Authorization": f"Bearer {weir.here.admin.token}", "Accept-Encoding": said}
        answer = await weir.http.get(f"/api/v1/map/tiles/{NEAR}.mvt", headers=head)
        assert answer.headers.get("Content-Encoding") == encoding
        assert read_tile(answer.content)["pipes"]


async def test_words_are_found_without_case_and_accents_and_only_in_the_own_town(weir: Weir):
    found = (await weir.here.admin.get("search?q=MUHL")).body
    assert {(one["kind"], one["name"]) for one in found} >= {
        ("pipe", "Mühlgasse"),
        ("asset", "H Mühlgasse"),
        ("zone", "Zone Mühlgasse"),
    }
    (sensor,) = (await weir.here.admin.get("search?q=ps-00 mill")).body
    assert sensor["location"]["coordinates"] == [13.4, 52.5]
    assert (await weir.here.admin.get("search?q=secret")).body == []
    assert (await weir.here.admin.get('search?q="*-')).body == []
    assert (await weir.here.admin.get("search?q=muhl&kind=zone")).body[0]["kind"] == "zone"
    assert (await weir.here.admin.get("search?q=x&kind=person")).status == 422
    everywhere = (await weir.chief.get("search?q=spring")).body
    assert [one["municipality_id"] for one in everywhere] == [weir.there.id]


async def test_what_is_renamed_or_removed_is_found_so(weir: Weir):
    admin = weir.here.admin
    asset = await made(admin, "network/assets", hydrant("Abbey"))
    await admin("PATCH", f"network/assets/{asset['id']}", {"code": "Bishop"})
    assert (await admin.get("search?q=abbey")).body == []
    assert len((await admin.get("search?q=bishop")).body) == 1
    await admin("DELETE", f"network/assets/{asset['id']}")
    assert (await admin.get("search?q=bishop")).body == []


async def newest(client: Client) -> dict[str, Any]:
    return dict((await client.get("map/edits?limit=1")).body[0])


async def test_a_removal_is_undone_and_done_again(weir: Weir):
    admin = weir.here.admin
    asset = await made(admin, "network/assets", hydrant("H-9") | {"attributes": {"box": 7}})
    path = f"network/assets/{asset['id']}"
    assert (await admin("DELETE", path)).status == 204
    edit = await newest(admin)
    assert (edit["what"], edit["assets"][0]["done"]) == ("removed", "removed")
    undone = await made(admin, f"map/edits/{edit['id']}/undo", None)
    assert undone["undoes"] == edit["id"]
    assert (await admin.get(path)).body == asset
    assert (await admin.post(f"map/edits/{edit['id']}/undo")).status == 409
    await made(admin, f"map/edits/{undone['id']}/undo", None)
    assert (await admin.get(path)).status == 404
    assert (await weir.there.admin.get(f"map/edits/{edit['id']}")).status == 404
    assert (await weir.there.admin.post(f"map/edits/{undone['id']}/undo")).status == 404


async def test_a_moved_node_goes_back_with_its_pipes(weir: Weir):
    admin = weir.here.admin
    for code, east in (("J1", 13.5), ("J2", 13.51)):
        await made(admin, "network/assets", hydrant(code, east) | {"kind": "junction"})
    ends = {"kind": "pipe", "code": "J1-J2", "start_node": "J1", "end_node": "J2"}
    pipe = await made(admin, "network/assets", ends)
    node = (await admin.get("network/assets?q=J2&kind=junction")).body[0]
    place = {"type": "Point", "coordinates": [13.52, 52.6]}
    await admin("PATCH", f"network/assets/{node['id']}", {"geometry": place})
    moved = await newest(admin)
    assert {one["code"] for one in moved["assets"]} == {"J2", "J1-J2"}
    await made(admin, f"map/edits/{moved['id']}/undo", None)
    for one in (node, pipe):
        assert (await admin.get(f"network/assets/{one['id']}")).body == one


async def test_nothing_newer_is_overwritten(weir: Weir):
    admin = weir.here.admin
    asset = await made(admin, "network/assets", hydrant("H-10"))
    added, path = await newest(admin), f"network/assets/{asset['id']}"
    await admin("PATCH", path, {"name": "first"})
    first = await newest(admin)
    await admin("PATCH", path, {"name": "second"})
    for edit in (added, first):
        refused = await admin.post(f"map/edits/{edit['id']}/undo")
        assert (refused.status, "H-10" in refused.body["detail"]) == (409, True)
    assert (await admin.get(path)).body["name"] == "second"
    second = await newest(admin)
    head = {"If-Match": '"never"'}
    assert (await admin.post(f"map/edits/{second['id']}/undo", headers=head)).status == 412
    shown = await admin.get(f"map/edits/{second['id']}")
    head = {"If-Match": shown.headers["ETag"]}
    assert (await admin.post(f"map/edits/{second['id']}/undo", headers=head)).status == 201
    assert (await admin.get(path)).body["name"] == "first"


async def test_what_is_done_to_a_zone_is_taken_back_with_what_was_said_of_it(weir: Weir):
    admin, sensor = weir.here.admin, weir.here.sensor["id"]
    zone = await made(admin, "zones", {"name": "Hill", "geometry": square(40.0, 0.1)})
    path = f"zones/{zone['id']}"
    said = {"kind": "sensor", "id": sensor, "inside": True}
    assert (await admin.post(f"{path}/overrides", said)).status == 200
    inside = (await admin.get(f"{path}/contents")).body
    assert inside["sensor_ids"] == [sensor]
    wider = {"name": "Hills", "geometry": square(40.0, 0.2)}
    shown = await admin.get(path)
    assert (await admin("PATCH", path, wider, headers={"If-Match": '"never"'})).status == 412
    kept = {"If-Match": shown.headers["ETag"]}
    assert (await admin("PATCH", path, wider, headers=kept)).status == 200
    widened = await newest(admin)
    assert [one["kind"] for one in widened["assets"]] == ["zone"]
    assert (await admin("DELETE", path)).status == 204
    removed = await newest(admin)
    refused = await admin.post(f"map/edits/{widened['id']}/undo")
    assert (refused.status, "Hill" in refused.body["detail"]) == (409, True)
    for client in (weir.there.admin, await weir.person(weir.here, "viewer")):
        theirs = await client.post(f"map/edits/{removed['id']}/undo")
        assert theirs.status in {403, 404}
    for edit in (removed, widened):
        await made(admin, f"map/edits/{edit['id']}/undo", None)
    again = (await admin.get(path)).body
    assert again | {"updated_at": zone["updated_at"]} == zone
    assert (await admin.get(f"{path}/contents")).body == inside
    assert (await weir.there.admin.get(path)).status == 404


async def test_a_zone_does_not_go_by_an_undo_while_somebody_is_limited_to_it(weir: Weir):
    admin = weir.here.admin
    zone = await made(admin, "zones", {"name": "Dale", "geometry": square(50.0, 0.1)})
    added = await newest(admin)
    person = {"username": "daler", "password": PASSWORD, "role": "technician"}
    limited = await made(admin, "users", {**person, "zone_ids": [zone["id"]]})
    refused = await admin.post(f"map/edits/{added['id']}/undo")
    assert (refused.status, "limited" in refused.body["detail"]) == (409, True)
    assert (await admin("PATCH", f"users/{limited['id']}", {"zone_ids": None})).status == 200
    await made(admin, f"map/edits/{added['id']}/undo", None)
    assert (await admin.get(f"zones/{zone['id']}")).status == 404
    assert "Dale" not in {one["name"] for one in (await admin.get("zones")).body}


async def test_the_story_of_an_asset_has_what_happened_to_it_and_near_it(weir: Weir):
    admin = weir.here.admin
    asset = await made(admin, "network/assets", hydrant("H-11", 13.45))
    await made(admin, "maintenance", {"work": "Greased", "asset_id": asset["id"]})
    for name, east in (("Wet road", 13.4501), ("Far away", 13.46)):
        place = {"type": "Point", "coordinates": [east, 52.5002]}
        await made(admin, "incidents", {"title": name, "description": "", "location": place})
    told = (await admin.get(f"network/assets/{asset['id']}/history")).body
    assert {(one["kind"], one["what"]) for one in told} == {
        ("edit", "added"),
        ("maintenance", "Greased"),
        ("incident", "Wet road"),
    }
    assert next(one["metres"] for one in told if one["kind"] == "incident") == pytest.approx(
        6.8, 0.1
    )
    refused = await weir.there.admin.get(f"network/assets/{asset['id']}/history")
    assert refused.status == 404


def a_pmtiles(size: int = 4_000) -> bytes:
    """A file with a true header; what browsers read of it besides is none of the server's business."""
    said = gzip.compress(json.dumps({"attribution": "<a href='x'>Some Survey</a>"}).encode())
    parts = (127, 9, 136, len(said), 136 + len(said), 0, 200 + len(said), 10)
    head = b"PMTiles\x03" + struct.pack("<8Q3Q", *parts, 1, 1, 1) + bytes((1, 2, 2, 1, 0, 14))
    head += struct.pack("<4iB2i", 130_000_000, 520_000_000, 140_000_000, 530_000_000, 7, 0, 0)
    body = head + bytes(9) + said
    return body + bytes(n % 251 for n in range(size - len(body)))


def an_mbtiles(folder: Path, picture: bytes = b"\x89PNG...", **said: str) -> bytes:
    path = folder / "some.mbtiles"
    path.unlink(missing_ok=True)
    with contextlib.closing(sqlite3.connect(path)) as made_here:
        made_here.execute("CREATE TABLE metadata (name TEXT, value TEXT)")
        made_here.execute("CREATE TABLE images (id TEXT, tile_data BLOB)")
        made_here.execute("CREATE TABLE map (z INT, x INT, y INT, id TEXT)")
        made_here.execute(
            "CREATE VIEW tiles AS SELECT z AS zoom_level, x AS tile_column, y AS tile_row, tile_data"
            " FROM map JOIN images ON images.id = map.id"
        )
        rows = {"name": "Old town", "format": "png", "bounds": "13,52,14,53"} | said
        made_here.executemany("INSERT INTO metadata VALUES (?, ?)", rows.items())
        made_here.execute("INSERT INTO images VALUES ('a', ?)", (picture,))
        made_here.execute("INSERT INTO map VALUES (3, 4, 5, 'a')")
        made_here.commit()
    return path.read_bytes()


async def upload(client: Client, content: bytes, path: str = "map/base") -> Any:
    head = {"Authorization": f"Bearer {client.token}", "Content-Type": "application/octet-stream"}
    url = f"/api/v1/{path}"
    return await client.http.put(url, params={"name": "x"}, content=content, headers=head)


async def part(client: Client, said: str, **more: str) -> Any:
    head = {"Authorization": f"Bearer {client.token}", **more} | ({"Range": said} if said else {})
    return await client.http.get("/api/v1/map/base/file.pmtiles", headers=head)


async def test_a_pmtiles_file_is_read_by_parts_and_is_the_towns_own(weir: Weir):
    admin, content = weir.here.admin, a_pmtiles()
    nothing = await admin.get("map/base")
    assert (nothing.status, nothing.body) == (200, None)
    assert (await upload(admin, content)).status_code == 200
    known = (await admin.get("map/base")).body
    assert (known["format"], known["attribution"]) == ("pmtiles", "Some Survey")
    assert (known["bounds"], known["max_zoom"]) == ([13.0, 52.0, 14.0, 53.0], 14)
    whole = await part(admin, "")
    assert (whole.status_code, whole.content) == (200, content)
    tag = whole.headers["ETag"]
    for said, found in (
        ("bytes=0-126", content[:127]),
        ("bytes=3990-", content[3990:]),
        ("bytes=-5", content[-5:]),
        ("bytes=3998-9999", content[3998:]),
    ):
        answer = await part(admin, said)
        assert (answer.status_code, answer.content) == (206, found)
        begin = len(content) - len(found) if not said.startswith("bytes=0") else 0
        wanted = f"bytes {begin}-{begin + len(found) - 1}/{len(content)}"
        assert (answer.headers["Content-Range"], answer.headers["ETag"]) == (wanted, tag)
    assert (await part(admin, "bytes=4000-")).status_code == 416
    assert (await part(admin, "bytes=0-9", **{"If-Range": '"another"'})).status_code == 200
    assert (await part(admin, "bytes=0-9", **{"If-Range": tag})).status_code == 206
    assert (await part(admin, "", **{"If-None-Match": tag})).status_code == 304
    assert (await part(weir.there.admin, "bytes=0-9")).status_code == 404
    assert (await admin.get("map/base/3/4/2")).status == 409
    viewer = await weir.person(weir.here, "viewer")
    assert (await part(viewer, "bytes=0-9")).status_code == 206
    assert (await upload(viewer, content)).status_code == 403


async def test_an_mbtiles_file_gives_tiles_and_replaces_the_one_before(weir: Weir, tmp_path: Path):
    admin = weir.here.admin
    assert (await upload(admin, an_mbtiles(tmp_path))).status_code == 200
    head = {"Authorization": f"Bearer {admin.token}"}
    found = await weir.http.get("/api/v1/map/base/3/4/2", headers=head)
    assert (found.status_code, found.content) == (200, b"\x89PNG...")
    assert found.headers["Content-Type"] == "image/png"
    nothing = await weir.http.get("/api/v1/map/base/3/0/0", headers=head)
    assert (nothing.status_code, nothing.content) == (200, b"")
    assert (await part(admin, "bytes=0-9")).status_code == 409
    files = list((weir.core.world.base_maps).all())
    assert len([one for one in files if one.municipality == weir.here.id]) == 1
    assert (await admin("DELETE", "map/base")).status == 204
    assert (await admin.get("map/base")).body is None
    assert [
        one for one in weir.core.world.base_maps.all() if one.municipality == weir.here.id
    ] == []


async def test_a_common_base_map_is_below_everybody_without_one(weir: Weir, tmp_path: Path):
    common = an_mbtiles(tmp_path, name="Country")
    assert (await upload(weir.here.admin, common, "admin/map/base")).status_code == 403
    assert (await upload(weir.chief, common, "admin/map/base")).status_code == 200
    assert (await upload(weir.there.admin, a_pmtiles())).status_code == 200
    here, there = [(await t.admin.get("map/base")).body for t in (weir.here, weir.there)]
    assert (here["name"], here["common"], there["common"]) == ("Country", True, False)
    assert (await weir.chief.get("admin/map/base")).body == here
    assert (await weir.there.admin.get("admin/map/base")).status == 403
    for client, path in ((weir.chief, "admin/map/base"), (weir.there.admin, "map/base")):
        assert (await client("DELETE", path)).status == 204
    assert (await weir.chief.get("admin/map/base")).body is None
    assert (await weir.here.admin.get("map/base")).body is None


async def test_what_is_no_base_map_is_refused_with_words(weir: Weir, tmp_path: Path):
    cut = a_pmtiles()[:140]
    old = b"PMTiles\x02" + bytes(200)
    strange = an_mbtiles(tmp_path, format="exe")
    nowhere = an_mbtiles(tmp_path, bounds="9,9,1,1")
    for content in (b"hello", cut, old, strange, nowhere, b"SQLite format 3\x00" + bytes(300)):
        answer = await upload(weir.here.admin, content)
        assert answer.status_code == 422, content[:20]
        assert answer.json()["detail"][0]["msg"]
    assert (await weir.here.admin.get("map/base")).body is None
