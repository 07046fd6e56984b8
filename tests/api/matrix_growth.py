"""What one municipality can find out about another by asking twice, while the other grows."""

import itertools

from tests.api.matrix import HERE, PLACES, World
from tests.api.strays import SECRET
from web.routes import Open
from web.table import ROUTES

_numbers = itertools.count(1)
_POST = "/deliveries"
"""It goes out, or is tried again, whatever anybody does."""
Said = dict[str, str]


async def growth_deviations(world: World) -> list[str]:
    """Say which answers HERE are other ones whenever something was added THERE only.

    What changes by itself (ages, loads) is known by asking twice without a change between, and does
    not change just then two times running.
    """
    moved = await _moved(world)
    if moved:
        moved = {path: said for path, said in (await _moved(world)).items() if path in moved}
    return list(moved.values())


async def _moved(world: World) -> Said:
    once, before = await _answers(world), await _answers(world)
    await _grow(world)
    after = await _answers(world)
    return {
        path: f"{path} said {said[:200]}, and now {after[path][:200]}"
        for path, said in before.items()
        if once[path] == said != after[path]
    }


async def _answers(world: World) -> Said:
    """Ask all that can be asked about what there is HERE."""
    known = {**PLACES, **world.things[HERE]}
    said = {}
    for route in ROUTES:
        if route.method != "GET" or isinstance(route.access, Open) or _POST in route.path:
            continue
        if route.names.keys() <= known.keys():
            answer = await world.weir.here.admin.get(route.path.format(**known))
            total = answer.headers.get("X-Total-Count", "")
            said[route.path] = f"{answer.status} {total} {answer.body}"
    return said


async def _grow(world: World) -> None:
    """Add one more of everything THERE, at the same place as what there is HERE."""
    weir, there, number = world.weir, world.weir.there, next(_numbers)
    name, place = f"{SECRET} {number}", {"type": "Point", "coordinates": [13.4, 52.5]}
    line = {"type": "LineString", "coordinates": [[13.4, 52.5], [13.41, 52.51]]}
    ring = [[12.4, 51], [14.4, 51], [14.4, 53], [12.4, 53], [12.4, 51]]
    sensor = {"device_id": f"G-{number}", "name": name, "sensor_type": "flow", "location": place}
    for path, body in (
        ("sensors", sensor),
        ("incidents", {"title": name, "description": "more"}),
        ("pipelines", {"name": name, "geometry": line}),
        ("network/assets", {"kind": "hydrant", "code": name, "geometry": place}),
        ("maintenance", {"work": name, "sensor_id": there.sensor["id"]}),
        ("zones", {"name": name, "geometry": {"type": "Polygon", "coordinates": [ring]}}),
    ):
        answer = await there.admin.post(path, body)
        assert answer.status == 201, (path, answer)
    await weir.raise_alert(there)
    await weir.report(there, {"value": "none"})  # which is rejected
