"""Slows the guessing of passwords and codes down, without letting a stranger lock anybody out."""

from collections import Counter, OrderedDict
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from ipaddress import IPv6Address, ip_address, ip_network
from typing import Final

from appliance.domain.errors import TooMany
from appliance.domain.sayings import saying
from appliance.ports.clock import Clock

FREE: Final = 5
"""Wrong passwords before the first wait: people mistype."""
FREE_FOR_STRANGERS: Final = 20
"""Wrong passwords for one account from all places where it is not known, before the first wait."""
FREE_FOR_PLACE: Final = 50
"""Wrong passwords from one place for all accounts that are not known there, likewise."""
LONGEST_WAIT: Final = 16.0
LONGEST_FOR_CODES: Final = 600.0
"""For strangers who know the password and guess codes, of which three in a million are good."""
FORGET_AFTER: Final = 900.0
MOST_KEPT: Final = 10_000

Key = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Attempt:
    """Who is said to sign in, from where, and whether that person has done so from there before."""

    username: str
    place: str
    is_known: bool
    is_code: bool = False
    """Whether it is a second factor's code, after the right password."""

    def counters(self) -> tuple["Counted", ...]:
        """Give what is counted.

        What strangers do is never counted against a place where somebody is known.
        """
        name = self.username.strip().casefold()[:128] + (" code" if self.is_code else "")
        if self.is_known:
            return (Counted((name, self.place), FREE),)
        longest = LONGEST_FOR_CODES if self.is_code else LONGEST_WAIT
        return (
            Counted((name, self.place), FREE, longest),
            Counted((name, ""), FREE_FOR_STRANGERS, longest),
            Counted(("", self.place), FREE_FOR_PLACE),
        )


@dataclass(frozen=True, slots=True)
class Counted:
    """One counter: how often it may fail before one must wait, and how long at most."""

    key: Key
    free: int
    longest: float = LONGEST_WAIT


def place_of(address: str) -> str:
    """Give what one person controls: an IPv4 address, or an IPv6 network of 64 bits (RFC 6177)."""
    try:
        found = ip_address(address.partition("%")[0])
    except ValueError:
        return address[:64]
    if not isinstance(found, IPv6Address):
        return str(found)
    if found.ipv4_mapped is not None:
        return str(found.ipv4_mapped)
    return str(ip_network((found, 64), strict=False))


@dataclass(slots=True)
class _Trouble:
    failures: int
    last: float


class Guessing:
    """Counts failures by account and place together, and by each of them alone.

    After so many failures each further try must wait 1, 2, 4 … at most LONGEST_WAIT seconds, with
    codes LONGEST_FOR_CODES. Where
    somebody has signed in before, only what happened under their name at that very place counts:
    whoever hammers a name from elsewhere, from however many places, slows down strangers and not
    its owner. Who must wait gets one try at a time, and who need not, twice the free ones, so that
    nobody gets ahead of the count by asking all at once. Of MOST_KEPT counters the one longest
    idle is forgotten first.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._troubles: OrderedDict[Key, _Trouble] = OrderedDict()
        self._under_way: Counter[Key] = Counter()

    @contextmanager
    def trying(self, attempt: Attempt) -> Iterator[None]:
        """Hold one try while it is judged; raises TooMany where this one has to wait."""
        counters = attempt.counters()
        left = max(self._left(counted) for counted in counters)
        if left > 0:
            seconds = int(left) + 1
            raise TooMany(
                what=saying(
                    "too_many_passwords",
                    "too many wrong passwords; try again in {seconds} s",
                    seconds=seconds,
                ),
                retry_after=seconds,
            )
        self._under_way.update(counted.key for counted in counters)
        try:
            yield
        finally:
            for counted in counters:
                self._done(counted.key)

    def _done(self, key: Key) -> None:
        self._under_way[key] -= 1
        if not self._under_way[key]:
            del self._under_way[key]

    def _left(self, counted: Counted) -> float:
        trouble = self._troubles.get(counted.key)
        failures = 0 if trouble is None else trouble.failures
        must_wait = failures >= counted.free
        if self._under_way[counted.key] >= (1 if must_wait else 2 * counted.free):
            return 1.0
        if trouble is None or not must_wait:
            return 0.0
        wait = min(2.0 ** min(failures - counted.free, 20), counted.longest)
        return trouble.last + wait - self._clock.monotonic()

    def failed(self, attempt: Attempt) -> None:
        """Count a wrong password or code."""
        for counted in attempt.counters():
            self._count(counted.key)

    def _count(self, key: Key) -> None:
        now = self._clock.monotonic()
        trouble = self._troubles.pop(key, None)
        if trouble is None or now - trouble.last > FORGET_AFTER:
            trouble = _Trouble(0, now)
        self._troubles[key] = _Trouble(trouble.failures + 1, now)
        if len(self._troubles) > MOST_KEPT:
            self._troubles.popitem(last=False)

    def succeeded(self, attempt: Attempt) -> None:
        """Forget the failures of this account at this place; what strangers did stays counted."""
        self._troubles.pop(attempt.counters()[0].key, None)
