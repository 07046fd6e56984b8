"""What others wrote that is in this program, and the terms of each."""

import asyncio

from msgspec import Struct

from appliance.domain.access import Permission
from web.asking import Ask, Reply
from web.routes import PREFIX, Open, Route


class PartOut(Struct, frozen=True):
    """Something that others wrote, and the terms that it came under."""

    name: str
    version: str
    licence: str
    """An SPDX expression, or its maker's words; empty where nobody says."""


class PartsOut(Struct, frozen=True):
    """The parts of the server; the screens name theirs themselves."""

    parts: list[PartOut]


async def parts(ask: Ask[Permission]) -> PartsOut:
    """Name them."""
    found = await asyncio.to_thread(ask.services.software.parts)
    return PartsOut([PartOut(one.name, one.version, one.licence) for one in found])


async def licences(ask: Ask[Permission]) -> Reply:
    """Give their terms in full."""
    text = await asyncio.to_thread(ask.services.software.licences)
    headers = {
        "Content-Type": "text/plain; charset=utf-8",
        "Content-Disposition": 'attachment; filename="licences.txt"',
    }
    return Reply(text.encode(), headers=headers)


ROUTES = (
    Route(
        method="GET",
        path=f"{PREFIX}/parts",
        access=Open.SIGNED_IN,
        handler=parts,
        answer=PartsOut,
        summary="What others wrote that is in this server, and under which terms",
    ),
    Route(
        method="GET",
        path=f"{PREFIX}/parts/licences",
        access=Open.SIGNED_IN,
        handler=licences,
        gives_file=("text/plain",),
        summary="The licences of all of it in full",
    ),
)
