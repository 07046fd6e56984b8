"""What a screen asks before anything else: who and where it is, and how far set-up has come."""

import asyncio
from functools import cache
from importlib.metadata import version

from msgspec import Struct

from appliance.domain.access import AdministerSystem, Permission, Role, ViewNetwork, authorise
from web.api.people import MunicipalityOut, municipality_out
from web.api.preferences import PreferencesBody
from web.api.preferences import get as get_preferences
from web.api.signing_in import Person, person
from web.asking import Ask
from web.routes import PREFIX, Open, Route
from web.shapes import Point, point


class ContextOut(Struct, frozen=True):
    """Everything that a page must know to begin."""

    user: Person
    municipalities: list[MunicipalityOut]
    """Those that one may look into: one's own, or all for a super admin."""
    preferences: PreferencesBody
    version: str
    """Of Weir."""


class ProgressOut(Struct, frozen=True):
    """How far set-up has come; 0 and false are what has not been done."""

    people: int
    pipes: int
    nodes: int
    sensors: int
    placed_sensors: int
    reporting_sensors: int
    """That have ever reported."""
    zones: int
    channels: int
    told: bool
    """Whether one of the newest messages of an alert has reached somebody; a test counts for none."""
    centre: Point | None
    """In the middle of the sensors that are placed."""
    doors: dict[str, str]
    """Where devices connect: `host:port` by option (`mqtt`, `http`, …), of those that listen."""


@cache
def _version() -> str:
    return version("weir")  # read from the disk


async def context(ask: Ask[Permission]) -> ContextOut:
    """Say who and where one is."""
    actor = ask.signed_in
    if actor.role is Role.SUPER_ADMIN and AdministerSystem in actor.permissions:
        towns = await ask.services.municipalities.all(ask.beyond())
    elif ViewNetwork in actor.permissions and actor.municipality is not None:
        grant = authorise(actor, ViewNetwork, actor.municipality)
        towns = [await ask.services.municipalities.own(grant)]
    else:
        towns = []
    known = await asyncio.to_thread(_version)
    return ContextOut(
        user=person(await ask.services.sign_in.me(actor)),
        municipalities=[municipality_out(town) for town in towns],
        preferences=await get_preferences(ask),
        version=known,
    )


async def progress(ask: Ask[ViewNetwork]) -> ProgressOut:
    """Say how far set-up has come."""
    found = await ask.services.progress.of(await ask.one())
    return ProgressOut(
        people=found.people,
        pipes=found.pipes,
        nodes=found.nodes,
        sensors=found.sensors,
        placed_sensors=found.placed,
        reporting_sensors=found.reporting,
        zones=found.zones,
        channels=found.channels,
        told=found.told,
        centre=point(found.centre),
        doors=dict(found.doors),
    )


ROUTES = (
    Route(
        method="GET",
        path=f"{PREFIX}/auth/context",
        access=Open.SIGNED_IN,
        handler=context,
        answer=ContextOut,
        summary="Who one is, where, what one prefers, and which Weir this is",
    ),
    Route(
        method="GET",
        path=f"{PREFIX}/setup/progress",
        access=ViewNetwork,
        handler=progress,
        answer=ProgressOut,
        summary="How far a municipality's set-up has come",
    ),
)
