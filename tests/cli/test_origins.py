"""`--origins` opens the API and the live stream to pages of a further origin, and to no others."""

from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import connect

from tests.running import PASSWORD, Running, running

BOARD = "https://board.example"


@pytest.fixture(scope="module")
def weir(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    folder: Path = tmp_path_factory.mktemp("origins") / "data"
    with running(folder, "--origins", f"null,{BOARD}") as one:
        yield one


@pytest.mark.parametrize(
    ("origin", "may"),
    [
        (BOARD, True),
        ("null", True),
        ("http://localhost:3000", False),  # not named this time
        (f"{BOARD}.evil.example", False),
        ("http://board.example", False),
    ],
)
def test_a_page_of_a_named_origin_may_call_and_listen_and_no_other(
    weir: Running, origin: str, *, may: bool
) -> None:
    said = {"username": "ada", "password": PASSWORD}
    answer = httpx.post(f"{weir.url}/api/v1/auth/login", json=said, headers={"Origin": origin})
    allowed = origin if may else None
    assert answer.headers.get("Access-Control-Allow-Origin") == allowed
    asked = {
        "Origin": origin,
        "Access-Control-Request-Method": "POST",
        "Access-Control-Request-Headers": "authorization,content-type,idempotency-key",
    }
    preflight = httpx.options(f"{weir.url}/api/v1/incidents", headers=asked)
    assert preflight.headers.get("Access-Control-Allow-Origin") == allowed
    assert hears(weir, origin, answer.json()["access_token"]) == may


def hears(weir: Running, origin: str, token: str) -> bool:
    """Whether a page of an origin gets the first message of the live stream; else it is told 1008."""
    uri = f"ws://{weir.http}/ws/global?token={token}"
    with connect(uri, origin=origin, proxy=None) as socket:  # type: ignore[arg-type]
        try:
            return '"replay"' in str(socket.recv(timeout=30))
        except ConnectionClosed as closed:
            code = closed.rcvd and closed.rcvd.code
    assert code == 1008
    return False
