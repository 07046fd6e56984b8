"""How long vector tiles of a town take: over HTTP, from the request to the last byte.

The town is made here: streets of pipes with four points each on some 20 km², junctions between,
hydrants, sensors, zones. `anew`: each tile was never made before; `kept`: it was; `known`: the asker
has it (304). `edited`: a tile right after an edit, when a network must be read again to be seen from afar.
"""

import argparse
import asyncio
import json
import random
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from http import HTTPStatus
from pathlib import Path
from typing import Final, NamedTuple

import numpy as np

from appliance.domain.ids import DeviceId, MunicipalityId, SensorId
from appliance.domain.network import Link, LinkKind, NetworkModel, Node, NodeKind
from appliance.domain.sensors import Position, Sensor
from appliance.ports.tables import Tables
from appliance.services.map.places import world
from tests.api.appliance import Weir, running

ZOOMS: Final = range(11, 18)
WEST: Final = 2.10
SOUTH: Final = 41.36
VALVES: Final = 0.03
"""Of links."""
STEP: Final = 6e-4
"""Degrees between crossings: some 50 m."""

Place = tuple[int, int, int]


class Took(NamedTuple):
    """One answer: milliseconds, those of a processor (of server and asker together), bytes."""

    ms: float
    cpu: float
    size: int
    etag: str


