"""What machines ask: is it alive, what are its figures, what can be asked."""

import asyncio
import ipaddress
from importlib.metadata import version
from typing import Any

import msgspec
from msgspec import Struct

from appliance.domain.access import ManageSettings, Permission, must_hold
from web.asking import Ask, Reply, bearer
from web.metrics import text_of
from web.openapi import document
from web.routes import PREFIX, Open, Route


class Alive(Struct, frozen=True):
    """It serves."""

    status: str


async def healthz(ask: Ask[Permission]) -> Reply:
    """Say whether Weir serves."""
    now = await ask.services.monitoring.health()
    alive = now.database == "healthy"
    return Reply(Alive("ok" if alive else now.status), 200 if alive else 503)


async def metrics(ask: Ask[Permission]) -> Reply:
    """Give the figures as Prometheus reads them."""
    await _must_be_a_scraper(ask)
    text = text_of(await ask.services.monitoring.figures())
    return Reply(text.encode(), headers={"Content-Type": "text/plain; version=0.0.4"})


async def _must_be_a_scraper(ask: Ask[Permission]) -> None:
    """Let this machine in, and who signs in as an admin; a proxy's own address says nothing."""
    forwarded = any(name in ask.headers for name in ("X-Forwarded-For", "Forwarded"))
    if is_loopback(ask.address) and not forwarded:
        return
    actor = await ask.services.sign_in.actor(bearer(ask.headers) or "no.token")
    must_hold(actor, ManageSettings)


def is_loopback(address: str) -> bool:
    """Whether an address is this machine's own."""
    try:
        return ipaddress.ip_address(address).is_loopback
    except ValueError:
        return False


def _described(routes: tuple[Route, ...]) -> bytes:
    return msgspec.json.encode(document(routes, version("weir")))


def describing(routes: tuple[Route, ...]) -> Route:
    """Make the route that describes all the others, and itself."""
    kept: dict[str, bytes] = {}
    alone = asyncio.Lock()

    async def openapi(_: Ask[Permission]) -> Reply:
        async with alone:  # it takes a while, and many may ask at once
            if not kept:
                kept["json"] = await asyncio.to_thread(_described, (*routes, route))
        return Reply(msgspec.Raw(kept["json"]))

    route = Route(
        method="GET",
        path=f"{PREFIX}/openapi.json",
        access=Open.PUBLIC,
        handler=openapi,
        answer=dict[str, Any],
        summary="This document",
    )
    return route


ROUTES = (
    Route(
        method="GET",
        path="/healthz",
        access=Open.PUBLIC,
        handler=healthz,
        answer=Alive,
        summary="Whether Weir serves",
    ),
    Route(
        method="GET",
        path="/metrics",
        access=Open.PUBLIC,
        handler=metrics,
        gives_file=("text/plain",),
        summary="Figures for Prometheus; from this machine, or with an admin's token",
    ),
)
