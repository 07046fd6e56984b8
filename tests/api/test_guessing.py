"""What slows guessing down, and what keeps a flood of sign-ins bounded."""

import asyncio
import contextlib

import httpx
import pytest

from appliance.domain.errors import TooMany
from appliance.domain.ids import SessionId, UserId
from appliance.domain.instant import HOUR, SECOND, Instant
from appliance.services.signing_in.access_tokens import LIFETIME, AccessTokens
from appliance.services.signing_in.guessing import (
    FREE,
    FREE_FOR_PLACE,
    MOST_KEPT,
    Attempt,
    Guessing,
    place_of,
)
from appliance.services.signing_in.passwords import AT_ONCE, MOST_WAITING, Passwords
from tests.api.appliance import PASSWORD, Client, Weir
from tests.builders import NOON
from tests.fakes import FixedClock

ATTACKER, VICTIM = "203.0.113.1", "192.0.2.7"


def attempt(place: str, username: str = "Chief", **fields: bool) -> Attempt:
    return Attempt(username, place, **{"is_known": False, **fields})


def waits(guessing: Guessing, tried: Attempt) -> bool:
    try:
        with guessing.trying(tried):
            return False
    except TooMany:
        return True


def lengths(guessing: Guessing, clock: FixedClock, tried: Attempt, count: int) -> list[float]:
    """Give how long each of so many further mistakes makes somebody wait."""
    found = []
    for _ in range(count):
        before = clock.seconds
        while waits(guessing, tried):
            clock.advance(SECOND // 2)
        found.append(clock.seconds - before)
        guessing.failed(tried)
    return found


@pytest.mark.parametrize("is_known", [False, True])
def test_the_first_mistakes_cost_nothing_and_each_further_one_doubles_the_wait(is_known: bool):
    clock = FixedClock()
    guessing = Guessing(clock)
    tried = attempt(ATTACKER, "chief ", is_known=is_known)
    assert lengths(guessing, clock, tried, FREE) == [0] * FREE
    assert lengths(guessing, clock, tried, 7) == [1, 2, 4, 8, 16, 16, 16]


def test_who_knows_the_password_and_guesses_codes_waits_up_to_ten_minutes():
    clock = FixedClock()
    guessing = Guessing(clock)
    stranger = attempt(ATTACKER, is_code=True)
    assert lengths(guessing, clock, stranger, FREE + 11)[-2:] == [512, 600]
    assert not waits(guessing, attempt(VICTIM, is_known=True, is_code=True))
    assert not waits(guessing, attempt(VICTIM))


def test_whoever_hammers_a_name_from_anywhere_does_not_slow_down_its_owner():
    guessing = Guessing(FixedClock())
    for number in range(1_000):
        guessing.failed(attempt(ATTACKER))
        guessing.failed(attempt(f"198.51.100.{number % 250}"))
    assert waits(guessing, attempt(ATTACKER))
    assert waits(guessing, attempt("198.51.100.251"))  # a stranger like the others
    assert not waits(guessing, attempt(VICTIM, is_known=True))
    assert not waits(guessing, attempt(VICTIM, "somebody else"))


def test_whoever_tries_one_password_with_many_names_waits_and_who_is_known_there_does_not():
    guessing = Guessing(FixedClock())
    for number in range(FREE_FOR_PLACE):
        assert not waits(guessing, attempt(ATTACKER, f"person {number}"))
        guessing.failed(attempt(ATTACKER, f"person {number}"))
    assert waits(guessing, attempt(ATTACKER, "somebody else"))
    assert not waits(guessing, attempt(ATTACKER, "at home here", is_known=True))
    assert not waits(guessing, attempt(VICTIM, "somebody else"))


def test_nobody_gets_ahead_of_the_count_by_asking_all_at_once():
    guessing = Guessing(FixedClock())
    with contextlib.ExitStack() as under_way:
        for _ in range(2 * FREE):
            under_way.enter_context(guessing.trying(attempt(ATTACKER)))
        assert waits(guessing, attempt(ATTACKER))
        assert not waits(guessing, attempt(VICTIM))
    assert not waits(guessing, attempt(ATTACKER))
    assert not guessing._under_way


def test_success_and_time_forget():
    clock = FixedClock()
    guessing = Guessing(clock)
    for _ in range(FREE):
        guessing.failed(attempt(ATTACKER))
    assert waits(guessing, attempt(ATTACKER))
    guessing.succeeded(attempt(ATTACKER))
    assert not waits(guessing, attempt(ATTACKER))


def test_what_is_kept_is_bounded():
    guessing = Guessing(FixedClock())
    for number in range(MOST_KEPT + 100):
        guessing.failed(attempt(ATTACKER, str(number)))
    assert len(guessing._troubles) == MOST_KEPT


@pytest.mark.parametrize(
    ("address", "place"),
    [
        ("192.0.2.7", "192.0.2.7"),
        ("::ffff:192.0.2.7", "192.0.2.7"),
        ("2001:db8:1:2:aaaa::1", "2001:db8:1:2::/64"),
        ("2001:db8:1:2:bbbb::2", "2001:db8:1:2::/64"),
        ("fe80::1%eth0", "fe80::/64"),
        ("<local>", "<local>"),
    ],
)
def test_a_place_is_what_one_person_controls(address: str, place: str):
    assert place_of(address) == place


async def test_a_flood_of_sign_ins_is_refused_beyond_what_may_wait():
    passwords = Passwords()
    kept = await passwords.hash("a long enough pass phrase")
    assert not await passwords.matches(None, "wrong")  # what nobody has is hashed once, now
    floods = [passwords.matches(kept, "wrong") for _ in range(AT_ONCE + MOST_WAITING + 20)]
    known = passwords.matches(kept, "a long enough pass phrase", is_known=True)
    *outcomes, was_let_in = await asyncio.gather(*floods, known, return_exceptions=True)
    assert was_let_in is True
    refused = [o for o in outcomes if isinstance(o, TooMany)]
    assert 0 < len(refused) <= 20
    assert {o for o in outcomes if not isinstance(o, TooMany)} == {False}
    assert await passwords.matches(kept, "a long enough pass phrase")
    assert not await passwords.matches(None, "a long enough pass phrase")


async def test_an_expired_token_opens_nothing_new_but_says_who_it_was(weir: Weir):
    issued = weir.services.sign_in._access_tokens
    claims = issued.read(weir.chief.token)
    past = Instant(weir.core.clock.now() - HOUR)
    old = issued.issue(claims.user, claims.session, claims.stamp, past)
    weir.chief.token = old
    assert (await weir.chief.get("auth/me")).status == 401
    actor = await weir.services.sign_in.actor(old, expired_too=True)
    assert actor.name == "chief"


def test_a_token_says_what_it_was_made_for():
    tokens = AccessTokens(b"k" * 32)
    claims = tokens.read(tokens.issue(UserId(7), SessionId(9), 3, NOON))
    assert (claims.user, claims.session, claims.stamp) == (7, 9, 3)
    assert claims.expires_at == NOON + LIFETIME
    with pytest.raises(Exception, match="not one of ours"):
        AccessTokens(b"j" * 32).read(tokens.issue(UserId(7), SessionId(9), 3, NOON))


async def test_an_attacker_from_many_addresses_keeps_strangers_out_and_not_the_owner(weir: Weir):
    owner = await weir.person(weir.here, "viewer")
    name = owner.user["username"]

    async def tries(address: str, password: str) -> int:
        way = httpx.AsyncHTTPTransport(local_address=address)
        async with httpx.AsyncClient(base_url=weir.http.base_url, transport=way) as http:
            said = {"username": name, "password": password}
            return (await Client(http).post("auth/login", said)).status

    attackers = [f"127.0.0.{number}" for number in range(2, 6)]
    for address in attackers:
        for _ in range(FREE):
            assert await tries(address, "a wrong pass phrase") == 401
    assert await tries(attackers[0], PASSWORD) == 429  # it could still be guessing
    assert await tries("127.0.0.9", PASSWORD) == 429
    assert await tries("127.0.0.1", PASSWORD) == 200
    assert (await owner.get("auth/me")).status == 200
    assert (await weir.sign_in(f"admin-{weir.there.id}")).token
