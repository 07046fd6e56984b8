"""Behind a proxy: whose address is in the audit log, is slowed down, and is let in."""

import asyncio
import re
from ipaddress import ip_network
from pathlib import Path

import httpx
import pytest
from websockets.asyncio.client import connect
from websockets.exceptions import InvalidStatus

from appliance.domain.forwarded import Proxies
from broker.ways import Way
from tests.api.appliance import WAIT, Weir, eventually, running

BEHIND = Proxies((ip_network("127.0.0.1"),))
NEAR, FAR, ELSEWHERE = "192.168.7.20", "203.0.113.9", "198.51.100.4"
WRONG = {"username": "chief", "password": "not the right one"}


async def refused(weir: Weir, **headers: str) -> int:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return (await weir.nobody.post("auth/login", WRONG, headers=named)).status


async def addresses(weir: Weir) -> set[str]:
    lines = (await weir.chief.get("audit?limit=200")).body
    return {line["who"]["address"] for line in lines}


async def test_the_client_of_a_trusted_proxy_is_who_is_noted_and_slowed_down(tmp_path: Path):
    async with running(tmp_path, Way(proxies=BEHIND)) as weir:
        for number in range(5):  # what a client writes itself stands before what the proxy adds
            spoofed = f"10.9.8.{number}, {FAR}"
            assert await refused(weir, X_Forwarded_For=spoofed) == 401
        assert await refused(weir, X_Forwarded_For=f"10.9.8.77, {FAR}") == 429
        assert await refused(weir, Forwarded=f'for="{FAR}:4711";proto=https') == 429
        assert await refused(weir, X_Forwarded_For=ELSEWHERE) == 401
        assert await refused(weir, X_Forwarded_For=FAR, Forwarded=f"for={ELSEWHERE}") == 400

        async def noted() -> bool:
            return {FAR, ELSEWHERE} <= await addresses(weir)

        await eventually(noted)
        assert not any(address.startswith("10.9.8.") for address in await addresses(weir))
        sessions = (await weir.chief.get("auth/sessions")).body
        assert {session["address"] for session in sessions} == {"127.0.0.1"}


async def test_an_allow_list_is_about_who_asks_through_the_proxy(tmp_path: Path):
    near = (ip_network("192.168.7.0/24"), ip_network("127.0.0.1"))
    async with running(tmp_path, Way(proxies=BEHIND, networks=near)) as weir:
        url = f"http://127.0.0.1:{weir.port}/healthz"
        for said, right in SAID.items():
            async with httpx.AsyncClient(timeout=WAIT) as http:
                assert (await http.get(url, headers=list(said))).status_code == right, said
        at = f"ws://127.0.0.1:{weir.port}/ws/global?token={weir.chief.token}"
        with pytest.raises(InvalidStatus, match="403"):
            async with connect(at, proxy=None, additional_headers={"X-Forwarded-For": FAR}):
                pass
        async with connect(at, proxy=None, additional_headers={"X-Forwarded-For": NEAR}) as screen:
            assert "replay" in str(await screen.recv())
        assert await statuses_on_one_connection(weir.port, NEAR, FAR) == ["200", "403"]
        await origins_are_right(weir)


SAID = {
    (): 200,
    (("X-Forwarded-For", NEAR),): 200,
    (("X-Forwarded-For", FAR),): 403,
    (("X-Forwarded-For", f"{NEAR}, {FAR}"),): 403,
    (("X-Forwarded-For", NEAR), ("X-Forwarded-For", FAR)): 403,
    (("Forwarded", f"for={NEAR}, for={FAR}"),): 403,
    (("X-Forwarded-For", f"{FAR}, {NEAR}"),): 200,
    (("X-Forwarded-For", FAR), ("Forwarded", f"for={NEAR}")): 400,
}


async def statuses_on_one_connection(port: int, *clients: str) -> list[str]:
    """Ask for each of these on a connection that a proxy keeps, and give what each is answered."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        for client in clients:
            head = f"GET /healthz HTTP/1.1\r\nHost: x\r\nX-Forwarded-For: {client}\r\n\r\n"
            writer.write(head.encode())
        async with asyncio.timeout(WAIT):
            said = (await reader.read()).decode()
    finally:
        writer.close()
        await writer.wait_closed()
    return re.findall(r"HTTP/1.1 (\d+)", said)


async def origins_are_right(weir: Weir) -> None:
    """A page that came through a proxy with TLS is of the origin that its browser knows."""
    own = {"Host": "weir.example", "Origin": "https://weir.example"}
    for said, allowed in (
        ({"X-Forwarded-Proto": "https"}, True),
        ({"Forwarded": f"for={NEAR};proto=https"}, True),
        ({}, False),
    ):
        answer = await weir.chief.get("auth/me", headers=own | said)
        assert ("Access-Control-Allow-Origin" in answer.headers) is allowed, said
