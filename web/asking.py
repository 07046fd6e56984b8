"""What a handler is given: who asks, what for, and with which right."""

import re
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final, Generic, TypeVar

from werkzeug.datastructures import Headers

from appliance.domain.access import (
    Actor,
    AdministerSystem,
    Grant,
    Permission,
    Role,
    SystemGrant,
    authorise,
    authorise_system,
)
from appliance.domain.errors import Invalid, NotFound, NotSignedIn
from appliance.domain.ids import MunicipalityId
from appliance.services.assembly import Services
from appliance.services.attachments import Upload
from web.listings import Place
from web.problems import QueryInvalid

P = TypeVar("P", bound=Permission)
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Reply:
    """A body with a status or headers of its own."""

    body: Any = None
    status: int | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    stream: AsyncIterator[bytes] | None = None
    """The body, where it is a file."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ask(Generic[P]):
    """One request, authenticated, with everything in it read and checked."""

    services: Services
    permission: type[P]
    actor: Actor | None
    path: Mapping[str, Any]
    query: Any
    body: Any
    payload: bytes
    headers: Headers
    url: str
    """Path and query as they were asked for."""
    here: str
    """The origin under which we were asked: `https://weir.example:8443`."""
    address: str
    upload: Upload | None = None
    """The file, where the route takes one; it is gone when the request is."""
    municipality: MunicipalityId | None
    """Named by `municipality_id` in the query, else None."""
    place: Place | None = None
    """Which part of a list, where the route declares one."""

    @property
    def listed(self) -> Place:
        """The part of the list that is meant; only routes that declare a list have one."""
        if self.place is None:
            raise AssertionError("this route declares no listing")
        return self.place

    @property
    def file(self) -> Upload:
        """The file that came; only routes that say so take one."""
        if self.upload is None:
            raise AssertionError("this route takes no file")
        return self.upload

    @property
    def signed_in(self) -> Actor:
        """The actor; NotSignedIn when there is none."""
        if self.actor is None:
            raise NotSignedIn(reason="Sign in first")
        return self.actor

    async def one(self, named: int | None = None) -> Grant[P]:
        """Give the right in the municipality that is meant.

        That is the one named; else the actor's own; else, for a super admin, the only one there is.
        """
        wanted = MunicipalityId(named) if named is not None else self.municipality
        actor = self.signed_in
        if wanted is None and actor.municipality is None and actor.role is Role.SUPER_ADMIN:
            wanted = await self._only_one()
        return authorise(actor, self.permission, wanted)

    async def _only_one(self) -> MunicipalityId:
        grant = self.beyond()
        everywhere = await self.services.municipalities.all(grant)
        real = [m for m in everywhere if not m.demo] or everywhere
        if len(real) != 1:
            problem = "say which municipality is meant"
            if self.body is None:  # then there is no other place to say it
                raise QueryInvalid(f"{problem} - at `$.municipality_id`")
            raise Invalid(field="municipality_id", problem=problem)
        return real[0].id

    async def every(self) -> tuple[Grant[P], ...]:
        """Give the right in every municipality that is meant: a super admin may mean all."""
        actor = self.signed_in
        if self.municipality is not None or actor.municipality is not None:
            return (await self.one(),)
        grant = authorise_system(actor, AdministerSystem)
        everywhere = self.services.municipalities.ids(grant)
        return tuple(authorise(actor, self.permission, one) for one in everywhere)

    async def found(self, find: Callable[[Grant[P]], Awaitable[T]]) -> T:
        """Give what is found in the first of the actor's municipalities that has it."""
        missing = NotFound(kind="municipality", name="(none)")
        for grant in await self.every():
            try:
                return await find(grant)
            except NotFound as nothing:
                missing = nothing
        raise missing

    def system(self) -> SystemGrant[P]:
        """Give the right beyond municipalities, or raise NotAllowed."""
        return authorise_system(self.signed_in, self.permission)

    def beyond(self) -> SystemGrant[AdministerSystem]:
        """Give the right to what belongs to no municipality, whatever the route asked for."""
        return authorise_system(self.signed_in, AdministerSystem)

    def is_everywhere(self) -> bool:
        """Whether a super admin asks about all municipalities at once."""
        return self.municipality is None and self.signed_in.role is Role.SUPER_ADMIN


_BEARER: Final = re.compile(r"bearer\s+(\S+)\s*", re.IGNORECASE)


def bearer(headers: Headers) -> str | None:
    """Give the credential of an `Authorization: Bearer` header (RFC 6750, 2.1)."""
    found = _BEARER.fullmatch(headers.get("Authorization", ""))
    return found.group(1) if found else None
