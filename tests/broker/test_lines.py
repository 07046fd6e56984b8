"""The line-JSON door: one object a line, one answer a line, in order, after it is on disk."""

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from appliance.domain.readings import Counts, Door, Reason
from broker import lines
from broker.options import LineOptions
from tests.broker.doors import DEADLINE, FakeIntake, Lines, municipalities, until
from tests.builders import HERE, THERE, a_rejection

GOOD = {"device_id": "PS-001", "value": 3.2, "api_key": "key-of-PS-001"}


class Talk:
    """A logger at the other end."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader = reader
        self.writer = writer

    def say(self, *said: dict[str, Any] | bytes) -> None:
        for each in said:
            self.writer.write(
                each if isinstance(each, bytes) else json.dumps(each).encode() + b"\n"
            )

    async def answer(self) -> dict[str, Any] | None:
        """The next answer, None at the end."""
        async with asyncio.timeout(DEADLINE):
            line = b""
            with contextlib.suppress(ConnectionResetError):
                line = await self.reader.readline()
        return json.loads(line) if line else None

    async def ask(self, said: dict[str, Any] | bytes) -> dict[str, Any] | None:
        self.say(said)
        return await self.answer()


@contextlib.asynccontextmanager
async def talking(door: Lines) -> AsyncIterator[Talk]:
    reader, writer = await asyncio.open_connection("127.0.0.1", door.port)
    try:
        yield Talk(reader, writer)
    finally:
        writer.close()
        with contextlib.suppress(ConnectionError):
            await writer.wait_closed()


async def test_a_line_is_answered_when_its_reading_has_settled_and_passes_no_key_on():
    door = Lines(intake=FakeIntake(at_once=False))
    async with door.open(), talking(door) as logger:
        logger.say(GOOD | {"unit": "bar", "timestamp": "2026-05-01T03:00:00Z"})
        await until(lambda: door.intake.waiting)
        door.intake.settle()
        assert await logger.answer() == {
            "status": "ok",
            "stored": 1,
            "duplicate": 0,
            "late": 0,
            "quarantined": 0,
            "rejected": 0,
        }
    (message,) = door.intake.taken
    assert (message.door, message.about, message.stream) == (Door.TCP, "PS-001", "data")
    assert json.loads(message.payload) == {
        "device_id": "PS-001",
        "value": 3.2,
        "unit": "bar",
        "timestamp": "2026-05-01T03:00:00Z",
    }
    assert door.intake.refusals == []


async def test_pipelined_lines_are_answered_in_order_the_refused_ones_too():
    door = Lines(intake=FakeIntake(at_once=False))
    async with door.open(), talking(door) as logger:
        logger.say(GOOD, GOOD | {"api_key": "guess"}, GOOD, b"\r\n", b"[]\n")
        await until(lambda: len(door.intake.waiting) == 2)
        door.intake.settle()
        answers = [await logger.answer() for _ in range(4)]
    assert [each and each.get("reason", "ok") for each in answers] == [
        "ok",
        "wrong_key",
        "ok",
        "malformed",
    ]
    assert all(each and each["hint"] for each in answers if each and each["status"] == "error")
    assert [each.reason for each in door.intake.refusals] == [Reason.WRONG_KEY, Reason.MALFORMED]


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        (b"not json\n", "malformed"),
        (b"[1]\n", "malformed"),
        (b'{"value": 1}\n', "unknown_device"),
        (b'{"device_id": 7, "api_key": "k"}\n', "unknown_device"),
        (b'{"device_id": "PS-001", "value": 1}\n', "wrong_key"),
        (b'{"device_id": "PS-001", "api_key": ""}\n', "wrong_key"),
        (b'{"device_id": "PS-009", "api_key": "k"}\n', "unknown_device"),
        (b'{"device_id": "PS-002", "api_key": "key-of-PS-001"}\n', "wrong_key"),
        (b"[" * 60_000 + b"\n", "malformed"),
        (b'{"a": ' + b"9" * 6_000 + b"}\n", "malformed"),
        (b"\xff\xfe\n", "malformed"),
        (rb'{"device_id": "\ud800", "api_key": "k"}' + b"\n", "malformed"),
        (rb'{"device_id": "PS-001", "api_key": "\ud800"}' + b"\n", "malformed"),
    ],
)
async def test_a_line_that_is_not_taken_says_why_and_what_to_do(line: bytes, reason: str):
    door = Lines()
    async with door.open(), talking(door) as logger:
        answer = await logger.ask(line)
        assert answer is not None
        assert (answer["status"], answer["reason"]) == ("error", reason)
        assert answer["hint"]
        assert (await logger.ask(GOOD) or {})["status"] == "ok"
    assert [each.reason for each in door.intake.refusals] == [reason]
    assert door.intake.refusals[0].excerpt == ""


async def test_sensor_id_names_the_device_as_well_and_each_municipality_reports_as_itself():
    door = Lines()
    async with door.open(), talking(door) as logger:
        await logger.ask({"sensor_id": "PS-001", "value": 1, "api_key": "key-of-PS-001"})
        await logger.ask({"sensor_id": "PS-002", "value": 1, "api_key": "key-of-PS-002"})
    assert municipalities(door.intake.taken) == {HERE, THERE}


async def test_a_rejected_reading_is_an_error_with_its_reason():
    rejection = a_rejection(reason=Reason.UNKNOWN_UNIT, detail="furlongs \ud800")
    intake = FakeIntake(
        counts=lambda: Counts(rejected={"unknown_unit": 1}), rejections=(rejection,)
    )
    door = Lines(intake=intake)
    async with door.open(), talking(door) as logger:
        answer = await logger.ask(GOOD)
    assert answer is not None
    assert (answer["reason"], answer["detail"]) == ("unknown_unit", "furlongs \ud800")


async def test_a_reading_that_could_not_be_kept_is_never_ok():
    door = Lines(intake=FakeIntake(at_once=False))
    async with door.open(), talking(door) as logger:
        logger.say(GOOD)
        await until(lambda: door.intake.waiting)
        door.intake.settle(problem="the disk is full")
        answer = await logger.answer()
    assert answer is not None
    assert (answer["status"], answer["reason"]) == ("error", "not_stored")


@pytest.mark.parametrize("end", [b"", b"\n"])
async def test_a_line_beyond_the_bound_is_refused_and_ends_the_connection(end: bytes):
    door = Lines(options=LineOptions(largest_line=1_000))
    async with door.open(), talking(door) as logger:
        answer = await logger.ask(b'{"x": "' + b"y" * 2_000 + end)
        assert answer is not None
        assert answer["reason"] == "too_large"
        assert await logger.answer() is None
    assert [each.reason for each in door.intake.refusals] == [Reason.TOO_LARGE]


async def test_who_sends_no_good_line_in_time_is_closed_and_who_did_may_idle_longer():
    door = Lines(options=LineOptions(first_line_within=0.05, idle_within=0.3))
    async with door.open(), talking(door) as silent, talking(door) as junk, talking(door) as good:
        began = asyncio.get_running_loop().time()
        await junk.ask(b"junk\n")
        await good.ask(GOOD)
        assert await silent.answer() is None
        assert await junk.answer() is None
        assert asyncio.get_running_loop().time() - began < 0.25
        assert (await good.ask(GOOD) or {})["status"] == "ok"
        assert await good.answer() is None
        assert asyncio.get_running_loop().time() - began > 0.3


async def test_refusals_in_a_row_end_the_connection():
    door = Lines(options=LineOptions(refusals_in_a_row=2))
    async with door.open(), talking(door) as logger:
        for line in (b"junk\n", GOOD, b"junk\n", b"junk\n"):
            assert await logger.ask(line) is not None
        assert await logger.answer() is None


async def test_one_connection_too_many_is_told_so():
    door = Lines(options=LineOptions(max_connections=1))
    async with door.open(), talking(door) as first:
        await first.ask(GOOD)
        async with talking(door) as second:
            assert (await second.answer() or {})["reason"] == "too_many"
            assert await second.answer() is None
        assert (await first.ask(GOOD) or {})["status"] == "ok"


async def test_a_full_intake_and_too_many_unanswered_lines_hold_the_logger_up():
    intake = FakeIntake(at_once=False, capacity=3)
    door = Lines(options=LineOptions(most_unanswered=2), intake=intake)
    async with door.open(), talking(door) as logger:
        logger.say(*[GOOD] * 6)
        await until(lambda: len(intake.taken) == 2)
        intake.settle()
        await until(lambda: len(intake.taken) == 4)
        intake.capacity = 1
        intake.settle()
        await until(lambda: len(intake.taken) == 5)
        await asyncio.sleep(0)
        assert len(intake.taken) == 5
        intake.settle()
        await until(lambda: len(intake.taken) == 6)
        intake.settle()
        answers = [await logger.answer() for _ in range(6)]
        assert [(each or {})["status"] for each in answers] == ["ok"] * 6


async def test_a_logger_that_closes_its_side_still_gets_its_answers():
    door = Lines(intake=FakeIntake(at_once=False))
    async with door.open(), talking(door) as logger:
        logger.say(GOOD)
        logger.writer.write_eof()
        await until(lambda: door.intake.waiting)
        door.intake.settle()
        assert (await logger.answer() or {})["status"] == "ok"
        assert await logger.answer() is None


async def test_stopping_lets_answers_out_for_what_settles_meanwhile():
    door = Lines(intake=FakeIntake(at_once=False))
    async with door.open(), talking(door) as logger:
        logger.say(GOOD)
        await until(lambda: door.intake.waiting)
        async with asyncio.TaskGroup() as group:
            group.create_task(door.door.stop())
            await asyncio.sleep(0)
            door.intake.settle()
        assert (await logger.answer() or {})["status"] == "ok"
        assert await logger.answer() is None


@given(st.binary(max_size=200))
def test_no_line_is_too_strange_to_be_read(data: bytes):
    assert isinstance(lines.read(data), lines.Line | lines.BadLine)


@given(st.dictionaries(st.text(max_size=5), st.integers() | st.text(max_size=5), max_size=4))
def test_the_key_is_taken_out_and_everything_else_is_passed_on(rest: dict[str, Any]):
    rest.pop("api_key", None)
    said = rest | {"device_id": "PS-001", "api_key": "secret-key"}
    found = lines.read(json.dumps(said).encode())
    assert isinstance(found, lines.Line)
    assert (found.device_id, found.key) == ("PS-001", "secret-key")
    assert json.loads(found.payload) == rest | {"device_id": "PS-001"}
