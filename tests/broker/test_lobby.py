"""Who finds a place at a door when there are too many: never at the cost of who has signed in."""

import asyncio
import contextlib
import errno
import socket
from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from broker.codec.encode import encode
from broker.codec.packets import Connect, Pingreq, Pingresp
from broker.lobby import Lobby
from broker.options import DoorOptions, LineOptions
from broker.strangers import Strangers, neighbourhood
from tests.broker.doors import HERE_DEVICE, THERE_DEVICE, Client, Doors, Lines, until
from tests.broker.test_lines import GOOD, Talk

HALF_A_CONNECT = encode(Connect(username="PS-001", password=b"key-of-PS-001"))[:9]


class Caller:
    """A connection that does nothing but note that it was cut off."""

    def __init__(self, host: str) -> None:
        self.address = f"{host}:40000"
        self.is_cut_off = False

    def go(self) -> None:
        self.is_cut_off = True

    def abort(self) -> None:
        self.is_cut_off = True

    def read_no_more(self) -> None:
        """Nothing is read here."""


def callers(lobby: Lobby, *hosts: str) -> list[Caller]:
    made = [Caller(host) for host in hosts]
    assert all(lobby.enter(each) for each in made)
    return made


async def test_the_oldest_of_those_who_have_not_signed_in_gives_way():
    lobby = Lobby("a door", 4, 4)
    first, second, third, fourth = callers(lobby, *["10.0.0.1"] * 4)
    lobby.recognise(first)
    (fifth,) = callers(lobby, "10.0.0.1")
    assert [each.is_cut_off for each in (first, second, third, fourth, fifth)] == [
        False,
        True,
        False,
        False,
        False,
    ]
    assert (len(lobby), lobby.turned_away) == (4, 1)


async def test_a_flood_from_one_address_pushes_itself_out_and_nobody_else():
    lobby = Lobby("a door", 100, 10)
    (lone,) = callers(lobby, "10.0.0.1")
    flood = callers(lobby, *["10.0.0.2"] * 50)
    assert not lone.is_cut_off
    assert [each.is_cut_off for each in flood] == [True] * 41 + [False] * 9
    lobby.leave(lone)
    lobby.leave(flood[0])
    assert len(lobby) == 9


async def test_many_devices_behind_one_address_stay_when_each_signs_in():
    lobby = Lobby("a door", 100, 2)
    town = []
    for _ in range(100):
        town += callers(lobby, "10.0.0.1")
        lobby.recognise(town[-1])
    assert not any(each.is_cut_off for each in town)
    late = Caller("10.0.0.9")
    assert not lobby.enter(late)
    assert (len(lobby), lobby.turned_away) == (100, 1)


async def test_a_flood_writes_two_lines_and_not_one_for_each_connection(
    caplog: pytest.LogCaptureFixture,
):
    lobby = Lobby("a door", 20, 10)
    flood = callers(lobby, *["10.0.0.2"] * 500)
    for each in flood:
        lobby.leave(each)
    assert [record.message[:12] for record in caplog.records] == ["a door: full", "a door: ther"]


