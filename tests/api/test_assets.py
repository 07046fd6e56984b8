"""Assets of the network: found, added, changed and removed, with a topology that stays whole."""

from typing import Any

from tests.api.appliance import Answer, Town, Weir

JUNCTION = {
    "kind": "junction",
    "code": "J1",
    "geometry": {"type": "Point", "coordinates": [13.4, 52.5]},
    "details": {"elevation_m": 34.5, "base_demand_m3_per_s": 0.002},
    "attributes": {"street": "Mühlgasse", "checked": True, "depth": 1.2},
    "installed_on": "1987-06-30",
}


def a_node(code: str, longitude: float, latitude: float, **more: Any) -> dict[str, Any]:
    place = {"type": "Point", "coordinates": [longitude, latitude]}
    return {"kind": "junction", "code": code, "geometry": place} | more


async def add(town: Town, asset: dict[str, Any]) -> dict[str, Any]:
    answer = await town.admin.post("network/assets", asset)
    assert answer.status == 201, answer
    found: dict[str, Any] = answer.body
    return found


async def a_pipe(town: Town, **more: Any) -> dict[str, dict[str, Any]]:
    """Two junctions a kilometre apart, and a pipe between them."""
    first = await add(town, a_node("J1", 13.400, 52.5))
    last = await add(town, a_node("J2", 13.410, 52.5))
    pipe = {"kind": "pipe", "code": "P1", "start_node": "J1", "end_node": "J2"} | more
    return {"J1": first, "J2": last, "P1": await add(town, pipe)}


async def codes(town: Town, query: str = "") -> list[str]:
    answer = await town.admin.get(f"network/assets{query}")
    assert answer.status == 200, answer
    return [asset["code"] for asset in answer.body]


async def test_an_asset_comes_back_with_all_that_was_said_of_it(weir: Weir):
    made = await add(weir.here, JUNCTION)
    assert made.items() >= (JUNCTION | {"status": "open", "name": None}).items()
    one = await weir.here.admin.get(f"network/assets/{made['id']}")
    assert one.body == made
    assert await codes(weir.there) == []
    for method, body in (("GET", None), ("PATCH", {"name": "mine"}), ("DELETE", None)):
        theirs = await weir.there.admin(method, f"network/assets/{made['id']}", body)
        assert theirs.status == 404, method
    assert (await weir.here.admin.get(f"network/assets/{made['id']}")).body == made


async def test_each_kind_has_its_own_details_and_no_others(weir: Weir):
    place = {"type": "Point", "coordinates": [13.4, 52.5]}
    kinds = {
        "reservoir": {"head_m": 120.0},
        "tank": {"elevation_m": 80.0, "maximum_level_m": 4.0, "diameter_m": 12.0},
        "hydrant": {"diameter_m": 0.1, "form": "pillar"},
        "meter": {"serial_number": "ABC-1"},
    }
    for kind, details in kinds.items():
        made = await add(weir.here, {"kind": kind, "geometry": place, "details": details})
        assert (made["kind"], made["details"]) == (kind, details)
    for kind, details, word in (
        ("junction", {"diameter_m": 1}, "has only"),
        ("tank", {"maximum_level_m": -1}, "a number from"),
        ("tank", {"maximum_level_m": "high"}, "a number from"),
        ("hydrant", {"form": "round"}, "one of"),
        ("dragon", {}, "is none of"),
    ):
        asset = {"kind": kind, "geometry": place, "details": details}
        refused = await weir.here.admin.post("network/assets", asset)
        assert (refused.status, word in str(refused.body)) == (422, True), refused


async def test_a_link_between_two_nodes_has_its_ends_on_them(weir: Weir):
    pipe = (await a_pipe(weir.here, details={"length_m": 700.0, "diameter_m": 0.15}))["P1"]
    assert pipe["geometry"]["coordinates"] == [[13.4, 52.5], [13.41, 52.5]]
    listed = (await weir.here.admin.get("pipelines")).body
    assert [(p["code"], p["diameter"], p["length"]) for p in listed] == [("P1", 150.0, 700.0)]

    def line(*ends: list[float]) -> dict[str, Any]:
        geometry = {"type": "LineString", "coordinates": [*ends]}
        return {"kind": "pipe", "geometry": geometry, "start_node": "J1", "end_node": "J2"}

    near = await add(weir.here, line([13.40001, 52.5], [13.405, 52.501], [13.41, 52.50001]))
    assert near["geometry"]["coordinates"] == [[13.4, 52.5], [13.405, 52.501], [13.41, 52.5]]
    far = await weir.here.admin.post("network/assets", line([13.5, 52.5], [13.41, 52.5]))
    assert (far.status, "from that node" in str(far.body)) == (422, True)
    none = await weir.here.admin.post(
        "network/assets", {"kind": "pipe", "start_node": "J1", "end_node": "J9"}
    )
    assert (none.status, "there is no node" in str(none.body)) == (422, True)


async def test_links_follow_a_node_that_is_moved_and_renamed(weir: Weir):
    made = await a_pipe(weir.here)
    theirs = await a_pipe(weir.there)
    moved = {"code": "J1-new", "geometry": {"type": "Point", "coordinates": [13.39, 52.51]}}
    answer = await weir.here.admin("PATCH", f"network/assets/{made['J1']['id']}", moved)
    assert answer.status == 200, answer
    pipe = (await weir.here.admin.get(f"network/assets/{made['P1']['id']}")).body
    assert (pipe["start_node"], pipe["end_node"]) == ("J1-new", "J2")
    assert pipe["geometry"]["coordinates"] == [[13.39, 52.51], [13.41, 52.5]]
    untouched = (await weir.there.admin.get(f"network/assets/{theirs['P1']['id']}")).body
    assert untouched == theirs["P1"]


