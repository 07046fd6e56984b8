"""Owed deliveries get out: through the outbox, to a messenger that may fail."""

import asyncio
import logging
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from typing import Any

import pytest

from appliance.domain.errors import DeliveryFailed, StorageFailed
from appliance.domain.ids import ChannelId
from appliance.domain.instant import DAY, HOUR, MINUTE, SECOND, Instant
from appliance.domain.telling import ChannelKind, DeliveryState, Parcel
from appliance.flow.delivering import AT_ONCE, GIVE_UP_AFTER, LEASE, PAUSES, Deliverer
from tests.builders import HERE, NOON, THERE
from tests.fakes import FixedClock
from tests.outbound.parcels import a_channel, a_parcel, an_alert, of


@dataclass
class FakeOutbox:
    """Operations, as far as deliveries go; all in memory."""

    parcels: dict[str, Parcel] = field(default_factory=dict)
    leased_until: dict[str, Instant] = field(default_factory=dict)
    broken: str = ""
    noted: list[tuple[Any, str, int]] = field(default_factory=list)

    def owe(self, *parcels: Parcel) -> None:
        for parcel in parcels:
            self.parcels[parcel.delivery.key] = parcel

    async def write_system(self, change: Callable[[Any], Any]) -> Any:
        await asyncio.sleep(0)
        return change(self)

    def lease_deliveries(self, now: Instant, until: Instant, limit: int) -> list[Parcel]:
        due = [
            p
            for key, p in self.parcels.items()
            if p.delivery.state is DeliveryState.WAITING
            and p.delivery.due_at <= now
            and self.leased_until.get(key, 0) <= now
        ]
        for parcel in due[:limit]:
            self.leased_until[parcel.delivery.key] = until
        return due[:limit]

    def delivered(self, key: str, at: Instant) -> None:
        if self.broken == "delivered":
            raise StorageFailed(store="operations", problem="the disk is gone")
        self._change(key, state=DeliveryState.SENT, sent_at=at)

    def not_delivered(self, key: str, problem: str, again_at: Instant | None) -> None:
        before = self.parcels[key].delivery
        self._change(
            key,
            state=DeliveryState.WAITING if again_at is not None else DeliveryState.GIVEN_UP,
            attempts=before.attempts + 1,
            due_at=again_at if again_at is not None else before.due_at,
            last_problem=problem,
        )
        self.leased_until.pop(key, None)

    def note_channel(self, channel: Any, at: Instant, problem: str, stop_since: Instant) -> None:
        self.noted.append((channel, problem, at - stop_since))

    def _change(self, key: str, **fields: Any) -> None:
        parcel = self.parcels[key]
        self.parcels[key] = replace(parcel, delivery=replace(parcel.delivery, **fields))

    def delivery(self, parcel: Parcel) -> Any:
        return self.parcels[parcel.delivery.key].delivery


@dataclass
class FakeMessenger:
    """Keeps what it sends; fails as told, for all or for one key, or waits until let go."""

    kind: ChannelKind = ChannelKind.EMAIL
    failure: Exception | None = None
    failures: dict[str, Exception] = field(default_factory=dict)
    gate: asyncio.Event | None = None
    attempts: list[str] = field(default_factory=list)
    sent: list[Parcel] = field(default_factory=list)
    under_way: int = 0
    most_under_way: int = 0

    async def send(self, parcel: Parcel) -> None:
        self.attempts.append(parcel.delivery.key)
        self.under_way += 1
        self.most_under_way = max(self.most_under_way, self.under_way)
        try:
            if self.gate:
                await self.gate.wait()
            failure = self.failures.get(parcel.delivery.key, self.failure)
            if failure:
                raise failure
            self.sent.append(parcel)
        finally:
            self.under_way -= 1


def refused(*, permanent: bool = False, wait_seconds: float = 0.0) -> DeliveryFailed:
    return DeliveryFailed(
        channel="Duty", problem="no\r\nanswer", permanent=permanent, wait_seconds=wait_seconds
    )


