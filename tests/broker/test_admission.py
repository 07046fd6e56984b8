"""Before and at CONNECT: nothing exists for a peer that has not shown who it is."""

import asyncio

import pytest

from appliance.domain.readings import Reason
from broker.codec.encode import encode
from broker.codec.packets import (
    Connack,
    Connect,
    Disconnect,
    Pingreq,
    Pingresp,
    Puback,
    Publish,
    ReturnCode,
    Suback,
    Subscribe,
    Will,
)
from broker.options import DoorOptions
from tests.broker.doors import (
    HERE_DEVICE,
    HERE_TOKEN,
    THERE_DEVICE,
    THERE_TOKEN,
    Doors,
    until,
)
from tests.builders import HERE

GOOD = {"username": "PS-001", "password": b"key-of-PS-001"}


@pytest.mark.parametrize(
    ("username", "password", "code", "reason"),
    [
        (None, None, ReturnCode.BAD_CREDENTIALS, Reason.UNKNOWN_DEVICE),
        ("nobody", b"x", ReturnCode.BAD_CREDENTIALS, Reason.UNKNOWN_DEVICE),
        ("PS-001", None, ReturnCode.BAD_CREDENTIALS, Reason.WRONG_KEY),
        ("PS-001", b"key-of-PS-002", ReturnCode.BAD_CREDENTIALS, Reason.WRONG_KEY),
        ("PS-001", b"\xff\xfe", ReturnCode.BAD_CREDENTIALS, Reason.WRONG_KEY),
        ("token", b"no-token", ReturnCode.BAD_CREDENTIALS, Reason.WRONG_KEY),
        ("token", b"key-of-PS-001", ReturnCode.BAD_CREDENTIALS, Reason.WRONG_KEY),
    ],
)
async def test_a_refused_sign_in_is_answered_counted_and_closed(
    username: str | None, password: bytes | None, code: ReturnCode, reason: Reason
):
    doors = Doors()
    async with doors.open():
        client = await doors.client()
        answer = await client.sign_in(username=username, password=password)
        assert answer == Connack(session_present=False, code=code)
        assert await client.receive() is None
        assert doors.session_ids() == set()
    (refusal,) = doors.intake.refusals
    assert refusal.reason == reason
    assert doors.intake.taken == []
    if password:
        assert password.decode(errors="replace") not in refusal.detail + refusal.excerpt


@pytest.mark.parametrize("reason", [Reason.DISABLED, Reason.NOT_WHITELISTED])
async def test_a_known_device_that_may_not_report_is_not_authorised(reason: Reason):
    doors = Doors()
    doors.admission.refused["PS-001"] = reason
    async with doors.open():
        client = await doors.client()
        answer = await client.sign_in(**GOOD)
        assert answer.code == ReturnCode.NOT_AUTHORISED
    (refusal,) = doors.intake.refusals
    assert (refusal.reason, refusal.municipality) == (reason, HERE)


async def test_a_super_admin_who_belongs_to_no_municipality_hears_none():
    doors = Doors()
    async with doors.open():
        client = await doors.client()
        answer = await client.sign_in(username="token", password=b"root-token")
        assert answer.code == ReturnCode.NOT_AUTHORISED


async def test_another_version_of_mqtt_is_told_that_it_is_not_spoken_here():
    doors = Doors()
    async with doors.open():
        client = await doors.client()
        assert (await client.sign_in(level=5)).code == ReturnCode.UNACCEPTABLE_LEVEL
        assert await client.receive() is None


async def test_a_lasting_session_needs_a_client_id():
    doors = Doors()
    async with doors.open():
        client = await doors.client()
        answer = await client.sign_in(**GOOD, clean_session=False)
        assert answer.code == ReturnCode.IDENTIFIER_REJECTED


@pytest.mark.parametrize(
    "first",
    [
        b"GET / HTTP/1.1\r\nHost: weir\r\n\r\n",
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
        b"\x00" * 64,
        encode(Publish("sensors/PS-001/data", b"1")),
        encode(Pingreq()),
        b"\x10\xff\xff\xff\x7f",
    ],
    ids=["http", "tls", "zeros", "publish", "ping", "huge connect"],
)
async def test_whatever_comes_before_connect_closes_the_connection_and_leaves_nothing(first: bytes):
    doors = Doors()
    async with doors.open():
        client = await doors.client()
        client.send(first)
        assert await client.receive() is None
        await until(lambda: len(doors.door._lobby) == 0)
        assert doors.session_ids() == set()
    assert doors.intake.taken == []


