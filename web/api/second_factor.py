"""The second factor: one's own, that of the people one manages, and who must have one."""

from typing import Annotated

from msgspec import Meta, Struct

from appliance.domain.access import AdministerSystem, ManageSettings, ManageUsers, Permission, Role
from appliance.domain.ids import UserId
from appliance.domain.instant import SECOND
from appliance.services.signing_in.access_tokens import LIFETIME
from appliance.services.signing_in.passwords import SHORTEST
from appliance.services.signing_in.refresh_tokens import SESSION_LASTS
from appliance.services.signing_in.second_factors import FactorRules, Shown
from appliance.services.signing_in.signin import MOST_SESSIONS
from web.api.signing_in import Code, Text, visit
from web.asking import Ask, Reply
from web.routes import PREFIX, Open, Route
from web.shapes import Done, Time, time_or_none


class FactorStateOut(Struct, frozen=True):
    """How it stands with one's own second factor."""

    enabled: bool
    enabled_at: Time | None
    required: bool
    """Whether one's role needs one."""
    recovery_codes_left: int


class Password(Struct, frozen=True):
    """One's own password."""

    password: Text


class Enrolment(Struct, frozen=True):
    """What an authenticator app must be told; it counts for nothing before it is confirmed."""

    secret: str
    """Base32, to be typed."""
    otpauth_uri: str
    """To be shown as a QR code, which is drawn where it is shown."""


class CodeIn(Struct, frozen=True):
    """What the authenticator app shows now."""

    code: Code


class PasswordAndCode(Struct, frozen=True):
    """One's own password, and a code of the app or a recovery code."""

    password: Text
    code: Code


class RecoveryCodes(Struct, frozen=True):
    """Each is good once, instead of a code of the app; shown this once."""

    recovery_codes: list[str]


class RequiredRoles(Struct, frozen=True):
    """Roles that need a second factor."""

    totp_roles: Annotated[list[Role], Meta(max_length=20)]


class FactorRulesOut(Struct, frozen=True):
    """Roles that need a second factor."""

    totp_roles: list[Role]
    """Of this municipality's people."""
    totp_roles_everywhere: list[Role]
    """Whatever a municipality says."""


class SystemRulesOut(Struct, frozen=True):
    """What holds for signing in, whatever a municipality says."""

    totp_roles: list[Role]
    totp_roles_everywhere: list[Role]
    session_seconds: float
    """After so long without a visit somebody must sign in anew; the same everywhere."""
    access_token_seconds: float
    """So soon a changed role or an ended session holds for programs, too."""
    most_sessions: int
    """Of a person; of more the oldest ends."""
    shortest_password: int


async def state(ask: Ask[Permission]) -> FactorStateOut:
    """Say how it stands with one's own."""
    found = await ask.services.second_factors.state(ask.signed_in)
    return FactorStateOut(
        enabled=found.enabled_at is not None,
        enabled_at=time_or_none(found.enabled_at),
        required=found.required,
        recovery_codes_left=found.codes_left,
    )


async def begin(ask: Ask[Permission]) -> Enrolment:
    """Make a secret."""
    said: Password = ask.body
    made = await ask.services.second_factors.begin(ask.signed_in, said.password, visit(ask))
    return Enrolment(made.secret, made.uri)


async def confirm(ask: Ask[Permission]) -> RecoveryCodes:
    """Turn it on."""
    return RecoveryCodes(
        list(await ask.services.second_factors.confirm(ask.signed_in, ask.body.code))
    )


async def disable(ask: Ask[Permission]) -> Done:
    """Turn it off."""
    await ask.services.second_factors.disable(ask.signed_in, _shown(ask))
    return Done()


async def renew_codes(ask: Ask[Permission]) -> RecoveryCodes:
    """Make new recovery codes."""
    return RecoveryCodes(
        list(await ask.services.second_factors.renew_codes(ask.signed_in, _shown(ask)))
    )


def _shown(ask: Ask[Permission]) -> Shown:
    said: PasswordAndCode = ask.body
    return Shown(said.password, said.code, visit(ask))


async def reset(ask: Ask[ManageUsers]) -> Reply:
    """Take somebody's away."""
    user = UserId(ask.path["user"])
    await ask.found(lambda grant: ask.services.second_factors.reset(grant, user))
    return Reply(status=204)