@pytest.mark.parametrize(
    ("host", "expected"),
    [
        ("192.0.2.7", "192.0.2.7"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("2001:db8:1:2::9", "2001:db8:1:2::/64"),
        ("fe80::1%eth0", "fe80::/64"),
        ("::ffff:192.0.2.7", "192.0.2.7"),
        ("unknown", "unknown"),
        ("not:an:address", "not:an:address"),
    ],
)
def test_a_neighbourhood_is_what_one_subscriber_of_a_network_has(host: str, expected: str):
    assert neighbourhood(host) == expected


@given(st.lists(st.tuples(st.integers(0, 12), st.integers(0, 3), st.booleans())))
def test_the_first_to_go_is_always_the_oldest_of_the_largest_crowd(
    steps: list[tuple[int, int, bool]],
):
    strangers: Strangers[int] = Strangers()
    model: dict[int, int] = {}
    for visitor, host, comes in steps:
        if comes and visitor not in model:
            strangers.add(visitor, f"10.0.0.{host}")
            model[visitor] = host
        elif not comes:
            strangers.discard(visitor)
            model.pop(visitor, None)
        crowd = max(map(list(model.values()).count, model.values()), default=0)
        goes = strangers.first_to_go()
        assert len(strangers) == len(model)
        assert (goes is None) == (not model)
        if goes is not None:
            own = [each for each, at in model.items() if at == model[goes]]
            assert (len(own), own[0]) == (crowd, goes)


# With real sockets


@contextlib.contextmanager
def flood(port: int, count: int, *, says: bytes = b"", host: str = "127.0.0.2") -> Iterator[None]:
    """Connect that often from another address, and say nothing more."""
    with contextlib.ExitStack() as stack:
        for _ in range(count):
            made = socket.create_connection(("127.0.0.1", port), 5, source_address=(host, 0))
            stack.enter_context(made)
            made.sendall(says)
        yield


@pytest.mark.parametrize("says", [b"", HALF_A_CONNECT])
async def test_a_device_signs_in_at_once_while_the_door_is_full_of_half_open_connections(
    says: bytes,
):
    doors = Doors(options=DoorOptions(max_connections=40, max_strangers=20, connect_within=60))
    async with doors.open():
        before = await doors.device(HERE_DEVICE)
        late = await doors.client()
        with flood(doors.port, 100, says=says):
            await until(lambda: doors.door.figures().turned_away >= 81)
            async with asyncio.timeout(1):
                device = await doors.device(THERE_DEVICE)
                await late.sign_in_as(HERE_DEVICE, client_id="late")
            for client in (before, device, late):
                client.send(Pingreq())
                assert await client.receive() == Pingresp()
            assert doors.door.figures().connections <= 23
            assert doors.session_ids() == set()
    assert doors.intake.refusals == []


async def test_a_connect_that_comes_a_byte_at_a_time_is_closed_in_time_all_the_same():
    doors = Doors(options=DoorOptions(connect_within=0.2))
    async with doors.open():
        slow: Client = await doors.client()
        for byte in HALF_A_CONNECT:
            slow.send(bytes((byte,)))
            await asyncio.sleep(0.01)
        assert await slow.receive() is None


async def test_a_logger_is_served_at_once_while_the_line_door_is_full_of_half_lines():
    door = Lines(options=LineOptions(max_connections=20, max_strangers=10, first_line_within=60))
    async with door.open():
        with flood(door.port, 60, says=b'{"device_id": "PS-0'):
            await until(lambda: door.door.turned_away >= 50)
            async with asyncio.timeout(1):
                reader, writer = await asyncio.open_connection("127.0.0.1", door.port)
                logger = Talk(reader, writer)
                assert (await logger.ask(GOOD) or {})["status"] == "ok"
        writer.close()
        await writer.wait_closed()
    assert [message.device for message in door.intake.taken] == [HERE_DEVICE]


async def test_who_connects_and_says_nothing_is_no_more_than_a_socket_and_is_closed_in_time():
    doors = Doors(options=DoorOptions(connect_within=0.3))
    async with doors.open():
        with flood(doors.port, 30):
            await until(lambda: doors.door.figures().connections == 30)
            assert {type(each).__name__ for each in doors.door._lobby} == {"_Silent"}
            silent = await doors.client()
            assert await silent.receive() is None
            await until(lambda: doors.door.figures().connections == 0)
    assert doors.intake.refusals == []


async def test_who_connects_and_leaves_without_a_word_leaves_nothing():
    doors = Doors()
    async with doors.open():
        with flood(doors.port, 30):
            await until(lambda: doors.door.figures().connections == 30)
        await until(lambda: doors.door.figures().connections == 0)
        await doors.device()


async def test_a_door_that_stops_closes_those_who_have_said_nothing():
    doors = Doors()
    async with doors.open():
        silent = await doors.client()
        await until(lambda: doors.door.figures().connections == 1)
    assert await silent.receive() is None


async def test_a_door_without_descriptors_goes_on_when_there_are_some(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
):
    accept, left = socket.socket.accept, [0]

    def scarce(listening: socket.socket) -> object:
        left[0] += 1
        if left[0] == 1:
            raise OSError(errno.EMFILE, "Too many open files")
        return accept(listening)

    doors = Doors()
    async with doors.open():
        monkeypatch.setattr(socket.socket, "accept", scarce)
        await doors.device()
    assert [record.message for record in caplog.records if "accepted" in record.message] == [
        "no connection can be accepted for a moment: [Errno 24] Too many open files"
    ]


async def test_who_holds_more_than_its_part_of_a_full_door_gives_way_to_others():
    lobby = Lobby("a door", 4, 4, 0.5)
    greedy = callers(lobby, *["10.0.0.1"] * 3)
    (modest,) = callers(lobby, "10.0.0.2")
    for each in greedy:
        lobby.recognise(each, "user 1")
    lobby.recognise(modest, "user 2")
    (new,) = callers(lobby, "10.0.0.1")
    lobby.recognise(new, "user 3")
    assert [each.is_cut_off for each in (*greedy, modest, new)] == [True, *[False] * 4]
    assert not lobby.enter(Caller("10.0.0.3")), "everybody has no more than a part"
    assert not any(each.is_cut_off for each in (*greedy[1:], modest, new))