async def test_who_does_not_sign_in_in_time_is_closed():
    doors = Doors(options=DoorOptions(connect_within=0.05))
    async with doors.open():
        silent, slow, quick = [await doors.client() for _ in range(3)]
        slow.send(encode(Connect(**GOOD))[:9])
        await quick.sign_in_as(HERE_DEVICE)
        assert await silent.receive() is None
        assert await slow.receive() is None
        quick.send(Pingreq())
        assert await quick.receive() == Pingresp()


async def test_a_second_connect_closes_the_connection():
    doors = Doors()
    async with doors.open():
        device = await doors.device()
        device.send(Connect(**GOOD))
        assert await device.receive() is None


async def test_silence_beyond_one_and_a_half_keep_alives_closes_the_connection():
    doors = Doors()
    async with doors.open():
        began = asyncio.get_running_loop().time()
        device = await doors.device(keep_alive=1)
        chatty = await doors.device(client_id="chatty", keep_alive=1)
        lazy = await doors.device(client_id="lazy")
        async with asyncio.TaskGroup() as group:
            ended = group.create_task(device.receive())
            while not ended.done():
                chatty.send(Pingreq())
                assert await chatty.receive() == Pingresp()
                await asyncio.sleep(0.1)
        assert ended.result() is None
        assert 1.4 < asyncio.get_running_loop().time() - began < 3
        for client in (chatty, lazy):
            client.send(Pingreq())
            assert await client.receive() == Pingresp()


async def test_one_connection_too_many_is_refused_at_once_and_harms_nobody():
    doors = Doors(options=DoorOptions(max_connections=1))
    async with doors.open():
        first, second = await doors.device(), await doors.client()
        assert await second.receive() is None
        first.send(Pingreq())
        assert await first.receive() == Pingresp()
        assert doors.door.figures().turned_away == 1
        await first.close()
        await until(lambda: len(doors.door._lobby) == 0)
        await doors.device()


async def test_a_revoked_device_and_a_revoked_token_are_sent_away():
    doors = Doors(options=DoorOptions(check_every=0.02))
    async with doors.open():
        revoked, kept = await doors.device(HERE_DEVICE), await doors.device(THERE_DEVICE)
        listener, other = await doors.subscriber(HERE_TOKEN), await doors.subscriber(THERE_TOKEN)
        doors.admission.refused["PS-001"] = Reason.DISABLED
        del doors.subscribers.actors[HERE_TOKEN]
        assert await revoked.receive() is None
        assert await listener.receive() is None
        for client in (kept, other):
            client.send(Pingreq())
            assert await client.receive() == Pingresp()


async def test_whoever_is_revoked_is_sent_away_as_soon_as_the_door_is_told():
    doors = Doors(options=DoorOptions(check_every=3_600))
    async with doors.open():
        revoked, kept = await doors.device(HERE_DEVICE), await doors.device(THERE_DEVICE)
        for reason in (Reason.DISABLED, Reason.NOT_WHITELISTED):
            doors.admission.refused["PS-001"] = reason
            doors.door.look_again()
            assert await revoked.receive() is None
            del doors.admission.refused["PS-001"]
            revoked = await doors.device(HERE_DEVICE)
        kept.send(Pingreq())
        assert await kept.receive() == Pingresp()


@pytest.mark.parametrize("qos", [0, 1])
async def test_nothing_is_taken_from_a_device_after_it_was_revoked_though_the_door_was_not_told_yet(
    qos: int,
):
    doors = Doors(options=DoorOptions(check_every=3_600))
    async with doors.open():
        revoked, kept = await doors.device(HERE_DEVICE), await doors.device(THERE_DEVICE)
        doors.admission.refused["PS-001"] = Reason.DISABLED
        doors.admission.edition += 1
        for client, device in ((revoked, HERE_DEVICE), (kept, THERE_DEVICE)):
            topic = f"sensors/{device.device_id}/data"
            client.send(Publish(topic, b"1", qos, packet_id=qos))
        assert await revoked.receive() is None
        await until(lambda: len(doors.intake.taken) == 1)
        assert doors.intake.taken[0].device.municipality == THERE_DEVICE.municipality


