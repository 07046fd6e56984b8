"""The guard in conftest keeps every test on this machine, so that a green run needs no network."""

import asyncio
import socket

import pytest


def refused(caught: BaseException) -> bool:
    return type(caught).__name__ == "LeftTheMachine"


def test_a_connection_to_another_machine_is_refused():
    with (
        socket.socket() as outgoing,
        pytest.raises(BaseException, check=refused, match=r"192\.0\.2\.1:80"),
    ):
        outgoing.connect(("192.0.2.1", 80))


def test_a_datagram_to_another_machine_is_refused():
    with (
        socket.socket(type=socket.SOCK_DGRAM) as outgoing,
        pytest.raises(BaseException, check=refused, match=r"192\.0\.2\.1:53"),
    ):
        outgoing.sendto(b"?", ("192.0.2.1", 53))


async def test_a_name_is_not_looked_up():
    with pytest.raises(BaseException, check=refused, match=r"example\.invalid"):
        await asyncio.open_connection("example.invalid", 80)


def test_the_loopback_is_reached():
    with socket.create_server(("127.0.0.1", 0)) as server:
        outgoing = socket.create_connection(server.getsockname(), timeout=5)
        incoming, _ = server.accept()
        outgoing.close()
        incoming.close()
