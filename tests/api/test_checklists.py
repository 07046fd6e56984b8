"""Checklists of incidents, as two people work through one together."""

import asyncio
from typing import Any

from appliance.domain.checklists import LONGEST_ITEM, MOST_ITEMS
from tests.api.appliance import Client, Weir
from tests.api.matrix import World, add_person, furnish, outer_town
from tests.api.test_bulk import table
from tests.api.test_incidents import leak


async def a_checklist(weir: Weir, *texts: str) -> tuple[Client, str, list[dict[str, Any]]]:
    """A technician with an incident, the path of its checklist, and what is on it."""
    phone = await weir.person(weir.here, "technician")
    made = (await phone.post("incidents", leak(weir))).body
    path = f"incidents/{made['id']}/checklist"
    items = [(await phone.post(path, {"text": text})).body for text in texts]
    return phone, path, items


async def test_what_was_done_says_who_did_it_and_is_in_the_story(weir: Weir):
    phone, path, (valve, school) = await a_checklist(weir, "Shut valve 7", " Tell  the school\n")
    assert (school["text"], school["number"], school["done"]) == ("Tell the school", 2, False)
    done = await phone("PATCH", f"{path}/{valve['id']}", {"done": True})
    assert (done.body["done"], done.body["done_by"]) == (True, phone.user["id"])
    assert done.body["done_at"] is not None
    again = await weir.here.admin("PATCH", f"{path}/{valve['id']}", {"done": True})
    assert again.body == done.body, "whoever did it first did it"
    assert (await phone.get(path)).body == [done.body, school]
    undone = await weir.here.admin("PATCH", f"{path}/{valve['id']}", {"done": False})
    assert (undone.body["done_at"], undone.body["done_by"]) == (None, None)
    worded = await phone("PATCH", f"{path}/{valve['id']}", {"text": "Shut valve 8", "done": True})
    assert (worded.body["text"], worded.body["version"]) == ("Shut valve 8", 4)
    assert (await phone("DELETE", f"{path}/{school['id']}")).status == 204
    assert (await phone.get(f"{path}/{school['id']}")).status == 404
    story = (await phone.get(path.replace("checklist", "timeline"))).body
    admin, mine = weir.here.admin.user["id"], phone.user["id"]
    assert [(step["kind"], step["note"], step["by"]) for step in story][1:] == [
        ("item_added", "Shut valve 7", mine),
        ("item_added", "Tell the school", mine),
        ("item_done", "Shut valve 7", mine),
        ("item_undone", "Shut valve 7", admin),
        ("item_changed", "Shut valve 8", mine),
        ("item_done", "Shut valve 8", mine),
        ("item_removed", "Tell the school", mine),
    ]


async def test_two_people_who_do_two_items_at_once_are_both_heard(weir: Weir):
    phone, path, items = await a_checklist(weir, *"abcdef")
    other = await weir.person(weir.here, "operator")
    before = (await phone.get(path.removesuffix("/checklist"))).headers["ETag"]
    async with asyncio.TaskGroup() as people:
        for turn, item in enumerate(items):
            who = (phone, other)[turn % 2]
            people.create_task(who("PATCH", f"{path}/{item['id']}", {"done": True}))
    doers = [item["done_by"] for item in (await phone.get(path)).body]
    assert doers == [phone.user["id"], other.user["id"]] * 3
    after = (await phone.get(path.removesuffix("/checklist"))).headers["ETag"]
    assert before == after, "who changes the incident itself meanwhile is not refused for it"


async def test_an_item_is_changed_only_as_it_was_seen_where_that_is_asked(weir: Weir):
    phone, path, (item,) = await a_checklist(weir, "Shut valve 7")
    one = f"{path}/{item['id']}"
    seen = {"headers": {"If-Match": (await phone.get(one)).headers["ETag"]}}
    assert (await weir.here.admin("PATCH", one, {"text": "Shut valve 8"}, **seen)).status == 200
    assert (await phone("PATCH", one, {"done": True}, **seen)).status == 412
    assert (await phone("DELETE", one, **seen)).status == 412
    assert (await phone.get(one)).body["done"] is False


async def test_the_order_is_changed_for_everybody_and_nothing_else_with_it(weir: Weir):
    phone, path, (a, b, c) = await a_checklist(weir, *"abc")
    other = await weir.person(weir.here, "operator")
    story = path.replace("checklist", "timeline")
    told = (await phone.get(story)).body
    newest = lambda t: t.events.newest(1)  # noqa: E731
    operations: Any = weir.core.operations
    (before,) = await operations.read(weir.here.id, newest)
    seen = {"headers": {"If-Match": (await other.get(f"{path}/{c['id']}")).headers["ETag"]}}
    moved = await phone("PATCH", f"{path}/{c['id']}", {"place": 1}, **seen)
    assert moved.body == {**c, "number": 1}
    assert (await other("PATCH", f"{path}/{c['id']}", {"place": 2}, **seen)).status == 412
    there = (await other.get(path)).body
    assert [(one["text"], one["number"], one["version"]) for one in there] == [
        ("c", 1, 1),
        ("a", 2, 1),
        ("b", 3, 1),
    ]
    (after,) = await operations.read(weir.here.id, newest)
    assert (after.cursor.event, after.type) == (before.cursor.event + 1, "incident")
    again = await phone("PATCH", f"{path}/{c['id']}", {"place": 1})
    assert again.body == moved.body
    assert await operations.read(weir.here.id, newest) == [after], "what changes nothing"
    assert (await phone.get(story)).body == told, "the order is no part of what happened"
    for place in (0, MOST_ITEMS + 1, 1.5, "1"):
        assert (await phone("PATCH", f"{path}/{a['id']}", {"place": place})).status == 422, place
    last = {"place": MOST_ITEMS, "text": "a, last", "done": True}
    changed = (await phone("PATCH", f"{path}/{a['id']}", last)).body
    assert (changed["number"], changed["text"], changed["done"]) == (3, "a, last", True)
    assert (await phone.get(path)).body[1:] == [{**b, "number": 2}, changed]


