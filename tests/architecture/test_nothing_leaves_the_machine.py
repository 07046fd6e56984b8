"""The guard in conftest keeps every test on this machine, so that a green run needs no network."""

import asyncio
import socket

import pytest


def refused(caught: BaseException) -> bool:
    return type(caught).__name__ == "LeftTheMachine"


def test_a_connection_to_another_machine_is_refused():
    with (
        socket.socket() as outgoing,
        pytest.raises(BaseException, check=refused, match="192.0.2.1:80"),
    ):
        outgoing.connect(("192.0.2.1", 80))


def test_a_datagram_to_another_machine_is_refused():
    with (
        socket.socket(type=socket.SOCK_DGRAM) as outgoing,
        pytest.raises(BaseException, check=refused, match="192.0.2.1:53"),
    ):
        outgoing.sendto(b"?", ("192.0.2.1", 53))


async def test_a_name_is_not_looked_up():
    with pytest.raises(BaseException, check=refused, match="example.invalid"):
        await asyncio.open_connection("example.invalid", 80)


async def test_the_loopback_is_reached():
    served = asyncio.Event()
    server = await asyncio.start_server(lambda *_: served.set(), "127.0.0.1", 0)
    async with server:
        _, writer = await asyncio.open_connection(*server.sockets[0].getsockname())
        await asyncio.wait_for(served.wait(), 5)
        writer.close()
        await writer.wait_closed()
