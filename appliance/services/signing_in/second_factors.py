"""Second factors: set up, shown to work, taken away, and who must have one."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from typing import Final

from appliance.domain.access import (
    Actor,
    AdministerSystem,
    Grant,
    ManageSettings,
    ManageUsers,
    Role,
    SystemGrant,
    must_not_exceed,
)
from appliance.domain.errors import Conflict, Invalid, NotFound, NotSignedIn
from appliance.domain.ids import UserId
from appliance.domain.instant import Instant
from appliance.domain.people import SecondFactor, User
from appliance.domain.sayings import saying
from appliance.ports.operations import SystemTables
from appliance.ports.tables import Tables
from appliance.services.signing_in import codes, second_factor_rules
from appliance.services.signing_in.codes import Enrolment
from appliance.services.signing_in.doorkeeper import Doorkeeper, Visit
from appliance.services.signing_in.passwords import without_code
from appliance.services.signing_in.signin import SignIn
from appliance.services.world import World

_NONE: Final = saying("no_factor_to_confirm", "there is no second factor to confirm; begin anew")


@dataclass(frozen=True, slots=True)
class Shown:
    """What somebody shows before their second factor is touched."""

    password: str
    code: str
    """Of the factor, or a recovery code."""
    visit: Visit


@dataclass(frozen=True, slots=True)
class FactorState:
    """How it stands with somebody's second factor."""

    enabled_at: Instant | None
    required: bool
    codes_left: int


@dataclass(frozen=True, slots=True)
class FactorRules:
    """The roles that need a second factor."""

    everywhere: frozenset[Role]
    here: frozenset[Role]
    """Of one municipality's people besides."""


