"""What the MQTT door keeps, in memory: for tests, and for trying things out."""

import asyncio
from collections.abc import Sequence as Several
from copy import deepcopy
from dataclasses import replace

from appliance.domain.errors import StorageFailed
from appliance.ports.sessions import (
    Away,
    Change,
    CopyNumber,
    Done,
    Dropped,
    Finished,
    Kept,
    KeptSession,
    NotRetained,
    Opened,
    Queued,
    Received,
    Retained,
    Sent,
    SessionNumber,
    Subscribed,
    Taken,
    Unsubscribed,
)


class MemorySessions:
    """A SessionStore that outlives the door, but not the program. `fail` breaks it on purpose."""

    def __init__(self) -> None:
        self._sessions: dict[SessionNumber, KeptSession] = {}
        self._copies: dict[tuple[SessionNumber, CopyNumber], Queued] = {}
        self._retained: dict[str, Retained] = {}
        self._problem = ""
        self.may_write = asyncio.Event()
        """Cleared, it is a disk that takes its time."""
        self.may_write.set()

    def fail(self, problem: str = "the disk is full") -> None:
        """Refuse everything from now on, as after a failed sync."""
        self._problem = problem

    def after_a_power_cut(self) -> "MemorySessions":
        """Give a store with what is kept now, whatever still happens to this one."""
        left = MemorySessions()
        left._sessions = deepcopy(self._sessions)
        left._copies = dict(self._copies)
        left._retained = dict(self._retained)
        return left

    async def everything(self) -> Kept:
        sessions = [deepcopy(self._sessions[number]) for number in sorted(self._sessions)]
        for session in sessions:
            session.copies = [
                copy for key, copy in sorted(self._copies.items()) if key[0] == session.number
            ]
        return Kept(sessions, list(self._retained.values()))

    async def keep(self, changes: Several[Change]) -> None:
        await asyncio.sleep(0)  # as with a disk, others have their turn meanwhile
        await self.may_write.wait()
        if self._problem:
            raise StorageFailed(store="sessions", problem=self._problem)
        for change in changes:
            self._apply(change)

    def _apply(self, change: Change) -> None:
        match change:
            case Retained() | NotRetained():
                self._retained.pop(change.topic, None)
                if isinstance(change, Retained):
                    self._retained[change.topic] = change
            case Opened(number, name):
                self._sessions.setdefault(number, KeptSession(number, name))
            case Dropped(number):
                self._sessions.pop(number, None)
                self._copies = {k: v for k, v in self._copies.items() if k[0] != number}
            case Queued() | Sent() | Received() | Done():
                self._change_copy(change)
            case _:
                session = self._sessions.get(change.session)
                if session is not None:
                    _change_session(session, change)

    def _change_copy(self, change: Queued | Sent | Received | Done) -> None:
        key = (change.session, change.number)
        copy = self._copies.pop(key, None)
        if isinstance(change, Queued):
            copy = change if change.session in self._sessions else None
        elif isinstance(change, Sent) and copy is not None:
            copy = replace(copy, packet_id=change.packet_id)
        elif isinstance(change, Received) and copy is not None:
            copy = replace(copy, received=True)
        if copy is not None and not isinstance(change, Done):
            self._copies[key] = copy


def _change_session(
    session: KeptSession, change: Away | Subscribed | Unsubscribed | Taken | Finished
) -> None:
    match change:
        case Away(since=since):
            session.away_since = since
        case Subscribed(topic_filter=topic_filter, qos=qos):
            session.filters[topic_filter] = qos
        case Unsubscribed(topic_filter=topic_filter):
            session.filters.pop(topic_filter, None)
        case Taken(packet_id=packet_id):
            session.taken.add(packet_id)
        case Finished(packet_id=packet_id):
            session.taken.discard(packet_id)
