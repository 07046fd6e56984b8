"""The first start: who may make the first person, and what a new municipality begins with."""

import base64
import hmac
from collections.abc import Callable
from dataclasses import dataclass
from hashlib import sha256
from typing import Final

from appliance.detection.defaults import default_rules
from appliance.domain.access import Role
from appliance.domain.errors import Conflict, NotSignedIn, TooMany
from appliance.domain.ids import MunicipalityId, UserId
from appliance.domain.instant import Instant
from appliance.domain.people import Municipality, User
from appliance.domain.sayings import saying
from appliance.ports.clock import IdSource
from appliance.ports.operations import SystemTables
from appliance.services.names import must_be_a_time_zone, must_be_named
from appliance.services.signing_in.passwords import Passwords
from appliance.services.world import World

MOST_TRIES: Final = 20
"""Wrong codes before the browser set-up is over until the next start."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FirstPerson:
    """Who will be the super admin, and of what the first municipality."""

    municipality: str
    username: str
    password: str
    email: str = ""
    time_zone: str = "UTC"


class OneTimeCode:
    """Printed on the console, typed into the browser: shows that the person sits at the machine."""

    def __init__(self, ids: IdSource) -> None:
        letters = base64.b32encode(sha256(ids.new_secret().encode()).digest()).decode()
        self.text = f"{letters[:5]}-{letters[5:10]}"
        self._tries = 0

    def must_be(self, given: str) -> None:
        """Raise unless this is the code; after MOST_TRIES wrong ones, whatever is given."""
        if self._tries >= MOST_TRIES:
            raise TooMany(
                what=saying(
                    "too_many_codes", "too many wrong codes; start Weir again for a new one"
                )
            )
        mine = self.text.replace("-", "").encode()
        theirs = given.replace("-", "").replace(" ", "").strip().upper().encode()
        if not hmac.compare_digest(mine, theirs):
            self._tries += 1
            raise NotSignedIn(
                reason=saying(
                    "wrong_set_up_code", "This is not the code that is printed on the console"
                )
            )


class SetUp:
    """Makes the first person and the first municipality, once."""

    def __init__(self, world: World, passwords: Passwords) -> None:
        self._world = world
        self._passwords = passwords
        self._code = OneTimeCode(world.ids)

    @property
    def code(self) -> str:
        """The code to print on the console while set-up is needed."""
        return self._code.text

    async def needed(self) -> bool:
        """Whether there is no super admin yet; the demo's operator is none."""
        return not await self._world.operations.read_system(_has_super_admin)

    async def has_people(self) -> bool:
        """Whether anybody can sign in, if only into the demo."""
        return bool(await self._world.operations.read_system(lambda t: t.users()))

    async def with_code(self, code: str, first: FirstPerson) -> MunicipalityId:
        """Do the set-up for somebody who knows the code."""
        if not await self.needed():
            raise Conflict(what=saying("set_up_already", "Weir has been set up already; sign in"))
        self._code.must_be(code)
        return await self.initialise(first)

    async def initialise(self, first: FirstPerson) -> MunicipalityId:
        """Make the super admin and the municipality; Conflict when there is anybody already."""
        must_be_named(first.municipality, "municipality")
        must_be_named(first.username, "username")
        await must_be_a_time_zone(first.time_zone)
        password_hash = await self._passwords.accept(first.password, first.username, first.email)
        now = self._world.clock.now()
        municipality = Municipality(
            id=MunicipalityId(self._world.ids.new_id()),
            name=first.municipality.strip(),
            time_zone=first.time_zone,
            created_at=now,
        )
        admin = User(
            id=UserId(self._world.ids.new_id()),
            username=first.username.strip(),
            email=first.email,
            full_name="",
            role=Role.SUPER_ADMIN,
            municipality=None,
            password_hash=password_hash,
            created_at=now,
        )

        def change(tables: SystemTables) -> None:
            if _has_super_admin(tables):
                raise Conflict(what=saying("set_up_already", "Weir has been set up already"))
            tables.put_user(admin)
            found_municipality(tables, municipality, self._world.ids.new_id, now)

        await self._world.operations.write_system(change)
        await self._world.directory.start()
        self._world.watching.poke()
        return municipality.id


def _has_super_admin(tables: SystemTables) -> bool:
    return any(user.role is Role.SUPER_ADMIN for user in tables.users())


def found_municipality(
    tables: SystemTables, municipality: Municipality, new_id: Callable[[], int], now: Instant
) -> None:
    """Add a municipality with the rules that every one begins with."""
    tables.put_municipality(municipality)
    rules = tables.of(municipality.id).rules
    for rule in default_rules(municipality.id, new_id, now):
        rules.put(rule)
