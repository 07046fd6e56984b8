"""Sign in, stay signed in, sign out."""

from typing import Annotated, Any, Final, Literal

from msgspec import UNSET, Meta, Struct, UnsetType
from msgspec.structs import replace

from appliance.domain.access import Actor, Permission, Role
from appliance.domain.people import User
from appliance.services.signing_in.doorkeeper import Proof, Visit
from appliance.services.signing_in.signin import SignedIn
from web import session_cookie
from web.asking import Ask, Reply, bearer
from web.routes import PREFIX, Open, Route
from web.shapes import Done

Text = Annotated[str, Meta(max_length=1_000)]
Code = Annotated[str, Meta(max_length=40)]
SHORTEST_RETRY_KEY: Final = 16
_PRIVATE: Final = {"Cache-Control": "no-store"}


class Credentials(Struct, frozen=True):
    """A person's name and password, and a code where the person has a second factor.

    An application without a field for it sends the password, a space, and the code.
    """

    username: Text
    password: Text
    totp: Code = ""
    recovery_code: Code = ""
    keep: Literal["body", "cookie"] = "body"
    """Where the refresh token is given: in a cookie, for Weir's own pages only, it is in no body."""


class RefreshToken(Struct, frozen=True):
    """The newest refresh token of a session; without one, that of the cookie is meant."""

    refresh_token: Text = ""
    retry_key: Annotated[str, Meta(max_length=200, pattern=f"^(.{{{SHORTEST_RETRY_KEY},}})?$")] = ""
    """Random, made for this one request: who asks again within a minute sends it again."""


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
    role_id: int | None
    """The municipality's own role, where `role` is `custom`."""
    permissions: list[str]
    """Everything that they may do."""
    zone_ids: list[int] | None
    """To which zones they are limited; null: not at all."""
    program: str | None = None
    """The name of the API token with which somebody asks: what is said is then of the token."""


class Tokens(Struct, frozen=True):
    """What a signed-in application carries."""

    access_token: str
    expires_in: int
    """Seconds."""
    user: Person
    refresh_token: str | UnsetType = UNSET
    """Not there where it is kept in a cookie."""
    token_type: Literal["bearer"] = "bearer"  # noqa: S105 - the kind of token
    totp_enrolment_required: bool = False
    """Whether all that this session may do is to set a second factor up."""


async def sign_in(ask: Ask[Permission]) -> Reply:
    """Begin a session."""
    said: Credentials = ask.body
    proof = Proof(said.username, said.password, said.totp or said.recovery_code)
    if said.keep == "body":
        return _answer(await ask.services.sign_in.sign_in(proof, visit(ask)))
    session_cookie.must_be_our_page(ask)
    return _kept(ask, await ask.services.sign_in.sign_in(proof, visit(ask)))


async def refresh(ask: Ask[Permission]) -> Reply:
    """Give new tokens; the refresh token is spent."""
    said: RefreshToken = ask.body
    in_cookie = "" if said.refresh_token else session_cookie.shown(ask)
    if in_cookie:
        session_cookie.must_be_our_page(ask)
        return _kept(ask, await ask.services.sign_in.go_on(in_cookie, visit(ask)))
    renewed = await ask.services.sign_in.refresh(said.refresh_token, visit(ask), said.retry_key)
    return _answer(renewed)


async def sign_out(ask: Ask[Permission]) -> Reply:
    """End the session; a browser forgets its cookie."""
    await ask.services.sign_in.sign_out(bearer(ask.headers) or "")
    return Reply(Done(), headers=session_cookie.forgotten(ask))


async def me(ask: Ask[Permission]) -> Person:
    """Say who one is; a program is told what its token may do, not what who made it may."""
    actor = ask.signed_in
    found = person(await ask.services.sign_in.me(actor))
    return found if actor.token is None else _of_token(found, actor)


async def change_password(ask: Ask[Permission]) -> Done:
    """Change one's own password."""
    said: PasswordChange = ask.body
    await ask.services.sign_in.change_password(
        ask.signed_in, said.old_password, said.new_password, visit(ask)
    )
    return Done()


def visit(ask: Ask[Any]) -> Visit:
    """Give from where somebody asks, and with what program."""
    return Visit(ask.address, ask.headers.get("User-Agent", ""))


def _of_token(maker: Person, actor: Actor) -> Person:
    return replace(
        maker,
        username=actor.name,
        email="",
        full_name="",
        role=actor.role,
        is_super_admin=False,
        municipality_id=actor.municipality,
        role_id=None,
        permissions=sorted(p.name for p in actor.permissions),
        zone_ids=None if actor.zones is None else sorted(actor.zones),
        program=actor.name,
    )


def _answer(found: SignedIn) -> Reply:
    tokens = replace(_tokens(found), refresh_token=found.refresh_token)
    return Reply(tokens, headers=_PRIVATE)


def _kept(ask: Ask[Permission], found: SignedIn) -> Reply:
    return Reply(
        _tokens(found), headers={**_PRIVATE, **session_cookie.kept(ask, found.refresh_token)}
    )


def _tokens(found: SignedIn) -> Tokens:
    return Tokens(
        access_token=found.access_token,
        expires_in=found.expires_in,
        user=person(found.user),
        totp_enrolment_required=found.must_enrol,
    )


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
        role_id=user.custom_role,
        permissions=sorted(p.name for p in user.as_actor().permissions),
        zone_ids=None if user.zones is None else sorted(user.zones),
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
        summary="Sign in with name and password; Weir's own pages keep the refresh token in a cookie",
    ),
    Route(
        method="POST",
        path=f"{PREFIX}/auth/refresh",
        on_full_disk=True,
        access=Open.PUBLIC,
        handler=refresh,
        body=RefreshToken,
        answer=Tokens,
        summary="Get new tokens; a refresh token works once, in a cookie once a minute",
    ),
    Route(
        method="POST",
        path=f"{PREFIX}/auth/logout",
        on_full_disk=True,
        while_enrolling=True,
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
