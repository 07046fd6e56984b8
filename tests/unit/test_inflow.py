"""What peers of HTTP send: by turns, and of who has nothing to say, little."""

import asyncio

import pytest
from hypercorn.config import Config

from web.http.connection import Conversation
from web.http.inflow import FLOODS_FOR, LITTLE, LITTLE_PER_S, SIP, Inflow, Quota, Turnstile


def test_little_may_be_said_at_once_and_then_so_much_a_second():
    quota = Quota(0.0)
    assert quota.pause(LITTLE, 0.0) == 0.0
    assert quota.pause(LITTLE_PER_S, 0.0) == pytest.approx(1.0)
    assert quota.pause(LITTLE_PER_S / 2, 2.0) == 0.0


def test_who_never_stops_is_cut_off():
    quota, now, pauses = Quota(0.0), 0.0, 0.0
    quota.pause(LITTLE, now)
    while (pause := quota.pause(0.001, now)) is not None:
        now += pause
        pauses += pause
    assert FLOODS_FOR - 5 < pauses <= FLOODS_FOR


async def test_in_each_round_of_the_loop_one_of_those_who_are_behind_has_its_turn():
    turnstile = Turnstile()
    flood = [Inflow(SIP, turnstile) for _ in range(5)]
    for each in flood:
        each.feed_data(b"x" * 3 * SIP)
    taken: list[int] = []

    async def take(number: int) -> None:
        for _ in range(3):
            assert len(await flood[number].read(65_536)) == SIP
            taken.append(number)

    modest = Inflow(SIP, turnstile)
    async with asyncio.TaskGroup() as group:
        for number in range(5):
            group.create_task(take(number))
        asyncio.get_running_loop().call_soon(modest.feed_data, b"GET")
        assert await modest.read(65_536) == b"GET"
        assert len(taken) <= 2, "who waits for an answer stands in no line"
    assert taken == [*range(5)] * 3


async def test_of_requests_that_arrive_together_one_begins_in_each_round_of_the_loop():
    loop, beginning = asyncio.get_running_loop(), Turnstile()
    rounds, began, answered = 0, [], []

    async def application(*_: object) -> None:
        began.append(rounds)

    async def send(event: object) -> None:
        answered.append(event)

    for _ in range(2):  # several at each of two connections
        group = Conversation(loop, beginning)
        await group.__aenter__()
        for _ in range(4):
            await group.spawn_app(application, Config(), {}, send)  # type: ignore[arg-type]
    while len(answered) < 8:
        rounds += 1
        assert rounds < 100
        await asyncio.sleep(0)
    assert len(set(began)) == 8, "two began in the same round"
