"""Is this the right password, and is this somebody who must wait before the next try?"""

from collections import OrderedDict
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Final, Self

from appliance.domain.errors import Invalid, NotSignedIn
from appliance.domain.people import User
from appliance.domain.sayings import saying
from appliance.ports.operations import SystemTables
from appliance.services.signing_in.guessing import Attempt, Guessing, place_of
from appliance.services.signing_in.passwords import Passwords, too_many_at_once, without_code
from appliance.services.world import World

WRONG: Final = saying("wrong_password", "The username or password is not right")
WRONG_CODE: Final = saying(
    "wrong_code", "The code is not right, or has been used; wait for the next one"
)
LONGEST_AGENT: Final = 120
MOST_KNOWN: Final = 10_000
"""Pairs of a name and a place in memory; in a storm of sign-ins others are taken for strangers."""


@dataclass(frozen=True, slots=True)
class Visit:
    """From where somebody asks, and with what program."""

    address: str
    agent: str = ""

    @property
    def shortened_agent(self) -> str:
        """What the program calls itself, without what a screen could not show."""
        return "".join(c for c in self.agent if c.isprintable())[:LONGEST_AGENT]


@dataclass(frozen=True, slots=True)
class Proof:
    """What somebody shows to sign in."""

    username: str
    password: str
    code: str = ""
    """Of a second factor, or one of its recovery codes; it may also follow the password."""


@dataclass(frozen=True, slots=True)
class Recognised:
    """Somebody whose password was right."""

    user: User
    has_factor: bool
    code: str
    attempt: Attempt


@dataclass(frozen=True, slots=True)
class _Account:
    user: User | None
    has_factor: bool
    is_known: bool


class Doorkeeper:
    """Judges passwords and codes, and slows down whoever guesses."""

    def __init__(self, world: World, passwords: Passwords) -> None:
        self._operations = world.operations
        self._passwords = passwords
        self._guessing = Guessing(world.clock)
        self._known: OrderedDict[tuple[str, str], None] = OrderedDict()
        """Names and places that belong together, to be found without asking the database."""

    async def start(self) -> Self:
        """Learn from where people have signed in; gives itself."""
        newest = await self._operations.read_system(lambda t: t.places.newest(MOST_KNOWN))
        for name, place in reversed(newest):
            self._known[name, place] = None
        return self

    def welcomed(self, attempt: Attempt) -> None:
        """Remember that somebody has signed in from there."""
        key = _pair(attempt.username, attempt.place)
        self._known[key] = None
        self._known.move_to_end(key)
        if len(self._known) > MOST_KNOWN:
            self._known.popitem(last=False)

    async def recognise(self, proof: Proof, visit: Visit) -> Recognised:
        """Check name and password; NotSignedIn says only that one of them is wrong.

        An unknown name takes as long as a wrong password. TooMany slows guessing down.
        """
        place = place_of(visit.address)
        if self._passwords.is_full and _pair(proof.username, place) not in self._known:
            raise too_many_at_once()  # at once: in a storm it must cost next to nothing
        account = await self._operations.read_system(lambda t: _account(t, proof.username, place))
        attempt = Attempt(proof.username, place, account.is_known)
        password, code = proof.password, proof.code
        if account.has_factor and not code:
            password, code = without_code(password)
        with self._guessing.trying(attempt):
            is_right = await self._is_right(account.user, password, attempt)
            if account.user is None or not is_right:
                raise NotSignedIn(reason=WRONG)
        return Recognised(account.user, account.has_factor, code, attempt)

    async def is_password_of(self, user: User, password: str, visit: Visit) -> bool:
        """Say whether somebody who is signed in knows their password; TooMany slows guessing."""
        place = place_of(visit.address)
        account = await self._operations.read_system(lambda t: _account(t, user.username, place))
        attempt = Attempt(user.username, place, account.is_known)
        with self._guessing.trying(attempt):
            return await self._is_right(account.user, password, attempt)

    async def _is_right(self, user: User | None, password: str, attempt: Attempt) -> bool:
        kept = None if user is None else user.password_hash
        matches = await self._passwords.matches(kept, password, is_known=attempt.is_known)
        if user is not None and matches and user.enabled:
            self._guessing.succeeded(attempt)
            return True
        self._guessing.failed(attempt)
        return False

    @contextmanager
    def judging_code(self, attempt: Attempt) -> Iterator[None]:
        """Hold one try of a code: NotSignedIn or Invalid that leaves this counts as a wrong one."""
        of_code = replace(attempt, is_code=True)
        with self._guessing.trying(of_code):
            try:
                yield
            except (NotSignedIn, Invalid):
                self._guessing.failed(of_code)
                raise
            self._guessing.succeeded(of_code)

    async def attempt_of(self, user: User, visit: Visit) -> Attempt:
        """Give the attempt that somebody who is signed in makes when they show a code."""
        place = place_of(visit.address)
        known = await self._operations.read_system(lambda t: t.places.knows(user.id, place))
        return Attempt(user.username, place, known)


def _pair(username: str, place: str) -> tuple[str, str]:
    return username.strip().casefold(), place


def _account(tables: SystemTables, username: str, place: str) -> _Account:
    user = tables.user_named(username.strip())
    if user is None:
        return _Account(None, has_factor=False, is_known=False)
    factor = tables.second_factors.get(user.id)
    has_factor = factor is not None and factor.confirmed_at is not None
    return _Account(user, has_factor, tables.places.knows(user.id, place))