def several(n: int, **alert: Any) -> list[Parcel]:
    return [a_parcel(alert=an_alert(id=1000 + i, **alert)) for i in range(n)]


async def eventually(condition: Callable[[], object]) -> None:
    async with asyncio.timeout(5):
        while not condition():  # noqa: ASYNC110 - what is waited for has no event
            await asyncio.sleep(0.001)


@dataclass
class Scene:
    outbox: FakeOutbox
    messenger: FakeMessenger
    clock: FixedClock
    deliverer: Deliverer

    async def until(self, condition: Callable[[], object]) -> None:
        self.deliverer.poke()
        await eventually(condition)

    async def attempt_at(self, microseconds_later: int) -> None:
        """Let time pass, and wait for the next attempt to be written down."""
        before = sum(p.delivery.attempts for p in self.outbox.parcels.values())
        self.clock.advance(microseconds_later)
        await self.until(
            lambda: sum(p.delivery.attempts for p in self.outbox.parcels.values()) > before
        )


@asynccontextmanager
async def running(
    outbox: FakeOutbox | None = None, *messengers: FakeMessenger, clock: FixedClock | None = None
) -> AsyncIterator[Scene]:
    outbox, clock = outbox or FakeOutbox(), clock or FixedClock()
    chosen = messengers or (FakeMessenger(),)
    deliverer = Deliverer(outbox, chosen, clock)
    async with asyncio.TaskGroup() as group:
        task = group.create_task(deliverer.run())
        yield Scene(outbox, chosen[0], clock, deliverer)
        task.cancel()


async def test_a_due_delivery_is_sent_once_and_marked_sent():
    async with running() as scene:
        parcel = a_parcel()
        scene.outbox.owe(parcel)
        await scene.until(lambda: scene.outbox.delivery(parcel).state is DeliveryState.SENT)
        scene.clock.advance(HOUR)
        await scene.until(lambda: not scene.deliverer.owed.is_set())
    assert scene.messenger.sent == [parcel]
    assert scene.outbox.delivery(parcel).sent_at == NOON
    assert scene.deliverer.lost == {}


async def test_each_municipalitys_news_go_to_its_own_channel_only():
    ours = a_parcel()
    theirs = of(ours, THERE, target="duty@ashford.example")
    async with running() as scene:
        scene.outbox.owe(ours, theirs)
        await scene.until(lambda: len(scene.messenger.sent) == 2)
    told = {(p.channel.target, p.alert.municipality) for p in scene.messenger.sent}
    assert told == {("duty@brookfield.example", HERE), ("duty@ashford.example", THERE)}


async def test_a_failure_is_tried_again_after_ever_longer_pauses():
    pauses = [10 * SECOND, 30 * SECOND, 2 * MINUTE, 10 * MINUTE, 30 * MINUTE, HOUR, HOUR]
    parcel = a_parcel()
    outbox = FakeOutbox()
    outbox.owe(parcel)
    waited = []
    async with running(outbox, FakeMessenger(failure=refused())) as scene:
        await scene.attempt_at(0)
        for _ in pauses:
            waited.append(outbox.delivery(parcel).due_at - scene.clock.now())
            await scene.attempt_at(waited[-1])
    assert waited == pauses
    assert outbox.delivery(parcel).last_problem == "no answer"


async def test_a_dead_server_delays_and_neither_loses_nor_repeats():
    messenger = FakeMessenger(failure=refused())
    parcels = several(3)
    async with running(None, messenger) as scene:
        scene.outbox.owe(*parcels)
        await scene.attempt_at(0)
        messenger.failure = None
        for _ in range(20):
            scene.clock.advance(30 * SECOND)
            scene.deliverer.poke()
            await eventually(lambda: not scene.deliverer.owed.is_set())
        await scene.until(lambda: len(messenger.sent) == 3)
    assert sorted(p.alert.id for p in messenger.sent) == [1000, 1001, 1002]


