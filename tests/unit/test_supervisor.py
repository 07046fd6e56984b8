"""The supervisor: starts in order, stops in reverse, whenever it is told to and whatever fails."""

import asyncio

import pytest

from appliance.domain.errors import StartRefused
from appliance.supervisor import Part, Supervisor


class Noted:
    """Parts that note what is done to them."""

    def __init__(self) -> None:
        self.done: list[str] = []

    def part(self, name: str) -> Part:
        async def start() -> None:
            self.done.append(f"start {name}")

        async def stop() -> None:
            self.done.append(f"stop {name}")

        return Part(name, start=start, stop=stop)

    def ready(self) -> None:
        self.done.append("ready")


async def test_parts_start_in_order_and_stop_in_reverse() -> None:
    noted, until, ready = Noted(), asyncio.Event(), asyncio.Event()

    async def runs() -> None:
        await asyncio.Event().wait()

    parts = [noted.part("a"), Part("runs", run=runs), noted.part("b")]
    async with asyncio.timeout(5), asyncio.TaskGroup() as group:
        group.create_task(Supervisor().run(parts, ready.set, until))
        await ready.wait()
        noted.ready()
        until.set()
    assert noted.done == ["start a", "start b", "ready", "stop b", "stop a"]


async def test_who_is_told_to_stop_while_starting_stops_at_once() -> None:
    noted, until, reached = Noted(), asyncio.Event(), asyncio.Event()

    async def takes_for_ever() -> None:
        reached.set()
        await asyncio.Event().wait()

    parts = [noted.part("a"), Part("slow", start=takes_for_ever), noted.part("b")]
    async with asyncio.timeout(5), asyncio.TaskGroup() as group:
        group.create_task(Supervisor().run(parts, noted.ready, until))
        await reached.wait()
        until.set()
    assert noted.done == ["start a", "stop a"]


@pytest.mark.parametrize("where", ["start", "run"])
async def test_a_part_that_fails_stops_the_others_and_says_why(where: str) -> None:
    noted = Noted()

    async def fails() -> None:
        raise StartRefused(problem="no", remedy="none")

    failing = Part("bad", start=fails) if where == "start" else Part("bad", run=fails)
    with pytest.raises(StartRefused):
        async with asyncio.timeout(5):
            await Supervisor().run([noted.part("a"), failing], noted.ready, asyncio.Event())
    assert [step for step in noted.done if step != "ready"] == ["start a", "stop a"]
    assert where == "run" or "ready" not in noted.done


async def test_the_error_of_a_part_that_has_tasks_of_its_own_is_told_as_it_is() -> None:
    noted = Noted()

    async def fails() -> None:
        raise StartRefused(problem="no", remedy="none")

    async def runs() -> None:
        async with asyncio.TaskGroup() as group:
            group.create_task(fails())

    with pytest.raises(StartRefused):
        async with asyncio.timeout(5):
            await Supervisor().run([Part("deep", run=runs)], noted.ready, asyncio.Event())
