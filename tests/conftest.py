"""What holds for every test: nothing leaves this machine, and two fixtures that anyone may ask for."""

import functools
import ipaddress
import os
import shutil
import socket
import ssl
import sys
from collections.abc import Iterator

import httpx._transports.default
import pytest
from blockbuster import BlockBuster, blockbuster_ctx
from hypothesis import settings

# A slow machine is not a failure, and the build server must not find what nobody can repeat.
settings.register_profile("weir", deadline=None, derandomize="CI" in os.environ, print_blob=True)
settings.load_profile("weir")


@functools.cache
def _one_context() -> ssl.SSLContext:
    """What httpx makes anew for each client, though it talks plain HTTP: 40 ms of reading certificates."""
    return ssl.create_default_context()


_make_context = httpx._transports.default.create_ssl_context


def _context(verify=True, **options):
    return _one_context() if verify is True else _make_context(verify=verify, **options)


httpx._transports.default.create_ssl_context = _context

_OURSELVES = {"", "localhost", socket.gethostname()}


class LeftTheMachine(BaseException):
    """A test reached for an address outside the loopback.

    Not an Exception, so that the code under test cannot swallow it and call it a lost connection.
    """


def _is_here(host: object) -> bool:
    if isinstance(host, bytes):
        host = host.decode()
    if not isinstance(host, str) or host in _OURSELVES:
        return True
    try:
        address = ipaddress.ip_address(host.partition("%")[0])
    except ValueError:
        return False
    return address.is_loopback or address.is_unspecified


def _refuse_the_outside(event: str, arguments: tuple[object, ...]) -> None:
    if event in {"socket.connect", "socket.sendto", "socket.sendmsg"}:
        address = arguments[1]
        if isinstance(address, tuple) and not _is_here(address[0]):
            raise LeftTheMachine(f"{event} to {address[0]}:{address[1]}")
    elif event == "socket.getaddrinfo" and not _is_here(arguments[0]):
        raise LeftTheMachine(f"name look-up of {arguments[0]!s}")


sys.addaudithook(_refuse_the_outside)


@pytest.fixture
def nothing_blocks() -> Iterator[BlockBuster]:
    """Fails the test when code of ours blocks the event loop: a file, a socket, a sleep, a lock."""
    with blockbuster_ctx(["appliance", "broker", "storage", "web"]) as guard:
        # Takes 2 µs: a hop to a thread before each round would take fifty times as long.
        guard.functions["os.statvfs"].can_block_in("appliance/machine/disk.py", "usage")
        guard.functions["os.stat"].can_block_in("appliance/machine/disk.py", "ballast")
        # Once for each time zone there is in a country, and then never again.
        for call in ("os.stat", "io.BufferedReader.read"):
            guard.functions[call].can_block_in("appliance/flow/learning.py", "_zone")
        yield guard


@pytest.fixture(scope="session")
def mosquitto_program() -> str:
    """The path of a mosquitto broker; each test starts its own on a free port."""
    program = shutil.which("mosquitto", path=f"{os.environ['PATH']}:/usr/sbin")
    if program is None:
        pytest.fail("mosquitto is missing; install it with: sudo apt-get install mosquitto")
    return program