async def test_after_three_days_it_gives_up_and_says_why():
    parcel = a_parcel()
    parcel = replace(parcel, delivery=replace(parcel.delivery, attempts=len(PAUSES)))
    async with running(None, FakeMessenger(failure=refused())) as scene:
        scene.outbox.owe(parcel)
        await scene.attempt_at(GIVE_UP_AFTER - 5 * SECOND)
    assert scene.outbox.delivery(parcel).state is DeliveryState.GIVEN_UP
    assert scene.outbox.delivery(parcel).last_problem == "no answer"


async def test_a_clock_that_jumps_by_years_makes_nobody_give_up():
    parcel, messenger = a_parcel(), FakeMessenger(failure=refused())
    async with running(None, messenger) as scene:
        scene.outbox.owe(parcel)
        await scene.attempt_at(20_000 * DAY)
        messenger.failure = None
        scene.clock.advance(MINUTE)
        await scene.until(lambda: messenger.sent)
    assert [p.delivery.key for p in messenger.sent] == [parcel.delivery.key]


async def test_what_is_refused_for_good_is_given_up_at_once_and_the_channel_is_not_lost():
    parcel = a_parcel()
    async with running(None, FakeMessenger(failure=refused(permanent=True))) as scene:
        scene.outbox.owe(parcel)
        await scene.attempt_at(0)
        assert scene.deliverer.lost == {}
    assert scene.outbox.delivery(parcel).state is DeliveryState.GIVEN_UP
    assert len(scene.messenger.attempts) == 1


async def test_a_pause_that_the_other_side_asks_for_is_kept():
    parcel = a_parcel()
    async with running(None, FakeMessenger(failure=refused(wait_seconds=600))) as scene:
        scene.outbox.owe(parcel)
        await scene.attempt_at(0)
    assert scene.outbox.delivery(parcel).due_at == NOON + 600 * SECOND


async def test_a_pause_that_lasts_longer_than_all_patience_gives_up():
    parcel = a_parcel()
    async with running(
        None, FakeMessenger(failure=refused(wait_seconds=4 * DAY / SECOND))
    ) as scene:
        scene.outbox.owe(parcel)
        await scene.attempt_at(0)
    assert scene.outbox.delivery(parcel).state is DeliveryState.GIVEN_UP


async def test_at_most_eight_are_on_their_way_and_the_others_follow():
    messenger = FakeMessenger(gate=asyncio.Event())
    async with running(None, messenger) as scene:
        scene.outbox.owe(*several(30))
        await scene.until(lambda: messenger.under_way == AT_ONCE)
        messenger.gate.set()
        await scene.until(lambda: len(messenger.sent) == 30)
    assert messenger.most_under_way == AT_ONCE
    assert len(set(messenger.attempts)) == len(messenger.attempts) == 30


async def test_a_lease_that_ends_early_does_not_send_twice():
    messenger = FakeMessenger(gate=asyncio.Event())
    async with running(None, messenger) as scene:
        scene.outbox.owe(a_parcel())
        await scene.until(lambda: messenger.under_way == 1)
        scene.clock.advance(2 * LEASE)
        scene.deliverer.poke()
        await eventually(lambda: not scene.deliverer.owed.is_set())
        messenger.gate.set()
        await scene.until(lambda: messenger.sent)
    assert len(messenger.attempts) == 1


async def test_a_stop_between_sending_and_marking_sends_again_under_the_same_key_after_the_lease():
    outbox, parcel, clock = FakeOutbox(broken="delivered"), a_parcel(), FixedClock()
    outbox.owe(parcel)
    first = FakeMessenger()
    with pytest.raises(ExceptionGroup) as caught:
        await Deliverer(outbox, [first], clock).run()
    assert caught.group_contains(StorageFailed)
    outbox.broken = ""
    async with running(outbox, FakeMessenger(), clock=clock) as scene:
        scene.deliverer.poke()
        await eventually(lambda: not scene.deliverer.owed.is_set())
        assert scene.messenger.attempts == []
        clock.advance(LEASE)
        await scene.until(lambda: outbox.delivery(parcel).state is DeliveryState.SENT)
    assert first.attempts == scene.messenger.attempts == [parcel.delivery.key]


