"""The first start in a browser."""

from typing import Annotated

from msgspec import Meta, Struct

from appliance.domain.access import Permission
from appliance.services.setup import FirstPerson
from web.asking import Ask
from web.routes import PREFIX, Open, Route

Name = Annotated[str, Meta(min_length=1, max_length=128)]


class Needed(Struct, frozen=True):
    """Whether there is no super admin yet, and whether somebody can sign in all the same (demo)."""

    needed: bool
    sign_in_possible: bool


class SetUpIn(Struct, frozen=True):
    """Who will be the super admin, of which first municipality; the code is on the console."""

    code: Annotated[str, Meta(max_length=64)]
    municipality: Name
    username: Name
    password: Annotated[str, Meta(max_length=1_000)]
    email: Annotated[str, Meta(max_length=320)] = ""
    time_zone: Name = "UTC"


class SetUpOut(Struct, frozen=True):
    """The first municipality."""

    municipality_id: int


async def needed(ask: Ask[Permission]) -> Needed:
    """Say whether set-up is needed."""
    set_up = ask.services.setup
    return Needed(await set_up.needed(), await set_up.has_people())


async def set_up(ask: Ask[Permission]) -> SetUpOut:
    """Do the set-up."""
    said: SetUpIn = ask.body
    first = FirstPerson(
        municipality=said.municipality,
        username=said.username,
        password=said.password,
        email=said.email,
        time_zone=said.time_zone,
    )
    return SetUpOut(await ask.services.setup.with_code(said.code, first))


ROUTES = (
    Route(
        method="GET",
        path=f"{PREFIX}/setup",
        access=Open.PUBLIC,
        handler=needed,
        answer=Needed,
        summary="Whether Weir must be set up first",
    ),
    Route(
        method="POST",
        path=f"{PREFIX}/setup",
        access=Open.PUBLIC,
        handler=set_up,
        body=SetUpIn,
        answer=SetUpOut,
        status=201,
        summary="Make the first person and the first municipality, once",
    ),
)
