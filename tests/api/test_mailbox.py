"""What a peer says waits for the application, and nobody waits for an application that is done."""

import asyncio
from typing import Any

import pytest

from web.http.connection import Mailbox

SAID: Any = {"type": "http.request", "body": b"x", "more_body": True}
GONE: Any = {"type": "http.disconnect"}


async def test_what_is_said_comes_in_its_order_and_the_end_last() -> None:
    mailbox = Mailbox(2)
    said: list[Any] = [SAID | {"body": bytes([n])} for n in range(5)]

    async def say() -> None:
        for event in [*said, GONE]:
            await mailbox.put(event)

    async with asyncio.TaskGroup() as group:
        group.create_task(say())
        assert [await mailbox.get() for _ in range(6)] == [*said, GONE]


async def test_a_peer_that_says_more_than_is_taken_waits_but_its_end_does_not() -> None:
    mailbox = Mailbox(2)
    for _ in range(2):
        await mailbox.put(SAID)
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.01):
            await mailbox.put(SAID)
    await mailbox.put(GONE)
    assert [(await mailbox.get())["type"] for _ in range(3)] == [
        "http.request",
        "http.request",
        "http.disconnect",
    ]


async def test_nobody_waits_for_an_application_that_is_done() -> None:
    mailbox = Mailbox(1)
    await mailbox.put(SAID)
    async with asyncio.timeout(5), asyncio.TaskGroup() as group:
        for _ in range(3):
            group.create_task(mailbox.put(SAID))
        await asyncio.sleep(0)
        mailbox.over()
    await mailbox.put(SAID)
    await mailbox.put(GONE)
