"""Sign in, stay signed in, sign out."""

from typing import Annotated, Literal

from msgspec import Meta, Struct

from appliance.domain.access import Permission, Role
from appliance.domain.people import User
from appliance.services.signin import SignedIn
from web.asking import Ask, Reply, bearer
from web.routes import PREFIX, Open, Route
from web.shapes import Done

Text = Annotated[str, Meta(max_length=1_000)]


class Credentials(Struct, frozen=True):
    """A person's name and password."""

    username: Text
    password: Text


class RefreshToken(Struct, frozen=True):
    """The newest refresh token of a session."""

    refresh_token: Text


class PasswordChange(Struct, frozen=True):
    """One's own password, and the next."""

    old_password: Text
    new_password: Text


class Person(Struct, frozen=True):
    """Somebody who can sign in."""

    id: int
    username: str
    email: str
    full_name: str
    role: Role
    is_super_admin: bool
    municipality_id: int | None
    enabled: bool


class Tokens(Struct, frozen=True):
    """What a signed-in application carries."""

    access_token: str
    refresh_token: str
    expires_in: int
    user: Person
    token_type: Literal["bearer"] = "bearer"  # noqa: S105 - the kind of token


async def sign_in(ask: Ask[Permission]) -> Reply:
    """Begin a session."""
    said: Credentials = ask.body
    found = await ask.services.sign_in.sign_in(said.username, said.password, ask.address)
    return _answer(found)


async def refresh(ask: Ask[Permission]) -> Reply:
    """Give new tokens; the refresh token is spent."""
    return _answer(await ask.services.sign_in.refresh(ask.body.refresh_token))


async def sign_out(ask: Ask[Permission]) -> Done:
    """End the session."""
    await ask.services.sign_in.sign_out(bearer(ask.headers) or "")
    return Done()


async def me(ask: Ask[Permission]) -> Person:
    """Say who one is."""
    return person(await ask.services.sign_in.me(ask.signed_in))


async def change_password(ask: Ask[Permission]) -> Done:
    """Change one's own password."""
    said: PasswordChange = ask.body
    await ask.services.sign_in.change_password(ask.signed_in, said.old_password, said.new_password)
    return Done()


def _answer(found: SignedIn) -> Reply:
    tokens = Tokens(
        access_token=found.access_token,
        refresh_token=found.refresh_token,
        expires_in=found.expires_in,
        user=person(found.user),
    )
    return Reply(tokens, headers={"Cache-Control": "no-store"})


def person(user: User) -> Person:
    """Write a user."""
    return Person(
        id=user.id,
        username=user.username,
        email=user.email,
        full_name=user.full_name,
        role=user.role,
        is_super_admin=user.role is Role.SUPER_ADMIN,
        municipality_id=user.municipality,
        enabled=user.enabled,
    )


ROUTES = (
    Route(
        method="POST",
        path=f"{PREFIX}/auth/login",
        on_full_disk=True,
        access=Open.PUBLIC,
        handler=sign_in,
        body=Credentials,
        answer=Tokens,
        summary="Sign in with name and password",
    ),
    Route(
        method="POST",
        path=f"{PREFIX}/auth/refresh",
        on_full_disk=True,
        access=Open.PUBLIC,
        handler=refresh,
        body=RefreshToken,
        answer=Tokens,
        summary="Get new tokens; a refresh token works once",
    ),
    Route(
        method="POST",
        path=f"{PREFIX}/auth/logout",
        on_full_disk=True,
        access=Open.SIGNED_IN,
        handler=sign_out,
        answer=Done,
        summary="End this session",
    ),
    Route(
        method="GET",
        path=f"{PREFIX}/auth/me",
        access=Open.SIGNED_IN,
        handler=me,
        answer=Person,
        summary="Who is signed in",
    ),
    Route(
        method="POST",
        path=f"{PREFIX}/auth/password",
        access=Open.SIGNED_IN,
        handler=change_password,
        body=PasswordChange,
        answer=Done,
        summary="Change one's own password; every session of this person ends",
    ),
)