async def test_an_item_that_is_sent_twice_is_one(weir: Weir):
    phone, path, _ = await a_checklist(weir)
    key = {"headers": {"Idempotency-Key": "phone-1/17"}}
    sent = [(await phone.post(path, {"text": "Shut valve 7"}, **key)).body for _ in "12"]
    assert sent[0] == sent[1]
    assert len((await phone.get(path)).body) == 1


async def test_what_was_done_without_a_connection_has_the_time_when_it_was_done(weir: Weir):
    phone, path, items = await a_checklist(weir, "a", "b", "c")
    reported = (await phone.get(path.removesuffix("/checklist"))).body["created_at"]
    for item, said in zip(items, ("2001-01-01T00:00:00Z", "2999-01-01T00:00:00Z"), strict=False):
        body = {"done": True, "done_at": said}
        done = await phone("PATCH", f"{path}/{item['id']}", body)
        assert reported <= done.body["done_at"] < "2999", "a clock that is wrong"
    body = {"done": True, "done_at": reported}
    assert (await phone("PATCH", f"{path}/{items[2]['id']}", body)).body["done_at"] == reported


async def test_a_checklist_is_as_long_as_it_may_be(weir: Weir):
    phone, path, _ = await a_checklist(weir)
    for text in ("", "  ", "x" * (LONGEST_ITEM + 1)):
        assert (await phone.post(path, {"text": text})).status == 422, text
    for number in range(MOST_ITEMS):
        assert (await phone.post(path, {"text": f"{number}"})).status == 201
    refused = await phone.post(path, {"text": "one more"})
    assert (refused.status, "remove one first" in refused.body["detail"]) == (429, True), refused


async def test_another_municipality_and_who_may_only_look_change_nothing(weir: Weir):
    phone, path, (item,) = await a_checklist(weir, "Shut valve 7")
    one = f"{path}/{item['id']}"
    viewer = await weir.person(weir.here, "viewer")
    assert (await viewer.get(path)).body == [item]
    for who, status in ((viewer, 403), (weir.there.admin, 404)):
        assert (await who.post(path, {"text": "x"})).status == status
        assert (await who("PATCH", one, {"done": True})).status == status
        assert (await who("PATCH", one, {"place": 1})).status == status
        assert (await who("DELETE", one)).status == status
    for hidden in (path, one):
        assert (await weir.there.admin.get(hidden)).status == 404
    theirs = (
        await weir.there.admin.post("incidents", leak(weir, municipality_id=weir.there.id))
    ).body
    crossed = f"incidents/{theirs['id']}/checklist/{item['id']}"
    assert (await weir.there.admin.get(crossed)).status == 404
    other = (await phone.post("incidents", leak(weir, title="Another"))).body
    assert (await phone.get(f"incidents/{other['id']}/checklist/{item['id']}")).status == 404
    assert (await phone.get(path)).body == [item]


async def test_who_is_limited_to_a_zone_works_through_the_checklists_of_it_alone(weir: Weir):
    inner = await furnish(weir, weir.here, "Inner Yard", 13.4)
    outer = await furnish(weir, await outer_town(weir), "Outer Meadow", 20.0)
    limited = await add_person(
        World(weir, None, 0),  # type: ignore[arg-type]
        "limited",
        role="technician",
        zone_ids=[inner["zone"]],
    )
    mine, hidden = (f"incidents/{things['incident']}/checklist" for things in (inner, outer))
    assert (await limited("PATCH", f"{mine}/{inner['item']}", {"done": True})).body["done"]
    assert (await limited.post(mine, {"text": "and this"})).status == 201
    first = await limited("PATCH", f"{mine}/{inner['item']}", {"place": 2})
    assert (first.body["number"], len((await limited.get(mine)).body)) == (2, 2)
    assert (await limited("DELETE", f"{mine}/{inner['item']}")).status == 204
    for method, path, body in (
        ("GET", hidden, None),
        ("POST", hidden, {"text": "x"}),
        ("GET", f"{hidden}/{outer['item']}", None),
        ("PATCH", f"{hidden}/{outer['item']}", {"done": True}),
        ("PATCH", f"{hidden}/{outer['item']}", {"place": 1}),
        ("DELETE", f"{hidden}/{outer['item']}", None),
    ):
        assert (await limited(method, path, body)).status == 404, (method, path)
    assert len((await weir.here.admin.get(hidden)).body) == 1


async def test_a_tick_is_told_live_and_the_export_has_the_checklist(weir: Weir):
    phone, path, (item, _) = await a_checklist(weir, "Shut valve 7", "Tell the school")
    town = weir.here.id
    newest = lambda t: t.events.newest(1)  # noqa: E731
    operations: Any = weir.core.operations
    before = (await operations.read(town, newest))[0].cursor.event
    await phone("PATCH", f"{path}/{item['id']}", {"done": True})
    (event,) = await operations.read(town, newest)
    assert (event.cursor.event, event.type) == (before + 1, "incident")
    (_, row) = await table(weir, weir.here.admin, "incidents")
    assert row[-1] == "[x] Shut valve 7\n[ ] Tell the school"
    assert len(await table(weir, weir.there.admin, "incidents")) == 1
