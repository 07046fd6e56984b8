"""Gets owed deliveries out: the last step of the walk, from the outbox to people.

    due ──lease──▶ sending ──▶ sent
     ▲                │ failed: 10 s, 30 s, 2 min, 10 min, 30 min, then every hour
     └────────────────┘────▶ given up: refused for good, or three days of failures

At least once: a delivery is marked after the other side has taken it. When Weir dies between the
two, its lease runs out and it is sent again under the same key (decision 0006).
"""

import asyncio
import contextlib
import logging
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from appliance.domain.errors import DeliveryFailed
from appliance.domain.ids import ChannelId
from appliance.domain.instant import DAY, HOUR, MINUTE, SECOND, Instant
from appliance.domain.telling import Channel, ChannelKind, Parcel
from appliance.ports.clock import Clock
from appliance.ports.operations import Operations, SystemTables
from appliance.ports.telling import Messenger

_log = logging.getLogger(__name__)

PAUSES: Final = (10 * SECOND, 30 * SECOND, 2 * MINUTE, 10 * MINUTE, 30 * MINUTE, HOUR)
"""How long to wait after the first, second … failure; the last one from then on."""
GIVE_UP_AFTER: Final = 3 * DAY
STOP_AFTER: Final = 3 * DAY
"""A webhook that nothing has reached for so long is switched off, and an issue says so."""
AT_ONCE: Final = 8
"""Deliveries on their way at the same time; the others wait in the database."""
LEASE: Final = 2 * MINUTE
LONGEST_SEND: Final = 60.0
"""Seconds; well within the lease, so that nobody else sends the same meanwhile."""
LOOK_EVERY: Final = 5.0
"""Seconds between looks for what has become due, where nobody pokes."""
SETTLE: Final = 10.0
"""Seconds for which a channel that has just failed is left alone, so that a dead server does not
take up all places while others could be told. What falls due meanwhile queues up behind that
moment, SETTLE apart, so that one message that never works does not keep the others back."""
_LONGEST_LINE: Final = 12
_LONGEST_PROBLEM: Final = 300


@dataclass(slots=True)
class _Lost:
    """A channel that did not take the last message."""

    free_at: float
    """On the monotonic clock."""
    problem: str
    waiting: int = 0
    """Deliveries put off since then, without an attempt."""


@dataclass(frozen=True, slots=True)
class _Failure:
    """What came of an attempt that failed, or of none (`tried`)."""

    problem: str
    permanent: bool = False
    wait_seconds: float = 0.0
    tried: bool = True
    of_channel: bool = True
    """Whether the other messages of the channel would fail too, as far as we know."""


