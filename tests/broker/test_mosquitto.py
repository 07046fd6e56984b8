"""The clients that everybody has: mosquitto_pub and mosquitto_sub against the front door."""

import asyncio
import shutil
from asyncio.subprocess import PIPE, Process

import pytest

from appliance.domain.readings import Reason
from tests.broker.doors import DEADLINE, HERE_TOKEN, THERE_TOKEN, Doors, until
from tests.builders import HERE

TOPIC = "sensors/PS-001/data"
DEVICE = ("-u", "PS-001", "-P", "key-of-PS-001")


@pytest.fixture(scope="module", autouse=True)
def _mosquitto_clients() -> None:
    if shutil.which("mosquitto_pub") is None:
        pytest.fail("mosquitto_pub is missing; install it with: apt-get install mosquitto-clients")


async def spoken(doors: Doors, program: str, *arguments: str) -> Process:
    command = [program, "-h", "127.0.0.1", "-p", str(doors.port), *arguments]
    return await asyncio.create_subprocess_exec(*command, stdout=PIPE, stderr=PIPE)


async def published(doors: Doors, *arguments: str) -> tuple[int | None, str]:
    process = await spoken(doors, "mosquitto_pub", *DEVICE, *arguments)
    async with asyncio.timeout(DEADLINE):
        _, complaint = await process.communicate()
    return process.returncode, complaint.decode()


async def listening(doors: Doors, *arguments: str, token: str = HERE_TOKEN) -> Process:
    """mosquitto_sub, once its subscription is granted."""
    known = doors.door._inside.hub._hearers.total()
    process = await spoken(
        doors, "mosquitto_sub", "-u", "token", "-P", token, "-F", "%t %q %r %p", *arguments
    )
    await until(lambda: doors.door._inside.hub._hearers.total() > known)
    return process


async def heard(process: Process) -> list[str]:
    """What it printed, when it has ended by itself (-C or -W)."""
    async with asyncio.timeout(DEADLINE):
        output, _ = await process.communicate()
    return output.decode().splitlines()


@pytest.mark.parametrize("qos", ["0", "1", "2"])
async def test_a_reading_is_taken_and_copied_at_every_qos(qos: str):
    doors = Doors()
    async with doors.open():
        listener = await listening(doors, "-t", "sensors/+/data", "-q", qos, "-C", "1")
        assert await published(doors, "-t", TOPIC, "-m", '{"value": 3.2}', "-q", qos) == (0, "")
        assert await heard(listener) == [f'{TOPIC} {qos} 0 {{"value": 3.2}}']
    assert doors.intake.payloads == [b'{"value": 3.2}']
    assert doors.intake.refusals == []


async def test_many_readings_over_one_connection_arrive_in_order():
    doors = Doors()
    lines = [f'{{"value": {n}}}' for n in range(500)]
    async with doors.open():
        listener = await listening(doors, "-t", "sensors/#", "-q", "1", "-C", "500")
        process = await asyncio.create_subprocess_exec(
            "mosquitto_pub",
            *("-h", "127.0.0.1", "-p", str(doors.port), *DEVICE, "-t", TOPIC, "-q", "1", "-l"),
            stdin=PIPE,
        )
        async with asyncio.timeout(DEADLINE):
            await process.communicate("\n".join(lines).encode())
        assert await heard(listener) == [f"{TOPIC} 1 0 {line}" for line in lines]
    assert [payload.decode() for payload in doors.intake.payloads] == lines


async def test_a_wrong_key_is_told_to_the_person_at_the_keyboard():
    doors = Doors()
    async with doors.open():
        process = await spoken(
            doors, "mosquitto_pub", "-u", "PS-001", "-P", "guess", "-t", TOPIC, "-m", "1"
        )
        async with asyncio.timeout(DEADLINE):
            _, complaint = await process.communicate()
        assert process.returncode != 0
        assert b"bad user name or password" in complaint
    assert doors.intake.taken == []
    assert [each.reason for each in doors.intake.refusals] == [Reason.WRONG_KEY]


async def test_a_subscription_to_everything_is_denied():
    doors = Doors()
    async with doors.open():
        process = await spoken(
            doors, "mosquitto_sub", "-u", "token", "-P", HERE_TOKEN, "-t", "#", "-W", "2"
        )
        async with asyncio.timeout(DEADLINE):
            _, complaint = await process.communicate()
        assert b"subscription requests were denied" in complaint


async def test_an_alert_is_retained_and_shown_to_who_comes_later_and_not_to_the_neighbour():
    doors = Doors()
    async with doors.open():
        doors.door.publish(HERE, "alerts/42", b"leak")
        there = await listening(doors, "-t", "alerts/#", "-W", "1", token=THERE_TOKEN)
        here = await spoken(
            doors,
            "mosquitto_sub",
            *("-u", "token", "-P", HERE_TOKEN, "-F", "%t %q %r %p"),
            *("-t", "alerts/#", "-q", "2", "-C", "1"),
        )
        assert await heard(here) == ["alerts/42 2 1 leak"]
        assert await heard(there) == []


async def test_a_lasting_session_hears_what_it_missed():
    doors = Doors()
    lasting = ("-i", "scada", "-c", "-t", "sensors/#", "-q", "1")
    async with doors.open():
        first = await listening(doors, *lasting)
        first.terminate()
        await first.communicate()
        await until(lambda: len(doors.door._lobby) == 0)
        for value in ("1", "2"):
            assert await published(doors, "-t", TOPIC, "-m", value, "-q", "1") == (0, "")
        again = await spoken(
            doors,
            "mosquitto_sub",
            *("-u", "token", "-P", HERE_TOKEN, "-F", "%t %q %r %p", *lasting, "-C", "2"),
        )
        assert await heard(again) == [f"{TOPIC} 1 0 1", f"{TOPIC} 1 0 2"]