async def rules(ask: Ask[ManageSettings]) -> FactorRulesOut:
    """Say which roles need one here."""
    return _rules(await ask.services.second_factors.rules(await ask.one()))


async def change_rules(ask: Ask[ManageSettings]) -> FactorRulesOut:
    """Say anew which roles need one here."""
    said: RequiredRoles = ask.body
    return _rules(await ask.services.second_factors.require(await ask.one(), said.totp_roles))


async def rules_everywhere(ask: Ask[AdministerSystem]) -> SystemRulesOut:
    """Say which roles need one everywhere."""
    return _system_rules(await ask.services.second_factors.rules_everywhere(ask.system()))


async def change_rules_everywhere(ask: Ask[AdministerSystem]) -> SystemRulesOut:
    """Say anew which roles need one everywhere."""
    said: RequiredRoles = ask.body
    factors = ask.services.second_factors
    return _system_rules(await factors.require_everywhere(ask.system(), said.totp_roles))


def _rules(found: FactorRules) -> FactorRulesOut:
    return FactorRulesOut(sorted(found.here), sorted(found.everywhere))


def _system_rules(found: FactorRules) -> SystemRulesOut:
    return SystemRulesOut(
        sorted(found.here),
        sorted(found.everywhere),
        session_seconds=SESSION_LASTS / SECOND,
        access_token_seconds=LIFETIME / SECOND,
        most_sessions=MOST_SESSIONS,
        shortest_password=SHORTEST,
    )


_OWN = f"{PREFIX}/auth/totp"

ROUTES = (
    Route(
        method="GET",
        path=_OWN,
        while_enrolling=True,
        access=Open.SIGNED_IN,
        handler=state,
        answer=FactorStateOut,
        summary="How it stands with one's own second factor",
    ),
    Route(
        method="POST",
        path=_OWN,
        on_full_disk=True,
        while_enrolling=True,
        access=Open.SIGNED_IN,
        handler=begin,
        body=Password,
        answer=Enrolment,
        summary="Begin to set up a second factor (TOTP, RFC 6238)",
    ),
    Route(
        method="POST",
        path=f"{_OWN}/confirm",
        on_full_disk=True,
        while_enrolling=True,
        access=Open.SIGNED_IN,
        handler=confirm,
        body=CodeIn,
        answer=RecoveryCodes,
        summary="Turn it on with a code of the app; one's other sessions end",
    ),
    Route(
        method="POST",
        path=f"{_OWN}/disable",
        access=Open.SIGNED_IN,
        handler=disable,
        body=PasswordAndCode,
        answer=Done,
        summary="Turn it off",
    ),
    Route(
        method="POST",
        path=f"{_OWN}/recovery-codes",
        access=Open.SIGNED_IN,
        handler=renew_codes,
        body=PasswordAndCode,
        answer=RecoveryCodes,
        summary="Make new recovery codes; the old ones are void",
    ),
    Route(
        method="DELETE",
        path=f"{PREFIX}/users/{{user}}/totp",
        access=ManageUsers,
        handler=reset,
        status=204,
        summary="Take away the second factor of somebody who lost phone and codes",
    ),
    Route(
        method="GET",
        path=f"{PREFIX}/auth/rules",
        access=ManageSettings,
        handler=rules,
        answer=FactorRulesOut,
        summary="Which roles need a second factor",
    ),
    Route(
        method="PUT",
        path=f"{PREFIX}/auth/rules",
        access=ManageSettings,
        handler=change_rules,
        body=RequiredRoles,
        answer=FactorRulesOut,
        summary="Say which roles need a second factor; who has none may only set it up",
    ),
    Route(
        method="GET",
        path=f"{PREFIX}/admin/auth/rules",
        access=AdministerSystem,
        handler=rules_everywhere,
        answer=SystemRulesOut,
        summary="Which roles need a second factor in all municipalities, and how long signing in lasts",
    ),
    Route(
        method="PUT",
        path=f"{PREFIX}/admin/auth/rules",
        access=AdministerSystem,
        handler=change_rules_everywhere,
        body=RequiredRoles,
        answer=SystemRulesOut,
        summary="Say which roles need a second factor in all municipalities",
    ),
)
