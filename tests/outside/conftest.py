"""One server for all of these tests, and two towns of their own for each file."""

import itertools
import shutil
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.outside.town import Api, Town, sign_in
from tests.running import Running, found, running

_numbers = itertools.count(1)


def _free_port() -> int:
    """Give a port for a mail server that comes only later."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return int(taken.getsockname()[1])


@pytest.fixture(scope="session")
def founded(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a super admin and a municipality, to be copied."""
    folder = tmp_path_factory.mktemp("founded") / "data"
    found(folder)
    return folder


@pytest.fixture(scope="session")
def weir(founded: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    folder = tmp_path_factory.mktemp("outside") / "data"
    shutil.copytree(founded, folder)
    smtp = _free_port()
    mail = ("--smtp-host=127.0.0.1", f"--smtp-port={smtp}", "--smtp-security=none")
    with running(folder, "--allow-loopback-webhooks", *mail) as server:
        server.extra["smtp"] = smtp
        yield server
        assert server.process.poll() is None, server.log


@pytest.fixture(scope="session")
def chief(weir: Running) -> Api:
    """The super admin."""
    return sign_in(weir.url, "ada")


def _town(weir: Running, chief: Api, name: str) -> Town:
    name = f"{name} {next(_numbers)}"
    return Town(weir, chief, chief.post("municipalities", {"name": name})["id"], name)


@pytest.fixture(scope="module")
def here(weir: Running, chief: Api) -> Town:
    return _town(weir, chief, "Here")


@pytest.fixture(scope="module")
def there(weir: Running, chief: Api) -> Town:
    """The neighbour, of whom nothing may be seen and to whom nothing may happen."""
    return _town(weir, chief, "There")
