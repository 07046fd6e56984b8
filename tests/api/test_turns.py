"""Who waits for answers is never held back; who does not, is."""

import asyncio

import pytest

from tests.api.appliance import Weir
from web.http.inflow import Inflow

MANY = 24
ASK = b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n"


@pytest.fixture
def held_back(monkeypatch: pytest.MonkeyPatch) -> list[Inflow]:
    """The connections that were held back, in the order in which that happened."""
    seen: list[Inflow] = []

    async def pipeline(self: Inflow) -> None:
        seen.append(self)

    monkeypatch.setattr(Inflow, "pipeline", pipeline)
    return seen


async def test_one_request_after_the_other_on_a_kept_connection_is_not_held_back(
    weir: Weir, held_back: list[Inflow]
) -> None:
    for number in range(MANY):
        for town in (weir.here, weir.there):
            body = {"device_id": f"N-{town.id}-{number}", "name": "n", "sensor_type": "pressure"}
            assert (await town.admin.post("sensors", body)).status == 201
    assert held_back == []


async def test_requests_that_do_not_wait_for_answers_are_held_back_and_all_answered(
    weir: Weir, held_back: list[Inflow]
) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", weir.port)
    try:
        writer.write(ASK * MANY)
        answers = b""
        async with asyncio.timeout(10):
            while answers.count(b"HTTP/1.1 200") < MANY:
                answers += await reader.read(65_536)
    finally:
        writer.close()
        await writer.wait_closed()
    assert MANY // 2 <= len(held_back) < MANY
    assert len(set(held_back)) == 1
