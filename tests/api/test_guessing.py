"""What slows guessing down, and what keeps a flood of sign-ins bounded."""

import asyncio

import pytest

from appliance.domain.errors import TooMany
from appliance.domain.ids import SessionId, UserId
from appliance.domain.instant import HOUR, SECOND, Instant
from appliance.services.access_tokens import LIFETIME, AccessTokens
from appliance.services.guessing import FREE, MOST_KEPT, Guessing
from appliance.services.passwords import AT_ONCE, MOST_WAITING, Passwords
from tests.api.appliance import Weir
from tests.builders import NOON
from tests.fakes import FixedClock

ATTACKER, VICTIM = "203.0.113.1", "192.0.2.7"


def waits(guessing: Guessing, address: str, username: str = "Chief") -> bool:
    try:
        guessing.must_be_patient(username, address)
    except TooMany:
        return True
    return False


def test_the_first_mistakes_cost_nothing_and_each_further_one_doubles_the_wait():
    clock = FixedClock()
    guessing = Guessing(clock)
    for _ in range(FREE):
        assert not waits(guessing, ATTACKER)
        guessing.failed("chief ", ATTACKER)
    lengths = []
    for _ in range(7):
        before = clock.seconds
        while waits(guessing, ATTACKER):
            clock.advance(SECOND // 2)
        lengths.append(clock.seconds - before)
        guessing.failed("chief", ATTACKER)
    assert lengths == [1, 2, 4, 8, 16, 16, 16]


def test_nobody_can_shut_somebody_else_out():
    clock = FixedClock()
    guessing = Guessing(clock)
    for _ in range(1_000):
        guessing.failed("chief", ATTACKER)
    assert waits(guessing, ATTACKER)
    assert not waits(guessing, VICTIM)
    assert not waits(guessing, ATTACKER, "somebody else")


def test_success_and_time_forget():
    clock = FixedClock()
    guessing = Guessing(clock)
    for _ in range(FREE):
        guessing.failed("chief", ATTACKER)
    assert waits(guessing, ATTACKER)
    guessing.succeeded("chief", ATTACKER)
    assert not waits(guessing, ATTACKER)


def test_what_is_kept_is_bounded():
    guessing = Guessing(FixedClock())
    for number in range(MOST_KEPT + 100):
        guessing.failed(str(number), ATTACKER)
    assert len(guessing._troubles) == MOST_KEPT


async def test_a_flood_of_sign_ins_is_refused_beyond_what_may_wait():
    passwords = Passwords()
    kept = await passwords.hash("a long enough pass phrase")
    assert not await passwords.matches(None, "wrong")  # what nobody has is hashed once, now
    floods = [passwords.matches(kept, "wrong") for _ in range(AT_ONCE + MOST_WAITING + 20)]
    outcomes = await asyncio.gather(*floods, return_exceptions=True)
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
