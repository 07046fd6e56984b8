"""What one municipality can find out about another by names, counts and numbers of its own."""

import itertools
from typing import Any

from tests.api.appliance import Town
from tests.api.matrix import HERE, THERE, World
from web.table import ROUTES

_numbers = itertools.count(1)
MOST = 1_000
LINE = {"type": "LineString", "coordinates": [[13.4, 52.5], [13.41, 52.51]]}


async def number_deviations(world: World) -> list[str]:
    """Say what tells one municipality how much there is of the other, or what it is called."""
    wrong = [*await _codes(world), *await _events(world), *await _totals(world)]
    wrong += [*await _room_for_files(world), *await _alerts_of_incident(world)]
    wrong += await _edits(world)
    for town in (world.weir.here, world.weir.there):
        lines = await town.admin.get("audit?limit=1")
        newest, total = lines.body[0]["number"], int(lines.headers["X-Total-Count"])
        if newest != total:
            wrong.append(f"an audit log of {newest} lines has {total}")
    return wrong


async def _codes(world: World) -> list[str]:
    """A code that is taken there is free here."""
    here, there = world.weir.here.admin, world.weir.there.admin
    pipe: dict[str, Any] = {"code": f"K-{next(_numbers)}", "geometry": LINE}
    seen = [(await admin.post("pipelines", pipe)).status for admin in (there, here, here)]
    return [] if seen == [201, 201, 409] else [f"a code of another's: {seen}"]


async def _totals(world: World) -> list[str]:
    """A list has as many rows as it says."""
    wrong = []
    admin, things = world.weir.here.admin, world.things[HERE]
    for route in ROUTES:
        if (
            route.method == "GET"
            and route.listing is not None
            and route.names.keys() <= things.keys()
        ):
            answer = await admin.get(f"{route.path.format(**things)}?limit={MOST}")
            if answer.status != 200 or len(answer.body) >= MOST:
                continue  # some are the super admin's, and of some there is more than a page
            if int(answer.headers["X-Total-Count"]) != len(answer.body):
                said = answer.headers["X-Total-Count"]
                wrong.append(f"{route.path} says {said}, and gives {len(answer.body)}")
    return wrong


async def _room_for_files(world: World) -> list[str]:
    """Files of THERE take no room from HERE."""
    path = f"incidents/{world.things[HERE]['incident']}/attachments"
    admin = world.weir.here.admin
    text = b"%PDF-1.7\n% " + str(next(_numbers)).encode() + b"\n%%EOF\n"
    answer = await admin.post(path, files={"file": ("plan.pdf", text, "application/pdf")})
    if answer.status >= 300:
        return [f"no room for a file: {answer.status} {answer.body}"]
    await admin("DELETE", f"{path}/{answer.body['id']}")
    return []


async def _alerts_of_incident(world: World) -> list[str]:
    """An incident has the alerts that belong to it HERE."""
    things = world.things[HERE]
    answer = await world.weir.here.admin.get(f"incidents/{things['incident']}/alerts")
    found = [alert["id"] for alert in answer.body]
    return [] if found == [things["alert"]] else [f"the incident has the alerts {found}"]


async def _events(world: World) -> list[str]:
    """Each municipality's events are numbered for themselves."""
    before = {name: await _newest_event(world, town) for name, town in _towns(world).items()}
    fewer = min(before, key=lambda name: before[name])
    path = f"incidents/{world.things[fewer]['incident']}"
    await _towns(world)[fewer].admin("PATCH", path, {"notes": f"event {next(_numbers)}"})
    after = await _newest_event(world, _towns(world)[fewer])
    right = before[fewer] + 1
    return [] if after == right else [f"the event after {right - 1} has the number {after}"]


async def _edits(world: World) -> list[str]:
    """Each municipality's edits of the map are numbered for themselves."""
    before = {name: await _newest_edit(town) for name, town in _towns(world).items()}
    fewer = min(before, key=lambda name: before[name])
    town, code = _towns(world)[fewer], f"K-{next(_numbers)}"
    place = {"type": "Point", "coordinates": [13.4, 52.5]}
    await town.admin.post("network/assets", {"kind": "hydrant", "code": code, "geometry": place})
    after, right = await _newest_edit(town), before[fewer] + 1
    return [] if after == right else [f"the edit after {right - 1} has the number {after}"]


async def _newest_edit(town: Town) -> int:
    edits = await town.admin.get("map/edits?limit=1")
    return int(edits.body[0]["number"]) if edits.body else 0


def _towns(world: World) -> dict[str, Town]:
    return {HERE: world.weir.here, THERE: world.weir.there}


async def _newest_event(world: World, town: Town) -> int:
    events: list[Any] = await world.weir.core.operations.read(
        town.id,  # type: ignore[arg-type]
        lambda tables: tables.events.newest(1),
    )
    return int(events[0].cursor.event) if events else 0