class Deliverer:
    """Sends what is owed, at most AT_ONCE at a time, and never forgets any of it.

    `owed` may be set by whoever has committed new deliveries; `poke` does the same.
    """

    def __init__(
        self,
        operations: Operations,
        messengers: Iterable[Messenger],
        clock: Clock,
        owed: asyncio.Event | None = None,
    ) -> None:
        self._operations = operations
        self._messengers: dict[ChannelKind, Messenger] = {m.kind: m for m in messengers}
        self._clock = clock
        self._sending: set[str] = set()
        self._lost: dict[ChannelId, _Lost] = {}
        self.owed = owed or asyncio.Event()

    @property
    def lost(self) -> Mapping[ChannelId, str]:
        """Channels that did not take their last message, and why: for the checks."""
        return {channel: lost.problem for channel, lost in self._lost.items()}

    def poke(self) -> None:
        """Look for due deliveries now."""
        self.owed.set()

    async def run(self) -> None:
        """Deliver until cancelled. What is under way then is sent again after its lease."""
        async with asyncio.TaskGroup() as group:
            while True:
                self.owed.clear()
                for parcel in await self._lease():
                    self._sending.add(parcel.delivery.key)
                    group.create_task(self._deliver(parcel))
                # Not wait_for: before Python 3.12 it can swallow a cancellation (gh-86296).
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(LOOK_EVERY):
                        await self.owed.wait()

    async def _lease(self) -> list[Parcel]:
        """Take as many due deliveries as there are free places."""
        free = AT_ONCE - len(self._sending)
        if not free:
            return []
        now = self._clock.now()
        until = Instant(now + LEASE)
        parcels = await self._operations.write_system(
            lambda tables: tables.lease_deliveries(now, until, free)
        )
        # A clock that was set forward ends leases early: what is on its way is not sent twice.
        return [parcel for parcel in parcels if parcel.delivery.key not in self._sending]

    async def _deliver(self, parcel: Parcel) -> None:
        """Send one parcel and write down what came of it."""
        try:
            failure = await self._try(parcel)
            if failure is None:
                await self._mark_sent(parcel)
            else:
                await self._mark_failed(parcel, failure)
        finally:
            self._sending.discard(parcel.delivery.key)
            self.owed.set()

    async def _try(self, parcel: Parcel) -> _Failure | None:
        """Send, unless it is useless now; say what went wrong."""
        channel = parcel.channel
        messenger = self._messengers.get(channel.kind)
        lost = self._lost.get(channel.id)
        if not channel.enabled:
            return _Failure("the channel was switched off", permanent=True)
        if messenger is None:
            return _Failure(f"sending {channel.kind.value} is not set up")
        if lost is not None and self._clock.monotonic() < lost.free_at:
            return _Failure(lost.problem, wait_seconds=self._place_in_line(lost), tried=False)
        failure = await _send(messenger, parcel)
        self._note(channel, failure)
        return failure

    def _place_in_line(self, lost: _Lost) -> float:
        lost.waiting = min(lost.waiting + 1, _LONGEST_LINE)
        return lost.free_at - self._clock.monotonic() + (lost.waiting - 1) * SETTLE

    def _note(self, channel: Channel, failure: _Failure | None) -> None:
        """Say once that a channel is lost, and once that it is back."""
        if failure is None:
            if self._lost.pop(channel.id, None) is not None:
                _log.info("channel %d is back", channel.id)
        elif failure.of_channel:
            if channel.id not in self._lost:
                _log.warning("channel %d is lost: %s", channel.id, failure.problem)
            free_at = self._clock.monotonic() + max(SETTLE, failure.wait_seconds)
            self._lost[channel.id] = _Lost(free_at, failure.problem)

    async def _mark_sent(self, parcel: Parcel) -> None:
        key, now = parcel.delivery.key, self._clock.now()

        def change(tables: SystemTables) -> None:
            tables.delivered(key, now)
            tables.note_channel(parcel.channel.id, now, "", now)

        await self._operations.write_system(change)

    async def _mark_failed(self, parcel: Parcel, failure: _Failure) -> None:
        key, again_at = parcel.delivery.key, self._again_at(parcel, failure)
        if again_at is None:
            _log.warning("delivery %s is given up: %s", key, failure.problem)
        now = self._clock.now()

        def change(tables: SystemTables) -> None:
            tables.not_delivered(key, failure.problem, again_at)
            if failure.tried:
                stop_since = Instant(now - STOP_AFTER)
                tables.note_channel(parcel.channel.id, now, failure.problem, stop_since)

        await self._operations.write_system(change)

    def _again_at(self, parcel: Parcel, failure: _Failure) -> Instant | None:
        """Say when to try again; None where it is time to give up."""
        if failure.permanent:
            return None
        delivery = parcel.delivery
        pause = PAUSES[min(delivery.attempts, len(PAUSES) - 1)] if failure.tried else 0
        wait = max(pause, int(failure.wait_seconds * SECOND))
        again_at = Instant(self._clock.now() + wait)
        # A clock that has been set right makes everything look old: it must have been tried, too.
        is_old = again_at > delivery.created_at + GIVE_UP_AFTER and delivery.attempts >= len(PAUSES)
        return None if is_old or wait > GIVE_UP_AFTER else again_at


async def _send(messenger: Messenger, parcel: Parcel) -> _Failure | None:
    try:
        async with asyncio.timeout(LONGEST_SEND):
            await messenger.send(parcel)
    except DeliveryFailed as failed:
        # One line of bounded length, whatever the other side said.
        problem = " ".join(failed.problem.split())[:_LONGEST_PROBLEM]
        permanent = failed.will_never_work
        return _Failure(problem, permanent, failed.wait_seconds, of_channel=not permanent)
    except TimeoutError:
        return _Failure("no answer in time")
    except Exception as error:  # noqa: BLE001
        # This is the runner of these jobs: one message that can't be written must not keep all
        # others from going out.
        _log.exception("delivery %s could not be sent", parcel.delivery.key)
        return _Failure(f"Weir's own fault: {type(error).__name__}", of_channel=False)
    return None
