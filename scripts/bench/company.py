"""What keeps a server busy beside its devices: a browser, an export, a heavy question.

    company.py browser URL SENSORS    overview, map and charts again and again, and the live stream
    company.py query URL DAYS         hourly means of all sensors, again and again
    company.py export DATA FILE       `weir export readings`, again and again

Each goes on until it is stopped, and prints a line for everything it has finished.
"""

import asyncio
import itertools
import json
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import httpx
import websockets

from scripts.bench.latency import sign_in
from tests.running import ROOT, WEIR, environment

OVERVIEW = (
    "/api/v1/sensors?limit=1000",
    "/api/v1/alerts?limit=100",
    "/api/v1/alerts/statistics/summary",
    "/api/v1/monitoring/health",
    "/api/v1/analytics/trends?days=7",
    "/api/v1/analytics/top-alerts?limit=5",
)
MAP = ("/api/v1/pipelines?limit=5000", "/api/v1/network/nodes?limit=5000")
CHARTS = 5
"""Of a sensor's last 30 days, in every round."""
PAUSE_S = 0.5
"""Between two rounds: a person who clicks quickly."""


@asynccontextmanager
async def signed_in(url: str) -> AsyncIterator[tuple[httpx.AsyncClient, str]]:
    """Give a client with a token, and the token."""
    async with httpx.AsyncClient(base_url=url, timeout=120) as api:
        token = await sign_in(api)
        api.headers["Authorization"] = f"Bearer {token}"
        yield api, token


def tell(what: str) -> None:
    """Print what was finished."""
    print(what, flush=True)


async def browser(url: str) -> None:
    """Look at everything, and listen to the live stream."""
    async with signed_in(url) as (api, token), asyncio.TaskGroup() as tasks:
        tasks.create_task(listen(url, token))
        sensors = (await api.get("/api/v1/sensors?limit=1000")).raise_for_status().json()
        ids = itertools.cycle(one["id"] for one in sensors)
        while True:
            charts = [
                f"/api/v1/sensors/{next(ids)}/series?hours=720&points=1000" for _ in range(CHARTS)
            ]
            for page in (*OVERVIEW, *MAP, *charts):
                (await api.get(page)).raise_for_status()
                tell("page")
            await asyncio.sleep(PAUSE_S)


async def listen(url: str, token: str) -> None:
    """Read the live stream as it comes."""
    stream = f"{url.replace('http', 'ws', 1)}/ws/global?token={token}&replay_limit=50"
    async for socket in websockets.connect(stream, max_size=None):
        try:
            async for message in socket:
                if json.loads(message)["type"] != "replay":
                    tell("event")
        except websockets.ConnectionClosed:
            tell("cut off")  # as one that lags is; it comes back at once, as the applications do


async def query(url: str, days: str) -> None:
    """Ask for the hourly means of everything."""
    async with signed_in(url) as (api, _):
        while True:
            page = f"/api/v1/readings/rollup?hours={24 * int(days)}&step=3600"
            (await api.get(page)).raise_for_status()
            tell("query")


def export(data: str, file: str) -> None:
    """Write all readings to a file."""
    while True:
        command = [*WEIR, "export", "readings", "--data", data, "--output", file]
        subprocess.run(  # noqa: S603
            command, cwd=ROOT, env=environment(), check=True, stdout=subprocess.DEVNULL
        )
        tell("export")


def main() -> None:
    """Go on until stopped."""
    what, first, second = sys.argv[1:]
    if what == "export":
        export(first, second)
    asyncio.run(browser(first) if what == "browser" else query(first, second))


if __name__ == "__main__":
    main()