async def test_a_second_connection_of_the_same_identity_takes_over_and_no_other_can():
    doors = Doors()
    async with doors.open():
        first = await doors.device(HERE_DEVICE, client_id="logger")
        stranger = await doors.device(THERE_DEVICE, client_id="logger")
        listener = await doors.subscriber(client_id="logger")
        for client in (first, stranger, listener):
            client.send(Pingreq())
            assert await client.receive() == Pingresp()
        second = await doors.device(HERE_DEVICE, client_id="logger")
        assert await first.receive() is None
        for client in (second, stranger, listener):
            client.send(Pingreq())
            assert await client.receive() == Pingresp()


async def test_a_subscriber_of_the_same_name_takes_over_with_its_session_and_of_another_does_not():
    doors = Doors()
    async with doors.open():
        first = await doors.subscriber(client_id="scada", clean_session=False)
        first.send(Subscribe(1, (("sensors/#", 1),)))
        assert await first.receive() == Suback(1, (1,))
        other = await doors.client()
        answer = await other.sign_in_with(THERE_TOKEN, client_id="scada", clean_session=False)
        assert not answer.session_present
        second = await doors.client()
        answer = await second.sign_in_with(HERE_TOKEN, client_id="scada", clean_session=False)
        assert answer.session_present
        assert await first.receive() is None
        device = await doors.device()
        device.send(Publish("sensors/PS-001/data", b"1", 1, packet_id=1))
        copy = await second.receive()
        assert isinstance(copy, Publish)
        assert (copy.topic, copy.qos) == ("sensors/PS-001/data", 1)
        other.send(Pingreq())
        assert await other.receive() == Pingresp()


async def test_a_taken_over_session_by_wrong_credentials_neither_kicks_nor_publishes_nor_stays():
    """The two attacks that amqtt 0.12.1 as shipped lets through."""
    doors = Doors()
    will = Will("sensors/PS-001/data", b"OPEN", 1, retain=True)
    async with doors.open():
        listener = await doors.subscriber()
        listener.send(Subscribe(1, (("sensors/#", 1), ("alerts/#", 1))))
        assert await listener.receive() == Suback(1, (1, 1))
        victim = await doors.subscriber(client_id="victim", clean_session=False)
        device = await doors.device(client_id="victim")
        before = doors.session_ids()
        for clean in (False, True):
            for name in ("PS-001", "token", None):
                attacker = await doors.client()
                answer = await attacker.sign_in(
                    client_id="victim",
                    clean_session=clean,
                    username=name,
                    password=b"guess" if name else None,
                    will=will,
                )
                assert answer.code == ReturnCode.BAD_CREDENTIALS
                attacker.writer.transport.abort()
        await until(lambda: len(doors.door._lobby) == 3)
        assert doors.session_ids() == before
        for client in (victim, device, listener):
            client.send(Pingreq())
            assert await client.receive() == Pingresp()
        device.send(Publish("sensors/PS-001/data", b"1", 1, packet_id=1))
        assert await device.receive() == Puback(1)
    assert doors.intake.payloads == [b"1"]
    assert len(doors.intake.refusals) == 6


async def test_two_hundred_refused_sign_ins_leave_nothing_behind():
    doors = Doors()
    async with doors.open():
        for number in range(200):
            client = await doors.client()
            await client.sign_in(client_id=f"c{number}", username="PS-001", password=b"guess")
            await client.close()
        await until(lambda: len(doors.door._lobby) == 0)
        assert doors.session_ids() == set()
        assert doors.door._inside is not None
        assert doors.door._inside.reception._here == {}


async def test_a_peer_that_does_not_read_is_cut_off():
    doors = Doors(options=DoorOptions(unread_for=0.05))
    async with doors.open():
        stuck = await doors.subscriber()
        stuck.send(Subscribe(1, (("sensors/#", 0),)))
        assert await stuck.receive() == Suback(1, (0,))
        stuck.writer.transport.pause_reading()
        for _ in range(200):
            doors.door.publish(HERE, "sensors/PS-001/data", bytes(64 * 1024))
        await until(lambda: len(doors.door._lobby) == 0)


async def test_an_occupied_port_is_an_os_error_and_the_door_can_start_elsewhere():
    doors, others = Doors(), Doors()
    async with doors.open():
        with pytest.raises(OSError, match="in use"):
            await others.door.start("127.0.0.1", doors.port)
        async with others.open():
            await others.device()


async def test_a_polite_goodbye_ends_the_connection():
    doors = Doors()
    async with doors.open():
        device = await doors.device()
        device.send(Disconnect())
        assert await device.receive() is None