def main() -> None:
    """Measure, and print a table or JSON."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pipes", type=int, default=50_000, help="(50,000)")
    parser.add_argument("--sensors", type=int, default=10_000, help="(10,000)")
    parser.add_argument("--tiles", type=int, default=60, help="most tiles of one zoom (60)")
    parser.add_argument("--json", action="store_true", help="print figures as JSON")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        figures = asyncio.run(measure(Path(scratch), asked.pipes, asked.sensors, asked.tiles))
    if asked.json:
        print(json.dumps(figures))
    else:
        for name, figure in figures.items():
            print(f"{name:24} {figure}")


async def measure(folder: Path, pipes: int, sensors: int, tiles: int) -> dict[str, str]:
    """Give medians and 95th percentiles in milliseconds, by zoom and over all tiles."""
    async with running(folder) as weir:
        await furnish(weir, pipes, sensors)
        side = int((pipes / 2) ** 0.5)
        shown = {z: chosen(z, side, tiles) for z in ZOOMS}
        first = await timed(weir, shown[11][:1])
        figures = {"first look from afar": words(first)}
        rounds: dict[str, list[Took]] = {"anew": [], "kept": [], "known": []}
        for z, squares in shown.items():
            anew = await timed(weir, squares)
            kept = await timed(weir, squares)
            known = await timed(weir, squares, [one.etag for one in kept])
            for name, took in zip(rounds, (anew, kept, known), strict=True):
                rounds[name] += took
            largest = max(one.size for one in anew) / 1000
            figures[f"z{z}, {len(squares)} tiles"] = f"{words(anew)}; largest {largest:.0f} kB"
        figures |= {f"all, {name}": words(took) for name, took in rounds.items()}
        for z in (11, 16):
            changed = [await edited(weir, shown[z][0]) for _ in range(9)]
            figures[f"edited, z{z}"] = words(changed)
        return figures


async def furnish(weir: Weir, pipes: int, sensors: int) -> None:
    """Put a town there."""
    town = MunicipalityId(weir.here.id)
    ids = weir.core.ids

    def change(tables: Tables) -> None:
        tables.network.merge(network(pipes), ids.new_id)
        sample = tables.sensors.get(SensorId(weir.here.sensor["id"]))
        if sample is None:
            raise SystemExit("the town has no sensor")
        tables.sensors.add(several(sample, sensors, int((pipes / 2) ** 0.5), ids.new_id))

    await weir.core.world.operations.write(town, change)
    for number in range(4):
        west = WEST + number * 0.02
        ring = [
            [west, SOUTH],
            [west + 0.02, SOUTH],
            [west + 0.02, SOUTH + 0.08],
            [west, SOUTH + 0.08],
        ]
        area = {"type": "Polygon", "coordinates": [[*ring, ring[0]]]}
        answer = await weir.here.admin.post("zones", {"name": f"Zone {number}", "geometry": area})
        if answer.status != HTTPStatus.CREATED:
            raise SystemExit(str(answer))


def network(pipes: int) -> NetworkModel:
    """Give streets, each pipe from one crossing to the next."""
    rough = random.Random(5)  # noqa: S311
    side = int((pipes / 2) ** 0.5)
    nodes = tuple(
        Node(
            code=f"N{x}-{y}",
            kind=NodeKind.HYDRANT if (x + y) % 5 == 0 else NodeKind.JUNCTION,
            position=Position(WEST + x * STEP, SOUTH + y * STEP),
        )
        for x in range(side)
        for y in range(side)
    )
    return NetworkModel(nodes=nodes, links=tuple(links(side, rough)))


def links(side: int, rough: random.Random) -> Iterator[Link]:
    """Give the pipes: every tenth street has a main, some valves stand between."""
    for x in range(side):
        for y in range(side):
            for east, north in ((1, 0), (0, 1)):
                main = (y if east else x) % 10 == 0
                kind = LinkKind.VALVE if rough.random() < VALVES else LinkKind.PIPE
                bend = [rough.uniform(-1e-5, 1e-5) for _ in range(4)]
                path = tuple(
                    Position(
                        WEST + (x + east * part / 3) * STEP + bend[part],
                        SOUTH + (y + north * part / 3) * STEP + bend[-1 - part],
                    )
                    for part in range(4)
                )
                yield Link(
                    code=f"P{x}-{y}-{east}",
                    kind=kind,
                    path=path,
                    name=f"Street {y if east else x}",
                    diameter_m=0.4 if main else rough.choice((0.08, 0.1, 0.125, 0.15, 0.2)),
                    material=rough.choice(("PE 100", "ductile iron", "steel", "AC")),
                )


def several(
    sample: Sensor, count: int, side: int, new_id: Callable[[], int]
) -> list[tuple[Sensor, bytes]]:
    """Give sensors like one, all over the town."""
    rough = random.Random(6)  # noqa: S311
    return [
        (
            replace(
                sample,
                id=SensorId(new_id()),
                device_id=DeviceId(f"D-{n}"),
                name=f"Sensor {n}",
                position=Position(
                    WEST + rough.random() * side * STEP, SOUTH + rough.random() * side * STEP
                ),
            ),
            b"%032d" % n,
        )
        for n in range(count)
    ]


def chosen(z: int, side: int, most: int) -> list[Place]:
    """Give tiles of the town, in an order of no meaning."""
    far = side * STEP
    corners = world(np.array([WEST, WEST + far]), np.array([SOUTH + far, SOUTH])) * 2**z
    (x0, y0), (x1, y1) = corners.astype(int).tolist()
    every = [(z, x, y) for x in range(x0, x1 + 1) for y in range(y0, y1 + 1)]
    random.Random(7).shuffle(every)  # noqa: S311
    return every[:most]


async def timed(weir: Weir, squares: list[Place], etags: list[str] | None = None) -> list[Took]:
    """Ask for tiles one after the other."""
    took = []
    for number, (z, x, y) in enumerate(squares):
        headers = {"Authorization": f"Bearer {weir.here.admin.token}"}
        if etags is not None:
            headers["If-None-Match"] = etags[number]
        began, busy = time.perf_counter(), time.process_time()
        response = await weir.http.get(f"/api/v1/map/tiles/{z}/{x}/{y}.mvt", headers=headers)
        ms, cpu = time.perf_counter() - began, time.process_time() - busy
        if response.status_code != (HTTPStatus.OK if etags is None else HTTPStatus.NOT_MODIFIED):
            raise SystemExit(f"{response.status_code}: {response.text}")
        size = int(response.headers.get("Content-Length", 0))
        took.append(Took(ms * 1000, cpu * 1000, size, response.headers["ETag"]))
    return took


async def edited(weir: Weir, square: Place) -> Took:
    """Change something, and give how long a tile takes then."""
    place = {"type": "Point", "coordinates": [WEST, SOUTH]}
    added = await weir.here.admin.post("network/assets", {"kind": "hydrant", "geometry": place})
    if added.status != HTTPStatus.CREATED:
        raise SystemExit(str(added))
    return (await timed(weir, [square]))[0]


def words(took: list[Took]) -> str:
    """Write medians and 95th percentiles of time, and of processor time."""
    wall, cpu = [one.ms for one in took], [one.cpu for one in took]
    return (
        f"median {statistics.median(wall):.1f} p95 {p95(wall):.1f} ms"
        f" (processor {statistics.median(cpu):.1f}, {p95(cpu):.1f})"
    )


def p95(numbers: list[float]) -> float:
    """Give the number that one in twenty is beyond."""
    return sorted(numbers)[min(len(numbers) - 1, int(len(numbers) * 0.95))]


if __name__ == "__main__":
    main()