class SecondFactors:
    """Everybody's own second factor; nobody else ever sees its secret or its codes."""

    def __init__(self, world: World, doorkeeper: Doorkeeper, sign_in: SignIn) -> None:
        self._operations = world.operations
        self._clock = world.clock
        self._ids = world.ids
        self._doorkeeper = doorkeeper
        self._sign_in = sign_in

    async def state(self, actor: Actor) -> FactorState:
        """Say how it stands with one's own."""
        user = await self._person(actor)

        def look(tables: SystemTables) -> FactorState:
            factor = tables.second_factors.get(user.id)
            return FactorState(
                None if factor is None else factor.confirmed_at,
                second_factor_rules.is_required(tables, user),
                tables.second_factors.codes_left(user.id),
            )

        return await self._operations.read_system(look)

    async def begin(self, actor: Actor, password: str, visit: Visit) -> Enrolment:
        """Make a secret, which counts for nothing before `confirm`; Conflict when one is in use."""
        user = await self._person(actor)
        await self._must_know(user, password, visit)
        if without_code(password)[1]:
            raise Conflict(
                what=saying(
                    "password_like_code", "your password ends like a code does; change it first"
                )
            )
        factor = SecondFactor(user=user.id, secret=codes.new_secret(self._ids))

        def begin(tables: SystemTables) -> None:
            if second_factor_rules.has_factor(tables, user):
                raise Conflict(
                    what=saying("factor_there", "you have a second factor; take that away first")
                )
            tables.second_factors.put(factor)

        await self._operations.write_system(begin)
        return codes.enrolment_of(factor.secret, user.username)

    async def confirm(self, actor: Actor, code: str) -> tuple[str, ...]:
        """Turn it on for who shows a code of it; gives recovery codes, shown this once.

        All other sessions of this person end: they began without it.
        """
        user, now = await self._person(actor), self._clock.now()
        fresh = codes.new_recovery_codes(self._ids)

        def confirm(tables: SystemTables) -> None:
            factor = tables.second_factors.get(user.id)
            if factor is None or factor.confirmed_at is not None:
                raise Conflict(what=_NONE)
            step = codes.step_of(factor, code, now)
            if step is None:
                raise Invalid(
                    field="code",
                    problem=saying("not_the_code", "this is not what the app shows now"),
                )
            tables.second_factors.put(replace(factor, confirmed_at=now, last_step=step))
            tables.second_factors.replace_codes(user.id, map(codes.digest, fresh))
            tables.sessions.end_others(user.id, actor.session)

        await self._operations.write_system(confirm)
        self._sign_in.forget_user(user.id)
        return fresh

    async def disable(self, actor: Actor, shown: Shown) -> None:
        """Take one's own away, for who shows the password and a code."""
        user = await self._person(actor)
        await self._prove(user, shown, lambda t: _remove(t, user))
        self._sign_in.forget_user(user.id)

    async def renew_codes(self, actor: Actor, shown: Shown) -> tuple[str, ...]:
        """Give new recovery codes, for who shows the password and a code; the old ones are void."""
        user = await self._person(actor)
        fresh = codes.new_recovery_codes(self._ids)
        digests = [codes.digest(code) for code in fresh]
        await self._prove(user, shown, lambda t: t.second_factors.replace_codes(user.id, digests))
        return fresh

    async def _prove(self, user: User, shown: Shown, then: Callable[[SystemTables], None]) -> None:
        await self._must_know(user, shown.password, shown.visit)
        attempt = await self._doorkeeper.attempt_of(user, shown.visit)
        now = self._clock.now()

        def change(tables: SystemTables) -> None:
            if not second_factor_rules.has_factor(tables, user):
                raise Conflict(what=saying("no_factor", "you have no second factor"))
            if not codes.take(tables, user.id, shown.code, now):
                raise Invalid(
                    field="code", problem=saying("code_used", "it is not right, or has been used")
                )
            then(tables)

        with self._doorkeeper.judging_code(attempt):
            await self._operations.write_system(change)

    async def _must_know(self, user: User, password: str, visit: Visit) -> None:
        if not await self._doorkeeper.is_password_of(user, password, visit):
            raise Invalid(
                field="password", problem=saying("not_your_password", "this is not your password")
            )

    async def _person(self, actor: Actor) -> User:
        if actor.session is None:
            raise NotSignedIn(reason="An API token has no second factor; sign in as a person")
        return await self._sign_in.me(actor)

    # What those may do who manage people

    async def reset(self, grant: Grant[ManageUsers], user: UserId) -> None:
        """Take away the second factor of somebody who lost phone and codes; their sessions end.

        NotAllowed where that person may do more than the one who asks.
        """

        def reset(tables: SystemTables) -> None:
            found = tables.of(grant.municipality).users.get(user)
            if found is None:
                raise NotFound(kind="user", name=user)
            must_not_exceed(grant.actor, found.as_actor().permissions)
            reset_factor(tables, found)

        await self._operations.write_system(reset)
        self._sign_in.forget_user(user)

    async def rules(self, grant: Grant[ManageSettings]) -> FactorRules:
        """Say which roles need one in this municipality."""

        def look(tables: SystemTables) -> FactorRules:
            here = second_factor_rules.roles_of(tables.of(grant.municipality))
            return FactorRules(second_factor_rules.roles_everywhere(tables), here)

        return await self._operations.read_system(look)

    async def require(self, grant: Grant[ManageSettings], roles: Iterable[Role]) -> FactorRules:
        """Say which roles need one in this municipality; who has none may only set it up."""
        now = self._clock.now()

        def change(tables: Tables) -> None:
            second_factor_rules.require_here(tables, roles, now)

        await self._operations.write(grant.municipality, change)
        self._sign_in.forget_everybody()
        return await self.rules(grant)

    async def rules_everywhere(self, grant: SystemGrant[AdministerSystem]) -> FactorRules:
        """Say which roles need one in all municipalities."""
        del grant
        found = await self._operations.read_system(second_factor_rules.roles_everywhere)
        return FactorRules(found, frozenset())

    async def require_everywhere(
        self, grant: SystemGrant[AdministerSystem], roles: Iterable[Role]
    ) -> FactorRules:
        """Say which roles need one in all municipalities, whatever each says itself."""
        await self._operations.write_system(
            lambda t: second_factor_rules.require_everywhere(t, roles)
        )
        self._sign_in.forget_everybody()
        return await self.rules_everywhere(grant)


def reset_factor(tables: SystemTables, user: User) -> bool:
    """Take somebody's second factor and sessions away; say whether there was a factor."""
    tables.sessions.end_others(user.id, None)
    return tables.second_factors.remove(user.id)


def _remove(tables: SystemTables, user: User) -> None:
    tables.second_factors.remove(user.id)