async def test_a_lost_channel_is_logged_once_and_so_is_its_return(caplog: pytest.LogCaptureFixture):
    caplog.set_level(logging.INFO, "appliance.flow.delivering")
    messenger = FakeMessenger(failure=refused())
    parcel = a_parcel()
    async with running(None, messenger) as scene:
        scene.outbox.owe(parcel)
        for wait in (0, 10 * SECOND, 30 * SECOND):
            await scene.attempt_at(wait)
        assert scene.deliverer.lost == {parcel.channel.id: "no answer"}
        messenger.failure = None
        scene.clock.advance(2 * MINUTE)
        await scene.until(lambda: messenger.sent)
        await eventually(lambda: not scene.deliverer.lost)
    assert [r.getMessage() for r in caplog.records] == [
        "channel 193 is lost: no answer",
        "channel 193 is back",
    ]


async def test_a_message_that_never_works_does_not_keep_the_others_of_its_channel_back():
    poison, good = several(2)
    messenger = FakeMessenger(failures={poison.delivery.key: refused()})
    async with running(None, messenger) as scene:
        scene.outbox.owe(poison)
        await scene.attempt_at(0)
        scene.outbox.owe(good)
        await scene.attempt_at(SECOND)
        assert messenger.attempts == [poison.delivery.key]
        assert scene.outbox.delivery(good).due_at == NOON + 10 * SECOND
        await scene.attempt_at(9 * SECOND)
        await scene.until(lambda: scene.outbox.delivery(good).due_at == NOON + 20 * SECOND)
        scene.clock.advance(10 * SECOND)
        await scene.until(lambda: messenger.sent)
    assert [p.alert.id for p in messenger.sent] == [good.alert.id]


async def test_a_dead_server_does_not_keep_other_channels_waiting():
    mail = FakeMessenger(failure=refused())
    hooks = FakeMessenger(kind=ChannelKind.WEBHOOK)
    hook = a_channel(id=ChannelId(0xC9), kind=ChannelKind.WEBHOOK, target="http://10.0.0.9/")
    owed_hook = a_parcel(channel=hook)
    async with running(None, mail, hooks) as scene:
        scene.outbox.owe(*several(100), owed_hook)
        await scene.until(lambda: hooks.sent == [owed_hook])
    assert len(mail.attempts) <= AT_ONCE


async def test_a_kind_that_is_not_set_up_waits_until_it_is():
    parcel = a_parcel()
    async with running(None, FakeMessenger(kind=ChannelKind.WEBHOOK)) as scene:
        scene.outbox.owe(parcel)
        await scene.attempt_at(0)
    assert scene.outbox.delivery(parcel).state is DeliveryState.WAITING
    assert scene.outbox.delivery(parcel).last_problem == "sending email is not set up"


async def test_a_channel_that_was_switched_off_gets_nothing_more():
    parcel = a_parcel(channel=a_channel(enabled=False))
    async with running() as scene:
        scene.outbox.owe(parcel)
        await scene.attempt_at(0)
    assert scene.messenger.attempts == []
    assert scene.outbox.delivery(parcel).state is DeliveryState.GIVEN_UP


async def test_a_fault_of_our_own_in_one_message_does_not_stop_the_others():
    bad, good = several(2)
    messenger = FakeMessenger(failures={bad.delivery.key: KeyError("oops")})
    async with running(None, messenger) as scene:
        scene.outbox.owe(bad, good)
        await scene.attempt_at(0)
        await scene.until(lambda: messenger.sent == [good])
    assert scene.outbox.delivery(bad).last_problem == "Weir's own fault: KeyError"