async def test_what_is_referred_to_is_not_removed_and_it_says_by_what(weir: Weir):
    made = await a_pipe(weir.here)
    sensor = weir.here.sensor["id"]
    on_it = {"pipeline_id": made["P1"]["id"]}
    assert (await weir.here.admin("PATCH", f"sensors/{sensor}", on_it)).status == 200

    async def remove(code: str) -> Answer:
        return await weir.here.admin("DELETE", f"network/assets/{made[code]['id']}")

    node, pipe = await remove("J1"), await remove("P1")
    assert (node.status, "1 link refers to it: P1" in node.body["detail"]) == (409, True)
    assert (pipe.status, "1 sensor refers to it: PS-001" in pipe.body["detail"]) == (409, True)
    by_the_other_way = await weir.here.admin("DELETE", f"pipelines/{made['P1']['id']}")
    assert by_the_other_way.status == 409
    assert await codes(weir.here) == ["J1", "J2", "P1"]
    await weir.here.admin("PATCH", f"sensors/{sensor}", {"pipeline_id": None})
    assert [(await remove(code)).status for code in ("P1", "J1", "J2")] == [204, 204, 204]
    assert await codes(weir.here) == []


async def test_assets_are_found_by_kind_place_and_text(weir: Weir):
    await a_pipe(weir.here, name="ÄUSSERE Straße")
    await add(weir.here, a_node("H1", 13.5, 52.6, kind="hydrant", name="Am Bach"))
    await a_pipe(weir.there)
    assert await codes(weir.here) == ["H1", "J1", "J2", "P1"]
    assert await codes(weir.here, "?kind=hydrant,pipe") == ["H1", "P1"]
    assert await codes(weir.here, "?bbox=13.405,52.4,13.45,52.55") == ["J2", "P1"]
    assert await codes(weir.here, "?near=13.4099,52.5&within_metres=100") == ["P1", "J2"]
    assert await codes(weir.here, "?search=äussere strasse") == ["P1"]
    assert await codes(weir.here, "?search=BACH") == ["H1"]
    assert await codes(weir.here, "?search=100%25") == []
    page = await weir.here.admin.get("network/assets?limit=2&offset=1")
    assert [a["code"] for a in page.body] == ["J1", "J2"]
    assert page.headers["X-Total-Count"] == "4"
    for query in ("bbox=1,2,3", "bbox=5,0,4,1", "bbox=0,0,999,1", "near=1", "near=nan,0"):
        assert (await weir.here.admin.get(f"network/assets?{query}")).status == 422, query


async def test_a_code_is_one_assets_and_a_point_stays_a_point(weir: Weir):
    made = await a_pipe(weir.here)
    again = await weir.here.admin.post("network/assets", a_node("J1", 1, 1))
    assert again.status == 409
    taken = await weir.here.admin("PATCH", f"network/assets/{made['J2']['id']}", {"code": "J1"})
    assert taken.status == 409
    line = {"kind": "pipe", "geometry": made["P1"]["geometry"]}
    turned = await weir.here.admin("PATCH", f"network/assets/{made['J1']['id']}", line)
    assert turned.status == 409
    tank = await weir.here.admin("PATCH", f"network/assets/{made['J1']['id']}", {"kind": "tank"})
    assert (tank.status, tank.body["kind"]) == (200, "tank")


async def test_attributes_are_bounded(weir: Weir):
    place = {"type": "Point", "coordinates": [1, 1]}
    for attributes in (
        {f"a{n}": 1 for n in range(51)},
        {"a": "x" * 501},
        {"x" * 65: 1},
        {"a\x00": 1},
        {"a": [1]},
    ):
        asset = {"kind": "junction", "geometry": place, "attributes": attributes}
        assert (await weir.here.admin.post("network/assets", asset)).status == 422
    assert await codes(weir.here) == []


async def test_a_pipeline_is_changed_in_the_words_of_its_own_list(weir: Weir):
    made = await a_pipe(weir.here, details={"roughness": 120.0})
    path = f"pipelines/{made['P1']['id']}"
    changed = await weir.here.admin("PATCH", path, {"diameter": 200, "name": "Main"})
    assert (changed.status, changed.body["diameter"], changed.body["name"]) == (200, 200, "Main")
    asset = (await weir.here.admin.get(f"network/assets/{made['P1']['id']}")).body
    assert asset["details"] == {"diameter_m": 0.2, "roughness": 120.0}
    node = await weir.here.admin("PATCH", f"pipelines/{made['J1']['id']}", {"name": "x"})
    assert node.status == 404
    assert (await weir.there.admin("PATCH", path, {"name": "x"})).status == 404
    assert (await weir.there.admin("DELETE", path)).status == 404
    assert (await weir.here.admin("DELETE", path)).status == 204
    assert (await weir.here.admin.get(path)).status == 404


async def test_only_who_edits_the_network_changes_assets(weir: Weir):
    viewer = await weir.person(weir.here, "viewer")
    technician = await weir.person(weir.here, "technician")
    made = await add(weir.here, JUNCTION)
    for person in (viewer, technician):
        assert (await person.get("network/assets")).status == 200
        path = f"network/assets/{made['id']}"
        assert (await person.post("network/assets", JUNCTION | {"code": "X"})).status == 403
        assert (await person("PATCH", path, {"name": "x"})).status == 403
        assert (await person("DELETE", path)).status == 403
    assert await codes(weir.here) == ["J1"]
