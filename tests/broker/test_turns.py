"""Turns on the event loop."""

import asyncio

from broker.turns import Turns
from tests.broker.doors import until


async def test_who_is_known_comes_before_who_is_new_and_both_in_order():
    turns, done = Turns(), []
    for name in ("new 1", "known 1", "new 2", "known 2"):
        turns.ask(lambda name=name: done.append(name), is_new=name.startswith("new"))
    await until(lambda: len(done) == 4)
    assert done == ["new 1", "known 1", "known 2", "new 2"]


async def test_the_loop_goes_on_between_rounds_however_much_there_is_to_do():
    turns, done, rounds = Turns(longest=0.0), 0, 0

    def work() -> None:
        nonlocal done
        done += 1

    for _ in range(50):
        turns.ask(work, is_new=True)
    while done < 50:
        rounds += 1
        await asyncio.sleep(0)
    assert rounds >= 50


async def test_a_turn_that_fails_ends_nobody_elses(caplog: object):
    turns, done = Turns(), []
    errors = []
    asyncio.get_running_loop().set_exception_handler(lambda _, context: errors.append(context))

    def broken() -> None:
        raise RuntimeError("broken")

    turns.ask(broken, is_new=False)
    turns.ask(lambda: done.append("next"), is_new=False)
    await until(lambda: done)
    assert len(errors) == 1
